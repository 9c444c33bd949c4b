// A Log Analytics workspace, for customers who name none.
param location string
param tags object
param token string

var evidence = [
  'AzureActivity'
  'AzureDiagnostics'
  'StorageBlobLogs'
  'StorageFileLogs'
  'StorageQueueLogs'
  'StorageTableLogs'
]

var polled = ['StorageQueueLogs', 'StorageTableLogs']

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: 'log-${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 90
    features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true }
  }

  // The logs of the deployment are evidence, kept for six years. The host polls its queues about 350,000 times a day for
  // each instance, `tick` reads the state about 180,000 times a day, and every request is logged: about 16 GB a month, on the plan
  // that costs a fifth. Azure refuses queries of such a table: an exposure names queues and tables as not answered.
  resource kept 'tables' = [
    for name in evidence: {
      name: name
      properties: { plan: contains(polled, name) ? 'Basic' : 'Analytics', totalRetentionInDays: 2191 }
    }
  ]
}

// Records who queried the workspace, and for what.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'phidrift'
  scope: workspace
  properties: {
    workspaceId: workspace.id
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}
