// Microsoft Sentinel: the table of findings, the rule that fills it, the right to send to it, and what raises incidents.
// Deploy it to the resource group of the workspace, and set its outputs as settings of the app (channelSettings).
import { itemsOf } from '../lists.bicep'

@description('Workspace of Microsoft Sentinel; the rule must be in its region.')
param workspaceName string

param location string = resourceGroup().location

@description('ARM id of the identity of the app.')
param identityId string

@description('Object id of the identity of the app.')
param principalId string

@description('Days for which findings can be queried, and for which they are kept: six years are 2,191.')
param retentionInDays int = 90
param totalRetentionInDays int = 2191

@description('Raises incidents in Sentinel, which must be on in the workspace and is billed by volume.')
param analyticRules bool = false

@description('Object ids of the emergency access accounts, as a comma list: each sign-in of one of them, even a failed one, raises an incident. Sign-in logs must go to the workspace; Sentinel bills them.')
param breakGlassAccounts string = ''

@description('Adds hunting queries to Sentinel, and the workbook. Free.')
param huntingAndWorkbook bool = false

// Azure drops values without a column, without an error: a test compares these columns with the row that the app sends.
var columns = loadJsonContent('columns.json')
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName

  resource table 'tables' = {
    name: 'PhiDrift_CL'
    properties: {
      plan: 'Analytics'
      retentionInDays: retentionInDays
      totalRetentionInDays: totalRetentionInDays
      schema: { name: 'PhiDrift_CL', columns: columns }
    }
  }
}

resource rule 'Microsoft.Insights/dataCollectionRules@2023-03-11' = {
  name: 'dcr-phidrift'
  location: location
  kind: 'Direct' // it has an endpoint of its own
  dependsOn: [workspace::table]
  properties: {
    streamDeclarations: { 'Custom-PhiDrift_CL': { columns: columns } }
    destinations: { logAnalytics: [{ name: 'workspace', workspaceResourceId: workspace.id }] }
    dataFlows: [
      {
        streams: ['Custom-PhiDrift_CL']
        destinations: ['workspace']
        transformKql: 'source'
        outputStream: 'Custom-PhiDrift_CL'
      }
    ]
  }
}

// Azure drops a row that the rule cannot take without telling the app: what it dropped is in DCRLogErrors.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'phidrift'
  scope: rule
  properties: { workspaceId: workspace.id, logs: [{ categoryGroup: 'allLogs', enabled: true }] }
}

resource sends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(rule.id, identityId, metricsPublisher)
  scope: rule
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

// A row has the time of its decision, and a channel that refused takes it up to a day later: the period reaches back 36 hours (Sentinel
// refuses 2 days for a rule that runs more often than each hour), and the
// query takes what arrived since the last run, with a minute to spare.
// https://learn.microsoft.com/azure/sentinel/ingestion-delay
var rules = [
  { id: 'critical', title: 'PHI drift: critical', query: loadTextContent('critical.kql'), every: 'PT5M', over: 'PT36H' }
  {
    id: 'blind'
    title: 'PHI drift: the monitor cannot read'
    query: loadTextContent('blind.kql')
    every: 'PT5M'
    over: 'PT36H'
  }
  {
    id: 'silent'
    title: 'PHI drift: no heartbeat for two hours'
    query: loadTextContent('silent.kql')
    every: 'PT30M'
    over: 'P1D'
  }
]

resource raises 'Microsoft.SecurityInsights/alertRules@2025-09-01' = [
  for each in rules: if (analyticRules) {
    name: guid(workspace.id, 'phidrift', each.id)
    scope: workspace
    kind: 'Scheduled'
    dependsOn: [workspace::table]
    properties: {
      displayName: each.title
      description: 'From PHI Drift Monitor.'
      enabled: true
      severity: 'High'
      query: each.query
      queryFrequency: each.every
      queryPeriod: each.over
      triggerOperator: 'GreaterThan'
      triggerThreshold: 0
      suppressionEnabled: false
      suppressionDuration: 'PT1H'
      tactics: ['DefenseEvasion']
      eventGroupingSettings: { aggregationKind: 'AlertPerResult' }
      incidentConfiguration: {
        createIncident: true
        groupingConfiguration: {
          enabled: true
          reopenClosedIncident: false
          lookbackDuration: 'P1D'
          matchingMethod: 'AllEntities'
        }
      }
      entityMappings: [
        { entityType: 'AzureResource', fieldMappings: [{ identifier: 'ResourceId', columnName: 'ResourceId' }] }
      ]
    }
  }
]

var accounts = map(itemsOf(breakGlassAccounts), each => '\'${each}\'')

resource breakGlass 'Microsoft.SecurityInsights/alertRules@2025-09-01' = if (!empty(accounts)) {
  name: guid(workspace.id, 'phidrift', 'break-glass')
  scope: workspace
  kind: 'Scheduled'
  properties: {
    displayName: 'PHI drift: an emergency access account signed in'
    description: 'From PHI Drift Monitor. Expected only in an emergency or a drill.'
    enabled: true
    severity: 'High'
    query: replace(loadTextContent('break-glass.kql'), '__ACCOUNTS__', join(accounts, ', '))
    queryFrequency: 'PT5M'
    queryPeriod: 'PT36H' // rows of sign-ins may come late
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionEnabled: false
    suppressionDuration: 'PT1H'
    tactics: ['InitialAccess']
    eventGroupingSettings: { aggregationKind: 'AlertPerResult' }
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'P1D'
        matchingMethod: 'AllEntities'
      }
    }
    entityMappings: [
      { entityType: 'Account', fieldMappings: [{ identifier: 'AadUserId', columnName: 'UserId' }] }
      { entityType: 'IP', fieldMappings: [{ identifier: 'Address', columnName: 'IPAddress' }] }
    ]
  }
}

module hunting 'hunting.bicep' = if (huntingAndWorkbook) {
  name: 'phidrift-hunting'
  dependsOn: [workspace::table]
  params: { workspaceName: workspaceName, location: location }
}

output SENTINEL_ENDPOINT string = rule.properties.endpoints.logsIngestion
output SENTINEL_RULE_ID string = rule.properties.immutableId
output SENTINEL_STREAM string = 'Custom-PhiDrift_CL'
