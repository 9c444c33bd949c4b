"""Render a fix as az commands."""
