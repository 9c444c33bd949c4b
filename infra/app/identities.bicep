// Two identities: the app's own, and the one by which the storage account uses its encryption key.
import { identity } from 'types.bicep'

param location string
param tags object
param token string

resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${token}'
  location: location
  tags: tags
}

resource encryptionIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-encryption-${token}'
  location: location
  tags: tags
}

output app identity = {
  id: appIdentity.id
  principalId: appIdentity.properties.principalId
  clientId: appIdentity.properties.clientId
}
output encryption identity = {
  id: encryptionIdentity.id
  principalId: encryptionIdentity.properties.principalId
  clientId: encryptionIdentity.properties.clientId
}
