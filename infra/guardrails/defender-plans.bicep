// The Defender plans that DEFENDER-PLANS requires by default.
targetScope = 'subscription'

var plans = [
  { name: 'StorageAccounts', subPlan: 'DefenderForStorageV2' }
  { name: 'SqlServers', subPlan: null }
  { name: 'VirtualMachines', subPlan: 'P2' }
  { name: 'KeyVaults', subPlan: 'PerKeyVault' }
  { name: 'Arm', subPlan: 'PerSubscription' }
]

@batchSize(1) // the service refuses two at once
resource plan 'Microsoft.Security/pricings@2024-01-01' = [
  for each in plans: {
    name: each.name
    properties: {
      pricingTier: 'Standard'
      subPlan: each.subPlan
      extensions: each.name != 'StorageAccounts'
        ? null
        : [
            {
              name: 'OnUploadMalwareScanning'
              isEnabled: 'True'
              additionalExtensionProperties: { CapGBPerMonthPerStorageAccount: '5000' }
            }
            { name: 'SensitiveDataDiscovery', isEnabled: 'True' }
          ]
    }
  }
]
