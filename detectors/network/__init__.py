"""Controls of networks: which groups let whom reach what."""
