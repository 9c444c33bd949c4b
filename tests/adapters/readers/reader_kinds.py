"""Each reader of ARM, with a document and a list that it reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from adapters.arm.reader import ArmReader
from adapters.defender.reader import DefenderReader
from tests.support.azure_fakes import ACCOUNT, CONTAINERS, GROUP, SUBSCRIPTION

Opened = ArmReader | DefenderReader
ReadersOf = Callable[..., Opened]

_SECURITY: Final = "providers/Microsoft.Security"


@dataclass(frozen=True, slots=True)
class ReaderKind:
    """A reader, a document that it reads, a list that is empty at first, and a list of a deleted resource."""

    open: Callable[..., Opened]
    document: str
    collection: str
    gone: str


KINDS: Final = {
    "ARM": ReaderKind(ArmReader, ACCOUNT, CONTAINERS, gone=CONTAINERS.replace("records", "gone")),
    "Defender": ReaderKind(
        DefenderReader,
        f"{SUBSCRIPTION}/{_SECURITY}/pricings/StorageAccounts",
        f"{GROUP}/{_SECURITY}/automations",
        gone=f"{SUBSCRIPTION}/resourceGroups/gone/{_SECURITY}/automations",
    ),
}
