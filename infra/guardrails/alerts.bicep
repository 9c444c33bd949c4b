// Activity log alerts on writes of storage accounts and on role assignments.
param emails string[]

module actionGroup '../health/action-group.bicep' = {
  name: 'phidrift-action-group'
  params: { emails: emails }
}

var rules = [
  { name: 'phidrift-storage-write', operations: ['Microsoft.Storage/storageAccounts/write'] }
  {
    name: 'phidrift-role-assignment'
    operations: [
      'Microsoft.Authorization/roleAssignments/write'
      'Microsoft.Authorization/roleAssignments/delete'
    ]
  }
]

resource alert 'Microsoft.Insights/activityLogAlerts@2020-10-01' = [
  for rule in rules: {
    name: rule.name
    location: 'global'
    properties: {
      enabled: true
      scopes: [subscription().id]
      condition: {
        allOf: [
          { field: 'category', equals: 'Administrative' }
          { anyOf: map(rule.operations, each => { field: 'operationName', equals: each }) }
        ]
      }
      actions: { actionGroups: [{ actionGroupId: actionGroup.outputs.id }] }
    }
  }
]
