// What the app may do in a subscription that it watches: read.
// Reader includes Microsoft.Security/*/read. Security Reader is not assigned: it has actions that are not reads.
targetScope = 'subscription'

param identityId string
param principalId string

var reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7' // Reader

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, identityId, reader)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', reader)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
