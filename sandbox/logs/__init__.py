"""Log Analytics, played on loopback, on DuckDB."""
