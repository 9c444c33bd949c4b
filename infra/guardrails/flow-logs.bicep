// The flow log of a virtual network. Deploy it to the group of the network watchers; flow logs of security groups retire.
param location string
param networkId string

@description('ARM id of a storage account in the region of the network.')
param storageId string
param workspaceId string

resource watcher 'Microsoft.Network/networkWatchers@2024-05-01' existing = {
  name: 'NetworkWatcher_${location}'
}

resource flows 'Microsoft.Network/networkWatchers/flowLogs@2024-05-01' = {
  parent: watcher
  // Networks of different groups may have the same name.
  name: 'phidrift-${last(split(networkId, '/'))}-${take(uniqueString(networkId), 5)}'
  location: location
  properties: {
    enabled: true
    targetResourceId: networkId
    storageId: storageId
    format: { type: 'JSON', version: 2 }
    retentionPolicy: { enabled: true, days: 90 }
    flowAnalyticsConfiguration: {
      networkWatcherFlowAnalyticsConfiguration: {
        enabled: true
        trafficAnalyticsInterval: 10
        workspaceResourceId: workspaceId
      }
    }
  }
}
