"""What the rules of a network security group let through."""
