"""Implement the queues of the Functions host on SQLite and on Azurite."""
