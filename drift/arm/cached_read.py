"""What ARM answered about a document or a collection, as it is remembered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from drift.model import MISSING, dig

_FINAL: Final = frozenset({"succeeded", "failed", "canceled", "cancelled"})
"""The final values of provisioningState, in lower case."""


@dataclass(frozen=True, slots=True)
class CachedRead:
    """What a read answered: ``at`` by Azure's clock, ``read`` by ours; ``bodies`` None: absent.

    ``listed``: Resource Graph answered, which proves nothing.
    """

    at: datetime
    read: datetime
    bodies: tuple[Mapping[str, Any], ...] | None
    listed: bool = False

    @property
    def is_final(self) -> bool:
        """Tell whether nothing in the answer is still being changed."""
        return not any(map(is_moving, self.bodies or ()))


def is_moving(body: Mapping[str, Any]) -> bool:
    """Tell whether the provisioningState of a document is not final."""
    state = dig(body, "properties.provisioningState")
    return state is not MISSING and str(state).lower() not in _FINAL
