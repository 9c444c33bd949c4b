"""Controls of the logs of Microsoft Entra ID."""
