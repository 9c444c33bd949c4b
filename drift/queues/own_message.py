"""The bases of the queue messages that the monitor sends to itself."""

from dataclasses import dataclass
from typing import Any, ClassVar

from drift.codec import encode, versioned
from drift.queues import outbound
from drift.queues.outbound import MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMessage:
    """The base of all of them."""

    KIND: ClassVar[MessageKind]

    @property
    def data(self) -> dict[str, Any]:
        """Return the message as JSON data."""
        return versioned({"kind": self.KIND.value, **encode(self)})

    @property
    def text(self) -> str:
        """Return the text of the queue message."""
        return outbound.text_of(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMessage(OwnMessage):
    """A message that a due row may hold; ``due`` is the key of that row, "" for none."""

    due: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """Return the data of the due row that holds this message."""
        return {name: item for name, item in self.data.items() if name != "due"}
