// The event subscription: which events a topic delivers to the function, how long it retries, and where undeliverable
// events go.
import { topic as described } from 'types.bicep'

param topicName string
param topic described
param functionId string
param deadLetterStorageId string

resource systemTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource subscriber 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: systemTopic
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
    deadLetterWithResourceIdentity: empty(deadLetterStorageId)
      ? null
      : {
          identity: { type: 'SystemAssigned' }
          deadLetterDestination: {
            endpointType: 'StorageBlob'
            properties: { resourceId: deadLetterStorageId, blobContainerName: 'dead-letters' }
          }
        }
  }
}
