// One alert on one metric of one resource.
param name string
param description string
param targetId string
param namespace string
param metric string
param aggregation 'Average' | 'Total'
param operator 'GreaterThan' | 'LessThan'
param threshold int
param window 'PT15M' | 'PT1H'
param actionGroupId string

resource alert 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: name
  location: 'global'
  properties: {
    description: description
    severity: 2
    enabled: true
    scopes: [targetId]
    evaluationFrequency: 'PT5M'
    windowSize: window
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: metric
          metricName: metric
          metricNamespace: namespace
          timeAggregation: aggregation
          operator: operator
          threshold: threshold
        }
      ]
    }
    actions: [{ actionGroupId: actionGroupId }]
  }
}
