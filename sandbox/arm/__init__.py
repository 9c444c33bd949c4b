"""Azure Resource Manager and Azure Resource Graph, played on loopback."""
