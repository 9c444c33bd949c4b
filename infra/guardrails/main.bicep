// Hardening of a watched subscription beside the monitor. Everything is off: each parameter says what it does and costs.
import { itemsOf } from '../lists.bicep'

targetScope = 'subscription'

@description('Region of the resource group, the export and the identities of policy assignments.')
param location string

@description('Resource group of the alerts and the export.')
param groupName string = 'rg-phidrift-guardrails'

@description('ARM id of the workspace that receives the exports.')
param workspaceId string

@description('Mail addresses of the alerts, as a comma list; needed with `alerts`.')
param emails string = ''

@description('Mails each write of a storage account, and each role that is assigned or removed: the alert does not see which property or role. Free.')
param alerts bool = false

@description('Sends the activity log of the subscription to the workspace. The table AzureActivity is free of charge.')
param activityLog bool = false

@description('Turns on Defender plans: storage with malware scanning, SQL, servers (P2), key vaults, ARM. Billed by resource and volume from then on, usually more than the monitor. If you turn one off later, its protection stops at once.')
param defenderPlans bool = false

@description('Exports Defender alerts, recommendations, compliance and scores to the workspace. Their ingestion is billed.')
param defenderExport bool = false

@description('Exports the same to an event hub, for a SIEM outside of Azure, as a trusted service without a key. Events of the hub are billed.')
param defenderEventHub bool = false

@description('ARM id of the event hub; needed with `defenderEventHub`. Defender needs Azure Event Hubs Data Sender on it.')
param eventHubId string = ''

@description('Shows HITRUST/HIPAA on the compliance dashboard. The set has two deny and six deploy or modify policies; none of them is enforced.')
param hipaaStandard bool = false

@description('Audits encryption at rest of storage and SQL with customer-managed keys, and turns on the encryption of a SQL database if it is off. Its identity may change databases: SQL DB Contributor. Free.')
param encryptionPolicies bool = false

@description('Sends the activity log and the logs of each storage account, including later ones, to the workspace by policy. The ingestion is billed: a busy account has many reads. Its identity may change diagnostic settings and alerts: Monitoring Contributor.')
param loggingPolicies bool = false

@description('ARM ids of resource groups that `loggingPolicies` excludes, as a comma list: Azure refuses a second setting that sends the same log to the same workspace.')
param loggedAlready string = ''

@description('Finds storage accounts that are open to all networks, closed to trusted services, or allow public blobs. With the effect Deny nobody can create such an account, or change an account into one. Free.')
param storageNetworkPolicies bool = false

@description('What `storageNetworkPolicies` does: Audit reports, Deny refuses the write.')
@allowed(['Audit', 'Deny'])
param storageNetworkEffect string = 'Audit'

@description('Region of the networks of `flowLogs` and `bastion`.')
param networkLocation string = location

@description('Records the traffic of networks for 90 days and analyses it in the workspace. Billed by volume, three times: collection, storage, analysis.')
param flowLogs bool = false

@description('ARM ids of the networks of `flowLogs`, as a comma list.')
param networkIds string = ''

@description('ARM id of a storage account in the region of the networks; needed with `flowLogs`.')
param flowStorageId string = ''

@description('Creates a Bastion host, so that no machine needs a public address. Billed by the hour from its creation, about 210 US dollars a month, used or not.')
param bastion bool = false

@description('ARM id of the network of `bastion`, and a free range of it, /26 or larger.')
param bastionNetworkId string = ''
param bastionPrefix string = ''

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = if (alerts || defenderExport || defenderEventHub) {
  name: groupName
  location: location
}

module activityAlerts 'alerts.bicep' = if (alerts) {
  name: 'phidrift-activity-alerts'
  scope: group
  params: { emails: itemsOf(emails) }
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

module export 'defender-export.bicep' = if (defenderExport || defenderEventHub) {
  name: 'phidrift-defender-export'
  scope: group
  params: {
    location: location
    workspaceId: defenderExport ? workspaceId : ''
    eventHubId: defenderEventHub ? eventHubId : ''
  }
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

module logging 'logging.bicep' = if (loggingPolicies) {
  name: 'phidrift-logging'
  params: {
    location: location
    workspaceId: workspaceId
    leftOut: itemsOf(loggedAlready)
  }
}

module storageNetwork 'storage-network.bicep' = if (storageNetworkPolicies) {
  name: 'phidrift-storage-network'
  params: { effect: storageNetworkEffect }
}

module flows 'flow-logs.bicep' = [
  for each in itemsOf(networkIds): if (flowLogs) {
    name: 'phidrift-flow-logs-${uniqueString(each)}'
    scope: resourceGroup('NetworkWatcherRG') // where Azure makes the watcher of each region
    params: {
      location: networkLocation
      networkId: each
      storageId: flowStorageId
      workspaceId: workspaceId
    }
  }
]

// ARM also computes the scope of a module that is turned off.
var bastionPlace = split(empty(bastionNetworkId) ? group.id : bastionNetworkId, '/')

module bastionHost 'bastion.bicep' = if (bastion) {
  name: 'phidrift-bastion'
  scope: resourceGroup(bastionPlace[2], bastionPlace[4])
  params: {
    location: networkLocation
    networkName: last(bastionPlace)
    addressPrefix: bastionPrefix
    workspaceId: workspaceId
  }
}
