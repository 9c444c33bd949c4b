// The right of the policy to name the function app as the destination of events.
param appName string
param assignmentId string
param principalId string

var eventSubscriptions = '428e0ff0-5e57-4d9c-a221-2c70d0e0a443' // EventGrid EventSubscription Contributor

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

resource delivers 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(app.id, assignmentId, eventSubscriptions)
  scope: app
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', eventSubscriptions)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
