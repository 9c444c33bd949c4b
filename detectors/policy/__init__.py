"""Controls of Azure Policy: what demands encryption of PHI, and what is exempt from it."""
