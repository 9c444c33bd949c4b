"""Controls on key vaults and managed HSMs."""
