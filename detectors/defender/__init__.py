"""Controls of Microsoft Defender for Cloud, evaluated on the subscription."""
