"""Deliver outbox rows, in order, once per channel."""
