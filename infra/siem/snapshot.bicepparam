// What infra/siem/snapshot.snapshot.json shows.
using 'main.bicep'

param workspaceName = 'log-snapshot'
param location = 'eastus2'
param identityId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-snapshot'
param principalId = '44444444-4444-4444-4444-444444444444'
param analyticRules = true
param breakGlassAccounts = '3c1f6a90-5b2d-4e8a-9f10-6d2c4b8a7e11, 3c1f6a90-5b2d-4e8a-9f10-6d2c4b8a7e12'
param huntingAndWorkbook = true
