// The shape of an entry of topics.json.

@export()
@description('A kind of events, and which of them are delivered.')
type topic = {
  name: string
  topicType: string
  eventTypes: string[]
  @maxLength(1)
  advancedFilters: { operatorType: 'StringBeginsWith', key: string, values: string[] }[]
}
