"""What a control judges by: the things around a resource, what is approved, whether it is PHI."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from drift.model import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What the operator has approved, as far as controls ask for it.

    ``approved_networks`` are CIDR prefixes and ids of virtual networks or subnets,
    ``approved_workspaces`` lower-case ids (empty: any). A tag with one of the jumpbox names and one
    of the values marks a machine that administrators come through.
    """

    approved_networks: tuple[str, ...] = ()
    approved_workspaces: tuple[str, ...] = ()
    jumpbox_tag_names: tuple[str, ...] = ("role",)
    jumpbox_tag_values: tuple[str, ...] = ("jumpbox",)
    soft_delete_days: int = 30


@dataclass(frozen=True, slots=True)
class Scope:
    """Whether a resource holds PHI; ``phi`` None: not provable, and then it is judged as PHI.

    ``listed``: the operator's list says so, not Azure.
    """

    phi: bool | None
    why: str
    listed: bool = False


class Around(Protocol):
    """The things around a resource, read only when somebody asks, each at most once."""

    @property
    def baseline(self) -> Baseline:
        """Return what the operator has approved."""

    @property
    def now(self) -> datetime:
        """Return the time of the judgement, UTC."""

    def get(self, resource_id: str) -> Resource | None:
        """Return a resource by id, None where Azure says it does not exist; raise Unreadable."""

    def children(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        """Return the children in a collection such as ``blobServices/default/containers``."""

    def extensions(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        """Return the extensions of a kind such as ``Microsoft.Insights/diagnosticSettings``."""


class Estate(Around, Protocol):
    """What a control judges by: the things around a resource, and whether it holds PHI."""

    @property
    def phi(self) -> bool | None:
        """Tell whether the resource judged holds PHI; None: not provable, so it counts as PHI."""

    @property
    def former_tag(self) -> str:
        """Return the PHI tag that the resource itself last carried, "" where none is known."""

    @property
    def tagged(self) -> Scope:
        """Return the scope by lists, and by tags on the resource and above it, alone."""

    def holds_phi(self, machine: Resource, /) -> bool | None:
        """Tell whether a machine around it is known to hold PHI, or not to; None: not known."""
