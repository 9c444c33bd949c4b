"""The domain: when drift opens and closes an incident, and which channels get it. Standard library only."""
