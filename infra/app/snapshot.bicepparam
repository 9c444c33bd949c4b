// What infra/app/snapshot.snapshot.json shows. It is not named main.bicepparam: azd would use that instead of main.parameters.json.
using 'main.bicep'

param environmentName = 'snapshot'
param location = 'eastus2'
param monitoredSubscriptions = '11111111-1111-1111-1111-111111111111, 22222222-2222-2222-2222-222222222222,'
param channelSettings = 'PAGERDUTY_EVENTS_URL=https://events.pagerduty.com/?region=us, '
param signInClientId = '33333333-3333-3333-3333-333333333333'
param storageSuffix = 'core.windows.net'
param vaultSuffix = '.vault.azure.net'
param loginEndpoint = 'https://login.microsoftonline.com/'
param cloud = 'AzureCloud'
