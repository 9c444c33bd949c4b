"""Documents, paths, errors and actors that the whole sandbox shares."""
