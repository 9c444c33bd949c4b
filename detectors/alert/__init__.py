"""Controls of the alert rules that report writes in the activity log to people."""
