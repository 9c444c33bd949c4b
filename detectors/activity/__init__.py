"""Controls of the activity log of a subscription."""
