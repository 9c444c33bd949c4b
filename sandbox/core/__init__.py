"""Documents, paths, errors and people that all of the sandbox shares."""
