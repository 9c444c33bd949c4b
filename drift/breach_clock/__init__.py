"""Store the steps that persons take in the breach clock of an incident, and tell when notices are due."""
