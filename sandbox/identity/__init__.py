"""Play Entra ID tokens and Microsoft Graph on loopback."""
