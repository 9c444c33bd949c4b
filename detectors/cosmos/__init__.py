"""Controls on Cosmos DB accounts."""
