"""Controls of the classification itself: what is known to hold PHI says so."""
