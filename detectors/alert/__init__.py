"""Controls of the alert rules that tell people about writes in the activity log."""
