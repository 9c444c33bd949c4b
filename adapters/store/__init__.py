"""Implement the Store port on SQLite and on Azure Tables."""
