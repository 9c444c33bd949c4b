"""The channels: how people and systems are told. One package each; what they share stands here."""
