"""The checks of ``phidrift doctor``: each reads on its own, and decides in a pure function."""
