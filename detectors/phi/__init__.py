"""Controls of the classification itself: the PHI tags."""
