"""Play Azure Resource Manager and Azure Resource Graph on loopback."""
