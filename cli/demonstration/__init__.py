"""The story that phidrift demo plays."""
