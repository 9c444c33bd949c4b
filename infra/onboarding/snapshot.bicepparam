// What infra/onboarding/snapshot.snapshot.json shows: a management group, and the subscription that infra/events/ serves.
using 'main.bicep'

param location = 'eastus2'
param appId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.Web/sites/func-snapshot'
param identityId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-snapshot'
param principalId = '44444444-4444-4444-4444-444444444444'
param leftOut = '/subscriptions/11111111-1111-1111-1111-111111111111'
