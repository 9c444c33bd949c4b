"""Splunk: OCSF findings posted to the HTTP Event Collector."""
