// Alerts when the app, its topics, their subscriptions or roles are deleted, or the app is stopped. It costs nothing.
@description('Subscription of the app: an activity log alert sees one subscription.')
param watchedSubscriptionId string
param groupNames string[]

@description('ARM ids of role assignments that lie in no resource group.')
param assignmentIds string[]
param actionGroupId string

var operations = [
  'Microsoft.Resources/subscriptions/resourceGroups/delete'
  'Microsoft.Web/sites/delete'
  'Microsoft.Web/sites/stop/action'
  'Microsoft.Web/sites/functions/delete'
  'Microsoft.EventGrid/systemTopics/delete'
  'Microsoft.EventGrid/systemTopics/eventSubscriptions/delete'
  'Microsoft.Storage/storageAccounts/delete'
  'Microsoft.KeyVault/vaults/delete'
  'Microsoft.ManagedIdentity/userAssignedIdentities/delete'
  'Microsoft.Network/virtualNetworks/delete'
  'Microsoft.Network/privateEndpoints/delete'
  'Microsoft.Insights/components/delete'
  'Microsoft.Authorization/roleAssignments/delete'
]

resource removed 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: 'phidrift-removed'
  location: 'global'
  properties: {
    description: 'PHI Drift Monitor, or a part of it, was deleted or stopped.'
    enabled: true
    scopes: ['/subscriptions/${watchedSubscriptionId}']
    condition: {
      allOf: [
        { field: 'category', equals: 'Administrative' }
        { anyOf: [for each in operations: { field: 'operationName', equals: each }] }
        {
          anyOf: concat(
            map(groupNames, each => { field: 'resourceGroup', equals: each }),
            map(assignmentIds, each => { field: 'resourceId', equals: each })
          )
        }
      ]
    }
    actions: { actionGroups: [{ actionGroupId: actionGroupId }] }
  }
}
