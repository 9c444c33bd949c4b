"""Decide whether a resource holds PHI, and why."""
