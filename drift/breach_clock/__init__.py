"""Store the steps that persons take in the breach clock of an incident."""
