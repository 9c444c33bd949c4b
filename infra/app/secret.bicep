// One secret of the key vault. ARM writes it, so it can be set from outside the network of the vault:
//   az deployment group create -g GROUP -f infra/app/secret.bicep -p vaultName=NAME name=teams-webhook-url
// asks for the value without showing it.
param vaultName string

@description('Name of the secret: that of the app setting in lower case, with - for _.')
param name string

@secure()
param value string

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName

  resource secret 'secrets' = {
    name: name
    properties: { value: value, contentType: 'text/plain', attributes: { enabled: true } }
  }
}
