// The network: one subnet for the app, one for its private endpoints, each behind the security group.
param location string
param tags object
param token string
param addressPrefix string
param workspaceId string

resource securityGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-${token}'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'deny-inbound-from-internet'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: { addressSpace: { addressPrefixes: [addressPrefix] } }

  resource app 'subnets' = {
    name: 'app'
    properties: {
      addressPrefix: cidrSubnet(addressPrefix, 26, 0)
      networkSecurityGroup: { id: securityGroup.id }
      // ARM, Microsoft Graph and the channels are public addresses.
      defaultOutboundAccess: true
      delegations: [
        { name: 'flex-consumption', properties: { serviceName: 'Microsoft.App/environments' } }
      ]
    }
  }

  resource endpoints 'subnets' = {
    name: 'endpoints'
    properties: {
      addressPrefix: cidrSubnet(addressPrefix, 26, 1)
      networkSecurityGroup: { id: securityGroup.id }
      privateEndpointNetworkPolicies: 'Enabled'
    }
    dependsOn: [app] // ARM refuses to write two subnets of one network at once
  }
}

resource groupDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'phidrift'
  scope: securityGroup
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

resource networkDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'phidrift'
  scope: network
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

output networkId string = network.id
output appSubnetId string = network::app.id
output endpointSubnetId string = network::endpoints.id
