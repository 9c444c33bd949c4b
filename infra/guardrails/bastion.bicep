// A Bastion host in a network: administrators connect to machines without a public address, and each session is logged.
param location string
param networkName string

@description('A free range of the network for the subnet of the host: /26 or larger.')
param addressPrefix string
param workspaceId string

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: networkName

  resource subnet 'subnets' = {
    name: 'AzureBastionSubnet' // the service accepts no other name
    properties: { addressPrefix: addressPrefix }
  }
}

resource address 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: 'pip-phidrift-bastion'
  location: location
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource bastion 'Microsoft.Network/bastionHosts@2024-05-01' = {
  name: 'phidrift-bastion'
  location: location
  sku: { name: 'Standard' } // Basic cannot switch copying off
  properties: {
    disableCopyPaste: true
    enableFileCopy: false
    enableShareableLink: false
    enableTunneling: false
    ipConfigurations: [
      {
        name: 'bastion'
        properties: { subnet: { id: network::subnet.id }, publicIPAddress: { id: address.id } }
      }
    ]
  }
}

resource sessions 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'phidrift'
  scope: bastion
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'BastionAuditLogs', enabled: true }]
  }
}

resource attacks 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'phidrift'
  scope: address
  properties: { workspaceId: workspaceId, logs: [{ categoryGroup: 'allLogs', enabled: true }] }
}
