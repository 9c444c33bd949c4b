"""The steps of ``phidrift demo``, and their output."""
