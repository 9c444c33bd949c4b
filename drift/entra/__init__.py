"""Facts about Microsoft Entra ID: its directory roles."""
