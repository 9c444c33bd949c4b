"""How any call to Azure travels: policies, transport, credentials."""
