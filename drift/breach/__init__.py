"""Compute the clock of the HIPAA Breach Notification Rule (45 CFR 164.400 to 164.414)."""
