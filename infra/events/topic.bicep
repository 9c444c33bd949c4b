// A topic of the current subscription, its right to write dead letters, and which of its events are delivered.
import { topic as described } from 'types.bicep'

param topic described
param functionId string
param deadLetterStorageId string
param workspaceId string

resource systemTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: topic.name
  location: 'global'
  identity: empty(deadLetterStorageId) ? null : { type: 'SystemAssigned' }
  properties: { source: subscription().id, topicType: topic.topicType }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(workspaceId)) {
  name: 'phidrift'
  scope: systemTopic
  properties: { workspaceId: workspaceId, logs: [{ categoryGroup: 'allLogs', enabled: true }] }
}

module deadLetters 'dead-letter-role.bicep' = if (!empty(deadLetterStorageId)) {
  name: 'phidrift-dead-letters-${uniqueString(systemTopic.id)}'
  scope: resourceGroup(split(deadLetterStorageId, '/')[2], split(deadLetterStorageId, '/')[4])
  params: {
    accountName: last(split(deadLetterStorageId, '/'))
    topicId: systemTopic.id
    principalId: systemTopic.identity!.principalId
  }
}

module subscriber 'subscriber.bicep' = {
  name: '${topic.name}-subscriber'
  dependsOn: [deadLetters]
  params: {
    topicName: systemTopic.name
    topic: topic
    functionId: functionId
    deadLetterStorageId: deadLetterStorageId
  }
}
