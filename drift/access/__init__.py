"""What shows who used a resource: the ports to its logs and metrics, and the answer as it is stored."""
