"""Implement the domain's ports on Azure's SDKs, and on SQLite as the embedded default."""
