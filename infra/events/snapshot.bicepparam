// What infra/events/snapshot.snapshot.json shows: one subscription with topics of its own, one that shares a topic.
using 'main.bicep'

param location = 'eastus2'
param monitoredSubscriptions = '11111111-1111-1111-1111-111111111111,22222222-2222-2222-2222-222222222222'
param appId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.Web/sites/func-snapshot'
param deadLetterStorageId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.Storage/storageAccounts/stsnapshot'
param existingTopics = '/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg-security/providers/Microsoft.EventGrid/systemTopics/shared'
