"""What ``phidrift doctor`` looks at; what is read is told apart from what follows from it."""
