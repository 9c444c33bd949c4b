"""Play Event Grid on loopback: make events and deliver them."""
