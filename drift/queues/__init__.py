"""What travels on the queues: kinds of messages, and what a step puts on each queue."""
