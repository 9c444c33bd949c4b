"""The address rules of a Cosmos DB account: which ranges they allow."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from detectors.ip.addresses import BROAD, IPV4, count, interval_of, union_of
from detectors.ip.intervals import IntervalSet
from detectors.ip.public_space import PUBLIC
from drift.errors import Unreadable
from drift.model import MISSING, Resource, Severity, dig

RULES: Final = "properties.ipRules"
FORMER_RULES: Final = "properties.ipRangeFilter"
"""Where old api-versions show the rules: addresses and prefixes, separated by commas."""

_ADDRESS: Final = "ipAddressOrRange"
_AZURE: Final = IntervalSet((0, 1))
"""The address of zeros, which stands for all Azure datacenters."""

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Range:
    """One rule: its range as ARM spells it, and its addresses, None where they are invalid."""

    text: str
    addresses: IntervalSet | None

    @property
    def lets_in_azure(self) -> bool:
        """Tell whether it allows every machine in Azure datacenters, also those of other customers.

        https://learn.microsoft.com/azure/cosmos-db/how-to-configure-firewall
        """
        return self.addresses == _AZURE

    @property
    def rule(self) -> dict[str, str]:
        """Return the rule as ARM takes it."""
        return {_ADDRESS: self.text}


def path_of_rules(account: Resource) -> str:
    """Return where an account shows its rules."""
    is_former = account.get(RULES) is MISSING and account.get(FORMER_RULES) is not MISSING
    return FORMER_RULES if is_former else RULES


def ranges(account: Resource) -> tuple[Range, ...]:
    """Return the rules of an account; raise Unreadable where they are of an unknown form."""
    if account.get(RULES) is not MISSING:
        return tuple(map(_range, account.items(RULES)))
    former = account.word(FORMER_RULES)
    texts = former.split(",") if isinstance(former, str) else []
    return tuple(_read(each.strip()) for each in texts if each.strip())


def _range(item: Any) -> Range:
    text = dig(item, _ADDRESS)
    if not isinstance(text, str):
        raise Unreadable(RULES, "a rule has no address")
    return _read(text.strip())


def _read(text: str) -> Range:
    found = interval_of(text)
    return Range(text, None if found is None else IntervalSet(found))


def severity_of(found: Iterable[Range]) -> Severity:
    """Return the severity of rules that allow addresses outside the approved list."""
    is_broad = count(_together(found) & PUBLIC) >= BROAD
    return Severity.CRITICAL if is_broad else Severity.HIGH


def described(found: Sequence[Range]) -> str:
    """Return ranges in words, and a note where together they are the whole Internet."""
    names = ", ".join(each.text for each in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    is_whole = not (PUBLIC & IPV4) - _together(found)
    return f"{names}{more}{', together the whole Internet' if is_whole else ''}"


def _together(found: Iterable[Range]) -> IntervalSet:
    return union_of(_known(found))


def _known(found: Iterable[Range]) -> Iterator[IntervalSet]:
    return (each.addresses for each in found if each.addresses)
