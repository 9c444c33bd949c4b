"""PagerDuty: Events API v2, one incident there per incident here."""
