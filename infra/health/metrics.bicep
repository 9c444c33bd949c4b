// Alerts on metrics: events that are not delivered, and the storage account. One rule for each resource and metric.
param storageId string
param topicIds string[]
param actionGroupId string

var ofTopics = [
  { metric: 'DeliveryAttemptFailCount', title: 'Events are not accepted', threshold: 10 }
  { metric: 'DeadLetteredCount', title: 'Events became dead letters', threshold: 0 }
  { metric: 'DroppedEventCount', title: 'Events were dropped', threshold: 0 }
]

module topic 'metric.bicep' = [
  for (pair, i) in flatten(map(topicIds, id => map(ofTopics, rule => { id: id, rule: rule }))): {
    name: 'phidrift-topic-metric-${i}'
    params: {
      name: 'phidrift-${pair.rule.metric}-${uniqueString(pair.id)}'
      description: 'PHI Drift Monitor: ${pair.rule.title}.'
      targetId: pair.id
      namespace: 'Microsoft.EventGrid/systemTopics'
      metric: pair.rule.metric
      aggregation: 'Total'
      operator: 'GreaterThan'
      threshold: pair.rule.threshold
      window: 'PT15M'
      actionGroupId: actionGroupId
    }
  }
]

module storage 'metric.bicep' = {
  name: 'phidrift-storage-availability'
  params: {
    name: 'phidrift-storage-availability'
    description: 'PHI Drift Monitor: its storage account does not answer.'
    targetId: storageId
    namespace: 'Microsoft.Storage/storageAccounts'
    metric: 'Availability'
    aggregation: 'Average'
    operator: 'LessThan'
    threshold: 99
    window: 'PT15M'
    actionGroupId: actionGroupId
  }
}

// Azure counts the messages of all queues together, once an hour.
module backlog 'metric.bicep' = {
  name: 'phidrift-backlog'
  params: {
    name: 'phidrift-backlog'
    description: 'PHI Drift Monitor: its queues hold more messages than it evaluates in an hour.'
    targetId: '${storageId}/queueServices/default'
    namespace: 'Microsoft.Storage/storageAccounts/queueServices'
    metric: 'QueueMessageCount'
    aggregation: 'Average'
    operator: 'GreaterThan'
    threshold: 5000
    window: 'PT1H'
    actionGroupId: actionGroupId
  }
}
