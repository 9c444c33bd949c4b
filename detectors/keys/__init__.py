"""Key Vault keys as other services name them."""
