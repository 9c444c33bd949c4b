"""The rules of each resource provider: defaults, refusals, related documents."""
