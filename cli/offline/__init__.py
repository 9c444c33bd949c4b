"""Read ARM bodies from files and print results, without a network."""
