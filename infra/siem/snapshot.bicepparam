// What infra/siem/snapshot.snapshot.json shows.
using 'main.bicep'

param workspaceName = 'log-snapshot'
param location = 'eastus2'
param identityId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-snapshot'
param principalId = '44444444-4444-4444-4444-444444444444'
param analyticRules = true
