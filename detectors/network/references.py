"""What network resources say of each other: the ids in them, read with suspicion."""
