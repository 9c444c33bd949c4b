"""The app's identity as channels see it: tokens from a list, and a record of the calls."""

from drift.config.secret import Secret
from drift.errors import DeliveryFailed


class Identity:
    """Returns the first token until ``forget`` is called, then the next; the last one repeats."""

    def __init__(self, *tokens: str) -> None:
        self._left = list(tokens)
        self.scopes: list[str] = []
        self.forgotten = 0
        self.is_closed = False

    def get(self, scope: str) -> Secret:
        self.scopes.append(scope)
        if not self._left:
            raise DeliveryFailed("the identity got no token")
        return Secret(self._left[0])

    def forget(self) -> None:
        self.forgotten += 1
        if len(self._left) > 1:
            self._left.pop(0)

    def close(self) -> None:
        self.is_closed = True
