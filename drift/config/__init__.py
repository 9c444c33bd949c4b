"""Read and validate the configuration: the app settings and monitor.toml."""
