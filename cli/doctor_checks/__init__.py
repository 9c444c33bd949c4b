"""The checks of ``phidrift doctor``: each reads what it needs and decides in a pure function."""
