"""Controls of networks: security groups, their coverage, and Azure Bastion."""
