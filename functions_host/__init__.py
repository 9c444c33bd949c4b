"""Run the functions on one machine, as the Functions host does: triggers, queues, timers, webhooks."""
