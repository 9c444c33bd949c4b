"""Sentinel: OCSF findings as rows of a table, through the Logs Ingestion API."""
