// What the app may do in the workspace: query its tables.
param workspaceName string
param identityId string
param principalId string

var dataReader = '3b03c2da-16b3-4a49-8834-0f8130efdd3b' // Log Analytics Data Reader

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource queries 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, identityId, dataReader)
  scope: workspace
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataReader)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
