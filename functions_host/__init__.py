"""The Functions host's part on one machine: triggers, queues, timers, webhooks."""
