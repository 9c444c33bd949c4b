"""Entra ID tokens and Microsoft Graph, played on loopback."""
