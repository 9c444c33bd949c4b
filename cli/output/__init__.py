"""The output of results for people and programs: table, JSON lines, CSV, progress."""
