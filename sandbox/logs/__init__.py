"""Play Log Analytics on loopback, on DuckDB."""
