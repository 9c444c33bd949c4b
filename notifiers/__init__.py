"""The channels that deliver alerts: one package for each, and the code that they share."""
