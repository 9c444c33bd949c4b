// The shapes that the modules of the app pass to each other.

@export()
@description('A user-assigned identity.')
type identity = {
  id: string
  principalId: string
  clientId: string
}

@export()
@description('The addresses of the storage account.')
type endpoints = {
  blob: string
  queue: string
  table: string
}
