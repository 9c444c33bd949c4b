// What infra/onboarding/subscription.snapshot.json shows: the template of the policy, as deployed to one subscription.
using 'subscription.bicep'

param location = 'eastus2'
param groupName = 'rg-phidrift-events'
param functionId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-snapshot/providers/Microsoft.Web/sites/func-snapshot/functions/resource_changed'
