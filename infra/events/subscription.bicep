// The events of one subscription: a topic for each kind of event, and which of its events are delivered.
// To watch one more subscription, deploy this module to it:
//   az deployment sub create --subscription ID -l REGION -f infra/events/subscription.bicep -p …
targetScope = 'subscription'

param location string
param groupName string = 'rg-phidrift-events'
param functionId string
param deadLetterStorageId string = ''

@description('ARM id of a topic of this subscription for its resource events that exists already; empty: one is created.')
param sharedTopicId string = ''
param payloads bool = true
param workspaceId string = ''

// Generated from what the controls watch: python -m tools.infra.topics
var topics = loadJsonContent('topics.json')
var changes = 'Microsoft.Resources.Subscriptions'
var resources = 'Microsoft.ResourceNotifications.Resources'
var own = filter(
  topics,
  each => (each.topicType != changes || empty(sharedTopicId)) && (each.topicType != resources || payloads)
)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: groupName
  location: location
}

module topic 'topic.bicep' = [
  for each in own: {
    name: each.name
    scope: group
    params: {
      topic: each
      functionId: functionId
      deadLetterStorageId: deadLetterStorageId
      workspaceId: workspaceId
    }
  }
]

// The topic belongs to somebody else and may have no identity, so it writes no dead letters.
module shared 'subscriber.bicep' = if (!empty(sharedTopicId)) {
  name: 'phidrift-changes-shared'
  scope: resourceGroup(split(sharedTopicId, '/')[4])
  params: {
    topicName: last(split(sharedTopicId, '/'))
    topic: first(filter(topics, each => each.topicType == changes))!
    functionId: functionId
    deadLetterStorageId: ''
  }
}
