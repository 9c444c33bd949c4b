"""Controls of Azure Policy: which policies require encryption of PHI, and what is exempt from it."""
