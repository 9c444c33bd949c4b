// Hardening of a watched subscription beside the monitor. Everything is off: each parameter says what it does and costs.
targetScope = 'subscription'

@description('Region of the resource group, the export and the identities of policy assignments.')
param location string

@description('Resource group of the alerts and the export.')
param groupName string = 'rg-phidrift-guardrails'

@description('ARM id of the workspace that receives what is exported.')
param workspaceId string

@description('Mail addresses of the alerts, as a comma list; needed with `alerts`.')
param emails string = ''

@description('Mails each write of a storage account, and each role that is assigned or removed: the alert does not see which property or role. Free.')
param alerts bool = false

@description('Sends the activity log of the subscription to the workspace. The table AzureActivity is free of charge.')
param activityLog bool = false

@description('Switches Defender plans on: storage with malware scanning, SQL, servers (P2), key vaults, ARM. Billed by resource and volume from then on, usually more than the monitor. Switching one off later stops its protection at once.')
param defenderPlans bool = false

@description('Exports Defender alerts, recommendations, compliance and scores to the workspace. Their ingestion is billed.')
param defenderExport bool = false

@description('Shows HITRUST/HIPAA on the compliance dashboard. The set has two deny and six deploy or modify policies; none of them is enforced.')
param hipaaStandard bool = false

@description('Audits encryption at rest of storage and SQL with customer-managed keys, and switches the encryption of a SQL database on where it is off. Its identity may change databases: SQL DB Contributor. Free.')
param encryptionPolicies bool = false

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = if (alerts || defenderExport) {
  name: groupName
  location: location
}

module activityAlerts 'alerts.bicep' = if (alerts) {
  name: 'phidrift-activity-alerts'
  scope: group
  params: { emails: split(replace(emails, ' ', ''), ',') }
}

resource exported 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (activityLog) {
  name: 'phidrift-activity'
  properties: {
    workspaceId: workspaceId
    logs: [
      for each in [
        'Administrative'
        'Security'
        'Policy'
        'Alert'
        'ServiceHealth'
        'ResourceHealth'
        'Recommendation'
        'Autoscale'
      ]: { category: each, enabled: true }
    ]
  }
}

module plans 'defender-plans.bicep' = if (defenderPlans) {
  name: 'phidrift-defender-plans'
}

module export 'defender-export.bicep' = if (defenderExport) {
  name: 'phidrift-defender-export'
  scope: group
  params: { location: location, workspaceId: workspaceId }
}

resource standard 'Microsoft.Authorization/policyAssignments@2025-03-01' = if (hipaaStandard) {
  name: 'phidrift-hipaa'
  location: location
  identity: { type: 'SystemAssigned' }
  properties: {
    displayName: 'HITRUST/HIPAA'
    policyDefinitionId: tenantResourceId(
      'Microsoft.Authorization/policySetDefinitions',
      'a169a624-5599-4385-a696-c8d643089fab'
    )
    enforcementMode: 'DoNotEnforce'
  }
}

module encryption 'encryption.bicep' = if (encryptionPolicies) {
  name: 'phidrift-encryption'
  params: { location: location }
}
