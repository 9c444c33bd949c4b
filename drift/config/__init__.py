"""What the operator chose: app settings and monitor.toml, validated as a whole."""
