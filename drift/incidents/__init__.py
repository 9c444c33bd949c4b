"""Decide how an incident opens, changes and closes, and which actor caused it."""
