// The key vault: the secrets of the channels, the key that encrypts the storage account, and the one that signs the evidence.
import { identity } from 'types.bicep'

param location string
param tags object
@minLength(13)
param token string
param workspaceId string
param vaultSuffix string
param endpointSubnetId string
param networkId string
param appIdentity identity
param encryptionIdentity identity

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6' // Key Vault Secrets User
var cryptoUser = '12338af0-0e69-4776-bea7-57ae8d297424' // Key Vault Crypto User
var encryptionUser = 'e147488a-f6f5-4113-8e2d-b22465e65bf6' // Key Vault Crypto Service Encryption User

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: 'kv-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: 'Disabled'
    networkAcls: { defaultAction: 'Deny', bypass: 'AzureServices', ipRules: [], virtualNetworkRules: [] }
  }

  // ARM creates the key itself, so the closed network of the vault does not matter.
  resource key 'keys' = {
    name: 'storage'
    properties: { kty: 'RSA', keySize: 3072, keyOps: ['wrapKey', 'unwrapKey'] }
  }

  // Key Vault has no Ed25519: ES256 is what it signs with on this curve.
  resource evidenceKey 'keys' = {
    name: 'evidence'
    properties: { kty: 'EC', curveName: 'P-256', keyOps: ['sign', 'verify'] }
  }
}

resource readsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appIdentity.id, secretsUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    principalId: appIdentity.principalId
    principalType: 'ServicePrincipal'
  }
}

// On this one key: the same role on the vault would let the app unwrap with the key of the storage account.
resource signsEvidence 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault::evidenceKey.id, appIdentity.id, cryptoUser)
  scope: vault::evidenceKey
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', cryptoUser)
    principalId: appIdentity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource usesKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, encryptionIdentity.id, encryptionUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', encryptionUser)
    principalId: encryptionIdentity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'phidrift'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

module endpoint 'endpoint.bicep' = {
  name: 'endpoint-vault'
  params: {
    location: location
    tags: tags
    name: 'pe-vault-${token}'
    targetId: vault.id
    part: 'vault'
    // The private zone of vault.azure.net is privatelink.vaultcore.azure.net.
    zoneName: 'privatelink${replace(vaultSuffix, '.vault.', '.vaultcore.')}'
    subnetId: endpointSubnetId
    networkId: networkId
  }
}

output name string = vault.name
output keyName string = vault::key.name
output evidenceKeyName string = vault::evidenceKey.name
output vaultUri string = 'https://${vault.name}${vaultSuffix}'
