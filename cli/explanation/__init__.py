"""What the state holds of one resource, gathered and put into words, for `phidrift explain`."""
