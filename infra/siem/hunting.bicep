// Hunting queries for Microsoft Sentinel, and a workbook of the findings.
param workspaceName string
param location string

var hunts = [
  {
    id: 'open'
    title: 'PHI drift: open incidents'
    query: loadTextContent('hunting/open.kql')
    tactic: 'DefenseEvasion'
  }
  {
    id: 'many-resources'
    title: 'PHI drift: one actor, many resources'
    query: loadTextContent('hunting/one-actor-many-resources.kql')
    tactic: 'DefenseEvasion'
  }
  {
    id: 'returning'
    title: 'PHI drift: findings that come back'
    query: loadTextContent('hunting/returning.kql')
    tactic: 'Persistence'
  }
  {
    id: 'short-lived'
    title: 'PHI drift: short exposures'
    query: loadTextContent('hunting/short-lived.kql')
    tactic: 'Exfiltration'
  }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName

  resource hunt 'savedSearches' = [
    for each in hunts: {
      name: 'phidrift-${each.id}'
      properties: {
        category: 'Hunting Queries' // Sentinel shows those of this name
        displayName: each.title
        query: each.query
        version: 2
        tags: [{ name: 'tactics', value: each.tactic }]
      }
    }
  ]
}

var tiles = [
  {
    name: 'open'
    title: 'Open incidents with a message in the last 90 days'
    query: loadTextContent('hunting/open.kql')
    visualization: 'table'
    days: 90
  }
  {
    name: 'by-day'
    title: 'Incidents by day and severity, 30 days'
    query: loadTextContent('workbook/by-day.kql')
    visualization: 'barchart'
    days: 30
  }
  {
    name: 'by-control'
    title: 'Incidents and resources by control, 30 days'
    query: loadTextContent('workbook/by-control.kql')
    visualization: 'table'
    days: 30
  }
]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspace.id, 'phidrift', 'workbook')
  location: location
  kind: 'shared'
  properties: {
    displayName: 'PHI drift'
    category: 'sentinel'
    sourceId: workspace.id
    version: 'Notebook/1.0'
    serializedData: string({
      version: 'Notebook/1.0'
      items: map(tiles, each => {
        type: 3 // a query
        name: each.name
        content: {
          version: 'KqlItem/1.0'
          title: each.title
          query: each.query
          visualization: each.visualization
          size: 0
          timeContext: { durationMs: each.days * 24 * 60 * 60 * 1000 }
          queryType: 0
          resourceType: 'microsoft.operationalinsights/workspaces'
        }
      })
    })
  }
}
