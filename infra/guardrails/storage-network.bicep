// Storage accounts are closed to all networks but approved ones and trusted services of Azure.
targetScope = 'subscription'

@allowed(['Audit', 'Deny'])
param effect string

var members = [
  { name: 'closed', definition: '34c877ad-507e-4c82-993e-3452a6e0ad3c' }
  { name: 'trusted', definition: 'c9d007d0-c057-4772-b18c-01e546713bcd' }
  { name: 'notPublic', definition: '4fa4b6c0-31ca-4c0d-b10d-24b96f62a751' }
]

resource initiative 'Microsoft.Authorization/policySetDefinitions@2025-03-01' = {
  name: 'phidrift-storage-network'
  properties: {
    displayName: 'Storage accounts are closed, except for trusted services'
    policyType: 'Custom'
    metadata: { category: 'Storage', version: '1.0.0' }
    policyDefinitions: [
      for each in members: {
        policyDefinitionId: tenantResourceId('Microsoft.Authorization/policyDefinitions', each.definition)
        policyDefinitionReferenceId: each.name
        parameters: { effect: { value: effect } }
      }
    ]
  }
}

resource assignment 'Microsoft.Authorization/policyAssignments@2025-03-01' = {
  name: 'phidrift-storage-network'
  properties: {
    displayName: 'Storage accounts are closed, except for trusted services'
    policyDefinitionId: initiative.id
    enforcementMode: 'Default'
  }
}
