// What infra/guardrails/snapshot.snapshot.json shows: everything switched on.
using 'main.bicep'

param location = 'eastus2'
param workspaceId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.OperationalInsights/workspaces/log-snapshot'
param emails = 'on-call@example.com'
param alerts = true
param activityLog = true
param defenderPlans = true
param defenderExport = true
param hipaaStandard = true
param encryptionPolicies = true
param defenderEventHub = true
param eventHubId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.EventHub/namespaces/evhns-snapshot/eventhubs/defender'
param loggingPolicies = true
param loggedAlready = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot'
param storageNetworkPolicies = true
param flowLogs = true
param networkIds = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.Network/virtualNetworks/vnet-snapshot'
param flowStorageId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.Storage/storageAccounts/stsnapshot'
param bastion = true
param bastionNetworkId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.Network/virtualNetworks/vnet-snapshot'
param bastionPrefix = '10.0.1.0/26'
