// The function app with everything that it needs, in one resource group, and its roles to read what it watches.
import { itemsOf, settingsOf } from '../lists.bicep'

targetScope = 'subscription'

@description('Name of the azd environment; the names of all resources follow from it.')
@minLength(1)
@maxLength(20)
param environmentName string

@description('Region of the app. It must offer Flex Consumption.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

@description('Subscriptions to watch, as a comma list of GUIDs; empty: the subscription of the app. The person who deploys needs the right to assign roles in each of them.')
param monitoredSubscriptions string = ''

@description('The name of a management group whose assignments and exemptions are evaluated; empty for none. The identity needs Reader on it.')
param monitoredManagementGroup string = ''

@description('ARM id of the Log Analytics workspace that receives the activity log; if it is empty, a new workspace is created.')
param workspaceId string = ''

@description('App settings whose values are secrets of the key vault, as a comma list. The secret of A_SETTING is named a-setting.')
param vaultSettings string = 'PSEUDONYM_KEY,TEAMS_WEBHOOK_URL'

@description('App settings of channels that are not secret, as a comma list such as PAGERDUTY_EVENTS_URL=https://events.eu.pagerduty.com.')
param channelSettings string = ''

@description('How a new version replaces the old one. RollingUpdate lets running executions end; not every region has it.')
@allowed(['Recreate', 'RollingUpdate'])
param updateStrategy string = 'Recreate'

@description('Path of monitor.toml in the package; if it is empty, the defaults apply.')
param monitorConfig string = ''

@description('Client id of the Entra application through which people sign in; if it is empty, App Service authentication is off.')
param signInClientId string = ''

@description('Address range of the network of the app and its private endpoints, a /24 or larger.')
param networkAddressPrefix string = '10.90.0.0/24'

// A snapshot is computed without Azure and does not know environment(): these are parameters, so that it can be given
// them.
@description('Domain of storage accounts in this cloud.')
param storageSuffix string = environment().suffixes.storage

@description('Domain of key vaults in this cloud, with the leading dot.')
param vaultSuffix string = environment().suffixes.keyvaultDns

@description('Address at which people of this cloud sign in, with the trailing slash.')
param loginEndpoint string = environment().authentication.loginEndpoint

@description('Name of this cloud in ARM.')
param cloud string = environment().name

var named = itemsOf(monitoredSubscriptions)
var watched = empty(named) ? [subscription().subscriptionId] : named
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var groupName = 'rg-${environmentName}'
var ownWorkspaceId = resourceId(
  subscription().subscriptionId,
  groupName,
  'Microsoft.OperationalInsights/workspaces',
  'log-${token}'
)
var usedWorkspaceId = empty(workspaceId) ? ownWorkspaceId : workspaceId

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: groupName
  location: location
  tags: tags
}

// Computed ids create no dependency: each module that uses the workspace's id names `logs` in dependsOn.
module logs 'logs.bicep' = if (empty(workspaceId)) {
  scope: group
  params: { location: location, tags: tags, token: token }
}

module identities 'identities.bicep' = {
  scope: group
  params: { location: location, tags: tags, token: token }
}

module network 'network.bicep' = {
  scope: group
  dependsOn: [logs]
  params: {
    location: location
    tags: tags
    token: token
    addressPrefix: networkAddressPrefix
    workspaceId: usedWorkspaceId
  }
}

module vault 'vault.bicep' = {
  scope: group
  dependsOn: [logs]
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: usedWorkspaceId
    vaultSuffix: vaultSuffix
    endpointSubnetId: network.outputs.endpointSubnetId
    networkId: network.outputs.networkId
    appIdentity: identities.outputs.app
    encryptionIdentity: identities.outputs.encryption
  }
}

module storage 'storage.bicep' = {
  scope: group
  dependsOn: [logs]
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: usedWorkspaceId
    storageSuffix: storageSuffix
    endpointSubnetId: network.outputs.endpointSubnetId
    networkId: network.outputs.networkId
    appIdentity: identities.outputs.app
    encryptionIdentityId: identities.outputs.encryption.id
    keyName: vault.outputs.keyName
    vaultUri: vault.outputs.vaultUri
  }
}

module app 'app.bicep' = {
  scope: group
  dependsOn: [logs]
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: usedWorkspaceId
    appSubnetId: network.outputs.appSubnetId
    appIdentity: identities.outputs.app
    endpoints: storage.outputs.endpoints
    vaultUri: vault.outputs.vaultUri
    evidenceKeyName: vault.outputs.evidenceKeyName
    vaultSettings: itemsOf(vaultSettings)
    channelSettings: settingsOf(channelSettings)
    monitorConfig: monitorConfig
    updateStrategy: updateStrategy
    monitoredSubscriptions: watched
    monitoredManagementGroup: monitoredManagementGroup
    signInClientId: signInClientId
    loginEndpoint: loginEndpoint
    cloud: cloud
  }
}

module reader 'reader.bicep' = [
  for each in watched: {
    scope: subscription(each)
    params: {
      identityId: identities.outputs.app.id
      principalId: identities.outputs.app.principalId
    }
  }
]

module workspaceReader 'workspace-reader.bicep' = {
  scope: resourceGroup(split(usedWorkspaceId, '/')[2], split(usedWorkspaceId, '/')[4])
  dependsOn: [logs]
  params: {
    workspaceName: split(usedWorkspaceId, '/')[8]
    identityId: identities.outputs.app.id
    principalId: identities.outputs.app.principalId
  }
}

output AZURE_RESOURCE_GROUP string = groupName
output PHIDRIFT_APP_NAME string = app.outputs.name
output PHIDRIFT_APP_ID string = app.outputs.id
output PHIDRIFT_STORAGE_ID string = storage.outputs.accountId
output PHIDRIFT_VAULT_NAME string = vault.outputs.name
output PHIDRIFT_WORKSPACE_ID string = usedWorkspaceId
output PHIDRIFT_IDENTITY_ID string = identities.outputs.app.id
output PHIDRIFT_PRINCIPAL_ID string = identities.outputs.app.principalId
