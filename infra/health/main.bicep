// Alerts about the monitor itself, with their action group, in a resource group of their own: a person who deletes
// the group of the app does not delete the alert about that. Better still, deploy it to another subscription.
import { itemsOf } from '../lists.bicep'

targetScope = 'subscription'

@description('Region of the resource group and of the log alerts: that of the workspace.')
param location string

@description('Resource group of the alerts.')
param groupName string = 'rg-phidrift-alerts'

@description('Mail addresses that are alerted, as a comma list.')
@minLength(3)
param emails string

@description('ARM id of the workspace that receives the telemetry of the app.')
param workspaceId string

@description('ARM id of the function app.')
param appId string

@description('ARM id of the storage account of the app.')
param storageId string

@description('ARM id of the identity of the app: an alert also tells that its role on the subscription of the app was deleted. It is left out where it is empty.')
param identityId string = ''

@description('ARM ids of the system topics that deliver events, as a comma list.')
param topicIds string = ''

@description('Resource group of the topics.')
param eventsGroupName string = 'rg-phidrift-events'

// The role that infra/app/reader.bicep gives the identity, by the name that it has there.
var watchedId = '/subscriptions/${split(appId, '/')[2]}'
var reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7' // Reader
var readerAssignmentId = '${watchedId}/providers/Microsoft.Authorization/roleAssignments/${guid(watchedId, identityId, reader)}'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: groupName
  location: location
}

module actionGroup 'action-group.bicep' = {
  name: 'phidrift-action-group'
  scope: group
  params: { emails: itemsOf(emails) }
}

module logs 'logs.bicep' = {
  name: 'phidrift-log-alerts'
  scope: group
  params: {
    location: location
    workspaceId: workspaceId
    appName: last(split(appId, '/'))
    actionGroupId: actionGroup.outputs.id
  }
}

module metrics 'metrics.bicep' = {
  name: 'phidrift-metric-alerts'
  scope: group
  params: {
    storageId: storageId
    topicIds: itemsOf(topicIds)
    actionGroupId: actionGroup.outputs.id
  }
}

module removal 'removal.bicep' = {
  name: 'phidrift-removal-alert'
  scope: group
  params: {
    watchedSubscriptionId: split(appId, '/')[2]
    groupNames: [split(appId, '/')[4], eventsGroupName]
    assignmentIds: empty(identityId) ? [] : [readerAssignmentId]
    actionGroupId: actionGroup.outputs.id
  }
}
