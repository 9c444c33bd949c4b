// The storage account: state, queues, evidence, dead letters and the package of the app.
import { endpoints as addresses, identity } from 'types.bicep'

param location string
param tags object
@minLength(13)
param token string
param workspaceId string
param storageSuffix string
param endpointSubnetId string
param networkId string
param appIdentity identity
param encryptionIdentityId string
param keyName string
param vaultUri string

@description('Days for which evidence cannot be changed: six years and a reserve of one year.')
param evidenceDays int = 2557

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: 'st${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${encryptionIdentityId}': {} } }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Trusted services may enter: Event Grid writes dead letters. It cannot where public access is disabled.
    publicNetworkAccess: 'Enabled'
    networkAcls: { defaultAction: 'Deny', bypass: 'AzureServices', ipRules: [], virtualNetworkRules: [] }
    encryption: {
      keySource: 'Microsoft.Keyvault'
      identity: { userAssignedIdentity: encryptionIdentityId }
      keyvaultproperties: { keyvaulturi: vaultUri, keyname: keyName }
      requireInfrastructureEncryption: true
      services: {
        blob: { enabled: true, keyType: 'Account' }
        file: { enabled: true, keyType: 'Account' }
        queue: { enabled: true, keyType: 'Account' } // cannot be changed after the account is created
        table: { enabled: true, keyType: 'Account' } // cannot be changed after the account is created
      }
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      isVersioningEnabled: true
      deleteRetentionPolicy: { enabled: true, days: 30 }
      containerDeleteRetentionPolicy: { enabled: true, days: 30 }
    }

    resource package 'containers' = {
      name: 'app-package'
    }

    resource deadLetters 'containers' = {
      name: 'dead-letters'
    }

    resource evidence 'containers' = {
      name: 'evidence'

      // The policy is not locked: a deployment cannot do that, and it can never be undone. See docs/deploy.md.
      resource immutability 'immutabilityPolicies' = {
        name: 'default'
        properties: {
          immutabilityPeriodSinceCreationInDays: evidenceDays
          allowProtectedAppendWrites: true
        }
      }
    }
  }

  resource files 'fileServices' = {
    name: 'default'
    properties: { shareDeleteRetentionPolicy: { enabled: true, days: 30 } }
  }

  resource queues 'queueServices' = {
    name: 'default'

    resource each 'queues' = [
      for name in ['changes', 'deliveries', 'background']: {
        name: name
      }
    ]

    resource poison 'queues' = [
      for name in ['changes', 'deliveries', 'background']: {
        name: '${name}-poison'
      }
    ]
  }

  resource tables 'tableServices' = {
    name: 'default'

    resource state 'tables' = {
      name: 'phidrift'
    }
  }
}

module endpoint 'endpoint.bicep' = [
  for part in ['blob', 'queue', 'table']: {
    name: 'endpoint-${part}'
    params: {
      location: location
      tags: tags
      name: 'pe-${part}-${token}'
      targetId: account.id
      part: part
      zoneName: 'privatelink.${part}.${storageSuffix}'
      subnetId: endpointSubnetId
      networkId: networkId
    }
  }
]

// What the app may do here. The Functions host documents these three roles for its own storage.
var roles = [
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
]

resource uses 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(account.id, appIdentity.id, role)
    scope: account
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: appIdentity.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'phidrift'
  scope: account::blobs
  properties: { workspaceId: workspaceId, logs: [{ categoryGroup: 'audit', enabled: true }] }
}

resource fileDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'phidrift'
  scope: account::files
  properties: { workspaceId: workspaceId, logs: [{ categoryGroup: 'audit', enabled: true }] }
}

resource queueDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'phidrift'
  scope: account::queues
  properties: { workspaceId: workspaceId, logs: [{ categoryGroup: 'audit', enabled: true }] }
}

resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'phidrift'
  scope: account::tables
  properties: { workspaceId: workspaceId, logs: [{ categoryGroup: 'audit', enabled: true }] }
}

output accountId string = account.id
output endpoints addresses = {
  blob: 'https://${account.name}.blob.${storageSuffix}'
  queue: 'https://${account.name}.queue.${storageSuffix}'
  table: 'https://${account.name}.table.${storageSuffix}'
}
