// The continuous export of Defender for Cloud. The portal knows it by this name alone.
param location string
param workspaceId string

resource export 'Microsoft.Security/automations@2023-12-01-preview' = {
  name: 'ExportToWorkspace'
  location: location
  properties: {
    isEnabled: true
    scopes: [{ description: 'the subscription', scopePath: subscription().id }]
    sources: [
      {
        eventSource: 'Alerts'
        ruleSets: map(['low', 'medium', 'high'], each => {
          rules: [
            { propertyJPath: 'Severity', propertyType: 'String', expectedValue: each, operator: 'Equals' }
          ]
        })
      }
      { eventSource: 'Assessments', ruleSets: null }
      { eventSource: 'RegulatoryComplianceAssessment', ruleSets: null }
      { eventSource: 'SecureScores', ruleSets: null }
    ]
    actions: [{ actionType: 'Workspace', workspaceResourceId: workspaceId }]
  }
}
