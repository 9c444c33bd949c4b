"""Rules shared by controls of diagnostic logs."""
