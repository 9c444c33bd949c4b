"""The storage of the evidence log: its files, its blobs, and the key that signs its checkpoints."""
