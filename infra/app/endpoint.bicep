// A private endpoint of one part of a resource, with the DNS zone by which the network finds it.
param location string
param tags object
param name string
param targetId string

@description('Sub-resource, such as blob or vault.')
param part string
param zoneName string
param subnetId string
param networkId string

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zoneName
  location: 'global'
  tags: tags

  resource link 'virtualNetworkLinks' = {
    name: 'app'
    location: 'global'
    tags: tags
    properties: { virtualNetwork: { id: networkId }, registrationEnabled: false }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      { name: part, properties: { privateLinkServiceId: targetId, groupIds: [part] } }
    ]
  }

  resource zones 'privateDnsZoneGroups' = {
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: part, properties: { privateDnsZoneId: zone.id } }] }
  }
}
