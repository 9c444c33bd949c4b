"""Controls of who keeps access: reviews of privileged roles."""
