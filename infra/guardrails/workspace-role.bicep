// The right of a policy assignment to connect resources with the workspace.
param workspaceName string
param assignmentId string
param principalId string
param role string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource connects 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, assignmentId, role)
  scope: workspace
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
