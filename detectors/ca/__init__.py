"""Controls of conditional access: who must sign in with multifactor authentication."""
