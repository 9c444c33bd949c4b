"""The life of an incident: how it opens, changes and closes, and who caused it."""
