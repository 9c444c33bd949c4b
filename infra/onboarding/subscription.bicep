// What the policy deploys to a new subscription: the topics and deliveries of infra/events/, without dead letters.
// It has no typed objects, and so compiles to the older form of ARM templates: it is not documented that Azure Policy
// accepts the newer one. subscription.json is this file as compiled: make infra-snapshots
targetScope = 'subscription'

param location string
param groupName string
param functionId string

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: groupName
  location: location
}

module topics 'topics.bicep' = {
  name: 'phidrift-topics'
  scope: group
  params: { functionId: functionId }
}
