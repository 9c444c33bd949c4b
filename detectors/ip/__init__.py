"""IP addresses as sets of intervals, and which of them are public."""
