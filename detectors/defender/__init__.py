"""Controls of Microsoft Defender for Cloud, judged on the subscription."""
