"""Read Microsoft Graph."""
