"""A signed webhook: OCSF findings posted with the headers of Standard Webhooks."""
