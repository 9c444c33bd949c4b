"""How results reach a person or a program: table, JSON lines, CSV, progress."""
