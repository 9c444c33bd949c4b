"""Controls of managed disks, and of their snapshots and images."""
