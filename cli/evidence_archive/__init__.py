"""What ``phidrift evidence export`` chooses from the log, and writes."""
