"""Keys, tokens and addresses that carry one: kept so that no print, log or error shows them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A string that does not print itself."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """Return the value, at the last possible moment."""
        return self._value
