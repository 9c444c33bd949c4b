"""Controls of virtual machines and scale sets."""
