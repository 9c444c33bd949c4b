"""Controls of access reviews of privileged roles."""
