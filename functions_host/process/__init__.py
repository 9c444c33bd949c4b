"""The identity of this process, and log lines for failures that repeat."""
