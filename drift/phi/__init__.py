"""Decide the PHI scope of a resource: whether it holds PHI, and why."""
