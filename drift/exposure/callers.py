"""The kind of a caller in an access log: must not have access, unnamed, or our own. Pure."""

import enum
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

_KEYS: Final = frozenset(
    {"accountkey", "sas", "saskey", "delegationsas", "userdelegationsas", "ntlm", "ntlmv2"}
)
"""Authentication that identifies nobody: anyone with the key or token may use it. SMB has it as NTLM."""

_SIGNED_IN: Final = frozenset({"oauth", "kerberos"})


class CallerKind(enum.Enum):
    """The kind of a caller."""

    FOREIGN = "must not have access"
    UNNAMED = "from outside, with a key or a token that does not identify a person"
    UNCLEAR = "may or may not be our own"
    OWN = "from an approved network"


class Exposes(enum.Enum):
    """The callers to whom a failing control opens a resource."""

    ANONYMOUS = "everybody, without signing in"
    NETWORK = "everybody who has a key, a token or an identity, from any network"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one caller did: full reads of content, listings of names, and requests with an unclear result."""

    proof: str
    address: str
    principal: str
    tenant: str
    reads: int
    listings: int
    unclear: int
    size: int
    first: datetime | None
    last: datetime | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Use":
        """Return the use in a row of a query about access."""
        return cls(
            proof=row["Proof"],
            address=row["Address"],
            principal=row["Principal"],
            tenant=row["Tenant"],
            reads=row["Reads"],
            listings=row["Listings"],
            unclear=row["Unclear"],
            size=row["Bytes"],
            first=row["First"],
            last=row["Last"],
        )

    @classmethod
    def logged(cls, row: Mapping[str, Any], **counts: int) -> "Use":
        """Return the use in a row that shows a caller and times; ``counts`` say what the caller did."""
        return cls(
            proof=row.get("Proof", ""),
            address=row["Address"],
            principal=row.get("Principal", ""),
            tenant="",
            reads=counts.get("reads", 0),
            listings=counts.get("listings", 0),
            unclear=counts.get("unclear", 0),
            size=0,
            first=row["First"],
            last=row["Last"],
        )

    @property
    def who(self) -> str:
        """Return the caller in the form of the query about distinct objects."""
        return f"{self.proof} {self.address} {self.principal}"


@dataclass(frozen=True, slots=True)
class Own:
    """Our own approved networks (CIDR prefixes), and our tenant's id ("" for unknown)."""

    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    tenant: str

    @classmethod
    def of(cls, approved: Iterable[str], tenant: str) -> "Own":
        """Build it without ids of virtual networks, because they show no addresses."""
        prefixes = (each for each in approved if not each.startswith("/"))
        return cls(tuple(ipaddress.ip_network(each) for each in prefixes), tenant.lower())


def kind_of_caller(use: Use, exposes: Exposes, own: Own) -> CallerKind:
    """Return the kind of a caller.

    An address that is not public proves nothing: a machine of any tenant in the account's region
    appears with one.
    https://learn.microsoft.com/azure/load-balancer/load-balancer-outbound-connections
    """
    if exposes is Exposes.ANONYMOUS:
        return CallerKind.FOREIGN if use.proof == "anonymous" else CallerKind.OWN
    address = _address(use.address)
    if address and any(_is_within(address, each) for each in own.networks):
        return CallerKind.OWN
    if use.proof == "anonymous":
        return CallerKind.FOREIGN
    if use.proof in _SIGNED_IN:
        is_other = bool(use.tenant and own.tenant) and use.tenant.lower() != own.tenant
        return CallerKind.FOREIGN if is_other else CallerKind.UNCLEAR
    is_outside = address is not None and address.is_global
    return CallerKind.UNNAMED if is_outside and use.proof in _KEYS else CallerKind.UNCLEAR


def kind_by_address(address: str, own: Own) -> CallerKind:
    """Return the kind of a caller by its address only; an address that is not public proves nothing."""
    found = _address(address)
    if found is None:
        return CallerKind.UNCLEAR
    if any(_is_within(found, each) for each in own.networks):
        return CallerKind.OWN
    return CallerKind.FOREIGN if found.is_global else CallerKind.UNCLEAR


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an address; one of IPv4 that is written as IPv6 is the one of IPv4."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_within(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
    network: ipaddress.IPv4Network | ipaddress.IPv6Network,
) -> bool:
    return address.version == network.version and address in network
