"""Event Grid: findings as CloudEvents on a topic of the customer's own."""
