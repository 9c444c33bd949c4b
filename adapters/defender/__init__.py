"""Read Microsoft Defender for Cloud through its library."""
