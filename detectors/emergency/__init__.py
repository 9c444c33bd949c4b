"""Controls of access in an emergency."""
