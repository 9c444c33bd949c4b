"""Writes the records that wait to the evidence log, and signs it."""
