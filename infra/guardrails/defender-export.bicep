// The continuous exports of Defender for Cloud. The portal shows them only under these names.
param location string

@description('ARM id of the workspace; empty: no export to one.')
param workspaceId string = ''

@description('ARM id of the event hub; empty: no export to one.')
param eventHubId string = ''

var toWorkspace = empty(workspaceId)
  ? []
  : [{ name: 'ExportToWorkspace', action: { actionType: 'Workspace', workspaceResourceId: workspaceId } }]
var toEventHub = empty(eventHubId)
  ? []
  : [
      {
        name: 'ExportToEventHub'
        // As a trusted service: no key, and the hub may be closed to the Internet.
        action: { actionType: 'EventHub', eventHubResourceId: eventHubId, isTrustedServiceEnabled: true }
      }
    ]

resource export 'Microsoft.Security/automations@2023-12-01-preview' = [
  for each in concat(toWorkspace, toEventHub): {
    name: each.name
    location: location
    properties: {
      isEnabled: true
      scopes: [{ description: 'the subscription', scopePath: subscription().id }]
      sources: [
        {
          eventSource: 'Alerts'
          ruleSets: map(['low', 'medium', 'high'], level => {
            rules: [
              { propertyJPath: 'Severity', propertyType: 'String', expectedValue: level, operator: 'Equals' }
            ]
          })
        }
        { eventSource: 'Assessments', ruleSets: null }
        { eventSource: 'RegulatoryComplianceAssessment', ruleSets: null }
        { eventSource: 'SecureScores', ruleSets: null }
      ]
      actions: [each.action]
    }
  }
]
