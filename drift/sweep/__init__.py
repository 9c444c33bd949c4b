"""Compare the state with Resource Graph once a day, and scan on request."""
