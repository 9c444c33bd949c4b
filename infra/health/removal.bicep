// Alerts when a part of the monitor is deleted, or the app is stopped. It costs nothing. tests/infra/test_health.py holds that
// each type of infra/app/ and infra/events/ is here, or cannot be deleted alone.
@description('Subscription of the app: an activity log alert sees one subscription.')
param watchedSubscriptionId string
param groupNames string[]

@description('ARM ids of parts that may lie outside of these groups: role assignments, and the workspace.')
param resourceIds string[]
param actionGroupId string

var operations = [
  'Microsoft.Resources/subscriptions/resourceGroups/delete'
  'Microsoft.Web/sites/delete'
  'Microsoft.Web/sites/stop/action'
  'Microsoft.Web/sites/functions/delete'
  'Microsoft.Web/serverfarms/delete'
  'Microsoft.EventGrid/systemTopics/delete'
  'Microsoft.EventGrid/systemTopics/eventSubscriptions/delete'
  'Microsoft.Storage/storageAccounts/delete'
  'Microsoft.Storage/storageAccounts/blobServices/containers/delete'
  'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/delete'
  'Microsoft.Storage/storageAccounts/queueServices/queues/delete'
  'Microsoft.Storage/storageAccounts/tableServices/tables/delete'
  'Microsoft.KeyVault/vaults/delete'
  'Microsoft.ManagedIdentity/userAssignedIdentities/delete'
  'Microsoft.Network/virtualNetworks/delete'
  'Microsoft.Network/virtualNetworks/subnets/delete'
  'Microsoft.Network/networkSecurityGroups/delete'
  'Microsoft.Network/privateEndpoints/delete'
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups/delete'
  'Microsoft.Network/privateDnsZones/delete'
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks/delete'
  'Microsoft.Insights/components/delete'
  'Microsoft.Insights/diagnosticSettings/delete'
  'Microsoft.OperationalInsights/workspaces/delete'
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
            map(resourceIds, each => { field: 'resourceId', equals: each })
          )
        }
      ]
    }
    actions: { actionGroups: [{ actionGroupId: actionGroupId }] }
  }
}
