// Who is alerted about the monitor itself.
param emails string[]

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'phidrift-on-call'
  location: 'global'
  properties: {
    groupShortName: 'phidrift'
    enabled: true
    emailReceivers: [for (each, i) in emails: { name: 'email-${i}', emailAddress: each, useCommonAlertSchema: true }]
  }
}

output id string = actionGroup.id
