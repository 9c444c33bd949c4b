// The events of every watched subscription, delivered to the function `resource_changed`. Event Grid checks that the
// function answers, so this is deployed after the code.
import { itemsOf } from '../lists.bicep'

targetScope = 'subscription'

@description('Subscriptions to watch, as a comma list of GUIDs; empty: the current subscription.')
param monitoredSubscriptions string = ''

@description('ARM id of the function app.')
param appId string

@description('ARM id of the storage account whose container dead-letters stores undeliverable events; if it is empty, they are not stored.')
param deadLetterStorageId string = ''

@description('Region of the resource group of the topics in each subscription; the topics themselves are global.')
param location string

@description('Resource group of the topics, in each subscription.')
param groupName string = 'rg-phidrift-events'

@description('ARM ids of topics of type Microsoft.Resources.Subscriptions that exist already, as a comma list: Azure allows one in each subscription, so that one is shared.')
param existingTopics string = ''

@description('Deliver resources in their events. The person who deploys needs Azure Resource Notifications System Topics Subscriber, or Contributor.')
param payloads bool = true

@description('ARM id of the workspace that receives the logs of the topics; empty: none. Not every region accepts them for global topics.')
param workspaceId string = ''

var named = itemsOf(monitoredSubscriptions)
var watched = empty(named) ? [subscription().subscriptionId] : named
var shared = itemsOf(existingTopics)

module events 'subscription.bicep' = [
  for each in watched: {
    name: 'phidrift-events-${each}'
    scope: subscription(each)
    params: {
      location: location
      groupName: groupName
      functionId: '${appId}/functions/resource_changed'
      deadLetterStorageId: deadLetterStorageId
      sharedTopicId: first(filter(shared, id => toLower(split(id, '/')[2]) == toLower(each))) ?? ''
      payloads: payloads
      workspaceId: workspaceId
    }
  }
]
