// Alerts on what the app writes to Application Insights. On Flex Consumption most metrics of the site do not exist.
param location string
param workspaceId string
param appName string
param actionGroupId string

var rules = [
  {
    name: 'phidrift-silent'
    title: 'it has not run for 30 minutes'
    query: loadTextContent('silent.kql')
    operator: 'LessThan' // no row at all must fire, which a threshold on a summary would not
    threshold: 1
    severity: 1
    every: 'PT15M'
    window: 'PT30M'
  }
  {
    name: 'phidrift-failures'
    title: 'its functions fail'
    query: loadTextContent('failures.kql')
    operator: 'GreaterThan'
    threshold: 5
    severity: 2
    every: 'PT15M'
    window: 'PT15M'
  }
  {
    name: 'phidrift-poison'
    title: 'a message failed at every try'
    query: loadTextContent('poison.kql')
    operator: 'GreaterThan'
    threshold: 0
    severity: 2
    every: 'PT15M'
    window: 'PT15M'
  }
  {
    name: 'phidrift-waiting'
    title: 'an accepted event waited in the queue for ten minutes'
    query: loadTextContent('waiting.kql')
    operator: 'GreaterThan'
    threshold: 0
    severity: 1
    every: 'PT15M'
    window: 'PT30M'
  }
  {
    name: 'phidrift-undelivered'
    title: 'an alert could not be delivered for a day'
    query: loadTextContent('undelivered.kql')
    operator: 'GreaterThan'
    threshold: 0
    severity: 1
    every: 'PT15M'
    window: 'PT15M'
  }
]

resource alert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: rule.name
    location: location
    kind: 'LogAlert'
    properties: {
      displayName: 'PHI Drift Monitor: ${rule.title}'
      enabled: true
      severity: rule.severity
      scopes: [workspaceId]
      evaluationFrequency: rule.every
      windowSize: rule.window
      autoMitigate: true
      skipQueryValidation: true // the tables do not exist before their first row
      criteria: {
        allOf: [
          {
            query: replace(rule.query, '__APP__', appName)
            timeAggregation: 'Count'
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
  }
]
