"""Settings of the host: host.json, local.settings.json, the location of the queues."""
