"""A signed webhook: OCSF findings posted as Standard Webhooks has it."""
