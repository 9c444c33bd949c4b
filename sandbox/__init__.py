"""A small Azure on loopback for the demo and the tests: never deployed, unknown to the product."""
