"""What stands behind the domain's ports: Azure's SDKs, and SQLite as the embedded default."""
