"""Controls about the monitor itself that are evaluated on resources."""
