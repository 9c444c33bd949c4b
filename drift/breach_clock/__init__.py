"""Store the steps that people take in a breach clock, and send reminders of due notices."""
