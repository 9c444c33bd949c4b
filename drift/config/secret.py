"""Hold a key, a token or an address that contains one, so that no print, log or error shows it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A string that does not print itself."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """Return the value; call this only where the value is sent."""
        return self._value
