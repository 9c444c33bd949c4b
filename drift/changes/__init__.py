"""Follow one change through: admit, observe, decide, store, propagate, retry."""
