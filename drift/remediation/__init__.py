"""Show a fix as az commands."""
