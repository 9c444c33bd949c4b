"""What the templates in `infra/` take from the code, generated."""
