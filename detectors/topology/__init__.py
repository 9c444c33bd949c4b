"""Which resources stand behind a network security group, a subnet or a load balancer."""
