// The policies that POLICY-ENCRYPTION-INITIATIVE requires, and those for queues, tables and encryption scopes beside them.
targetScope = 'subscription'

@description('Region of the identity of the assignment.')
param location string

var members = [
  // The built-in policy for the keys of storage accounts has no Deny.
  { name: 'storageKey', definition: '6fac406b-40ca-413b-bf8e-0bf964659c25', effect: 'Audit' }
  { name: 'scopeKey', definition: 'b5ec538c-daa0-4006-8596-35468b9148e8', effect: 'Audit' }
  { name: 'tableKey', definition: '7c322315-e26d-4174-a99e-f49d351b4688', effect: 'Audit' }
  { name: 'queueKey', definition: 'f0e5abd0-2554-4736-b7c0-4ffef23475ef', effect: 'Audit' }
  { name: 'sqlEncryption', definition: '17k78e20-9358-41c9-923c-fb736d382a12', effect: 'AuditIfNotExists' }
  { name: 'sqlEncrypt', definition: '86a912f6-9a06-4e26-b447-11b16ba8659f', effect: 'DeployIfNotExists' }
  { name: 'sqlKey', definition: '0a370ff3-6cab-4e85-8995-295fd854c5b8', effect: 'Audit' }
  { name: 'instanceKey', definition: 'ac01ad65-10e5-46df-bdd9-6b0cad13e1d2', effect: 'Audit' }
]
var sqlContributor = '9b7fa17d-e63e-47b0-bb0a-15c516ac86ec' // SQL DB Contributor: what sqlEncrypt asks for

resource initiative 'Microsoft.Authorization/policySetDefinitions@2025-03-01' = {
  name: 'phidrift-encryption'
  properties: {
    displayName: 'Encryption at rest of storage and SQL'
    policyType: 'Custom'
    metadata: { category: 'Encryption', version: '1.0.0' }
    policyDefinitions: [
      for each in members: {
        policyDefinitionId: tenantResourceId('Microsoft.Authorization/policyDefinitions', each.definition)
        policyDefinitionReferenceId: each.name
        parameters: { effect: { value: each.effect } }
      }
    ]
  }
}

resource assignment 'Microsoft.Authorization/policyAssignments@2025-03-01' = {
  name: 'phidrift-encryption'
  location: location
  identity: { type: 'SystemAssigned' }
  properties: {
    displayName: 'Encryption at rest of storage and SQL'
    policyDefinitionId: initiative.id
    enforcementMode: 'Default'
  }
}

resource remediates 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, assignment.id, sqlContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', sqlContributor)
    principalId: assignment.identity!.principalId
    principalType: 'ServicePrincipal'
  }
}
