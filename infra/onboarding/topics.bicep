// The topics of the current subscription, and which of their events are delivered.
param functionId string

var topics = loadJsonContent('../events/topics.json')

resource systemTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' = [
  for topic in topics: {
    name: topic.name
    location: 'global'
    properties: { source: subscription().id, topicType: topic.topicType }
  }
]

resource subscriber 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = [
  for (topic, i) in topics: {
    parent: systemTopic[i]
    name: 'phidrift'
    properties: {
      eventDeliverySchema: 'EventGridSchema'
      destination: {
        endpointType: 'AzureFunction'
        properties: {
          resourceId: functionId
          maxEventsPerBatch: 1
          preferredBatchSizeInKilobytes: 64
        }
      }
      filter: { includedEventTypes: topic.eventTypes, advancedFilters: topic.advancedFilters }
      retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    }
  }
]
