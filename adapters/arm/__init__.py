"""Read Azure Resource Manager and Azure Resource Graph."""
