"""The story that ``phidrift demo`` plays, and how it is shown."""
