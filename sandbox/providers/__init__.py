"""The rules of each resource provider."""
