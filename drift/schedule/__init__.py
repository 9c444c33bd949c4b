"""When due work is put on the queues: shares of each subscription, and walks over many rows."""
