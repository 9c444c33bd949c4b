// The activity log of the subscription and the logs of each storage account go to the workspace, by policy.
targetScope = 'subscription'

@description('Region of the identity of the assignment.')
param location string
param workspaceId string

@description('ARM ids of resource groups that the policies exclude.')
param leftOut string[]

var members = [
  { name: 'activityLog', definition: '2465583e-4e78-4c15-b6be-a36cbc7c8b0f' }
  { name: 'blob', definition: 'b4fe1a3b-0715-4c6c-a5ea-ffc33cf823cb' }
  { name: 'file', definition: '25a70cc8-2bd4-47f1-90b6-1478e4662c96' }
  { name: 'queue', definition: '7bd000e3-37c7-4928-9f31-86c4b77c5c45' }
  { name: 'table', definition: '2fb86bf3-d221-43d1-96d1-2434af34eaa0' }
]
// The definitions also request Log Analytics Contributor. That role can read the keys of every storage account and is
// not needed.
var monitoringContributor = '749f88d5-cbae-40b8-bcfc-e573ddc772fa'

resource initiative 'Microsoft.Authorization/policySetDefinitions@2025-03-01' = {
  name: 'phidrift-logging'
  properties: {
    displayName: 'Activity log and logs of storage accounts to the workspace'
    policyType: 'Custom'
    metadata: { category: 'Monitoring', version: '1.0.0' }
    policyDefinitions: [
      for each in members: {
        policyDefinitionId: tenantResourceId('Microsoft.Authorization/policyDefinitions', each.definition)
        policyDefinitionReferenceId: each.name
        parameters: { logAnalytics: { value: workspaceId } }
      }
    ]
  }
}

resource assignment 'Microsoft.Authorization/policyAssignments@2025-03-01' = {
  name: 'phidrift-logging'
  location: location
  identity: { type: 'SystemAssigned' }
  properties: {
    displayName: 'Activity log and logs of storage accounts to the workspace'
    policyDefinitionId: initiative.id
    notScopes: leftOut
    enforcementMode: 'Default'
  }
}

resource remediates 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, assignment.id, monitoringContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringContributor)
    principalId: assignment.identity!.principalId
    principalType: 'ServicePrincipal'
  }
}

// The workspace may be in another subscription.
module sends 'workspace-role.bicep' = {
  name: 'phidrift-logging-workspace'
  scope: resourceGroup(split(workspaceId, '/')[2], split(workspaceId, '/')[4])
  params: {
    workspaceName: last(split(workspaceId, '/'))
    assignmentId: assignment.id
    principalId: assignment.identity!.principalId
    role: monitoringContributor
  }
}
