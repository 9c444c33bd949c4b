"""The index of functions, their invocations and their queues."""
