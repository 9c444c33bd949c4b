"""Controls on Azure SQL: servers, managed instances and the databases of both."""
