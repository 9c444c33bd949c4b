"""Controls of Azure role assignments: who may change a subscription or read the PHI in it."""
