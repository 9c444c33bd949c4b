"""Controls on storage accounts."""
