"""Send any call to Azure: policies, transport, credentials."""
