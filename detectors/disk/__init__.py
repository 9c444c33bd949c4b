"""Controls of managed disks, and of the copies made of them."""
