"""The traffic that the rules of a network security group allow."""
