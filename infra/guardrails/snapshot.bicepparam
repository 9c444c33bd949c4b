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
