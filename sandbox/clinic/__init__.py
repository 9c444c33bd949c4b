"""The small clinic's estate that the demo and the tests watch."""
