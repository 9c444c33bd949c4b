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

@description('ARM id of the identity of the app: an alert also tells that its role on the subscription of the app, or on the workspace, was deleted; empty: it does not.')
param identityId string = ''

@description('ARM ids of the system topics that deliver events, as a comma list.')
param topicIds string = ''

@description('Resource group of the topics.')
param eventsGroupName string = 'rg-phidrift-events'

// The roles that infra/app/ gives the identity outside of its own group, by the names that they have there.
var watchedId = '/subscriptions/${split(appId, '/')[2]}'
var reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7' // Reader
var dataReader = '3b03c2da-16b3-4a49-8834-0f8130efdd3b' // Log Analytics Data Reader
var workspace = resourceId(
  split(workspaceId, '/')[2],
  split(workspaceId, '/')[4],
  'Microsoft.OperationalInsights/workspaces',
  split(workspaceId, '/')[8]
)
var roles = [{ on: watchedId, role: reader }, { on: workspace, role: dataReader }]
var assignmentIds = map(
  roles,
  each => '${each.on}/providers/Microsoft.Authorization/roleAssignments/${guid(each.on, identityId, each.role)}'
)
var topics = itemsOf(topicIds)

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
    topicIds: topics
    actionGroupId: actionGroup.outputs.id
  }
}

module removal 'removal.bicep' = {
  name: 'phidrift-removal-alert'
  scope: group
  params: {
    watchedSubscriptionId: split(appId, '/')[2]
    // A topic may be shared, and then lies in the group of its owner.
    groupNames: union([split(appId, '/')[4], eventsGroupName], map(topics, id => split(id, '/')[4]))
    // The workspace may lie in another group; without it the log alerts above are blind.
    resourceIds: concat([workspace], empty(identityId) ? [] : assignmentIds)
    actionGroupId: actionGroup.outputs.id
  }
}
