// What infra/health/snapshot.snapshot.json shows.
using 'main.bicep'

param location = 'eastus2'
param emails = 'on-call@example.com, compliance@example.com'
param workspaceId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.OperationalInsights/workspaces/log-6wpbmx5hqsl72'
param appId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.Web/sites/func-snapshot'
param storageId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.Storage/storageAccounts/stsnapshot'
param identityId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-6wpbmx5hqsl72'
param topicIds = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-phidrift-events/providers/Microsoft.EventGrid/systemTopics/phidrift-changes, /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-security/providers/Microsoft.EventGrid/systemTopics/shared'
