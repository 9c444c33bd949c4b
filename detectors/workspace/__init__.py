"""Controls of Log Analytics workspaces."""
