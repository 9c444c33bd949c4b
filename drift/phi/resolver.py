"""Resolve the PHI scope of the evaluated resource: cheap reads at once, the others on demand.

Scope is sticky: a resource that once held PHI stays in scope, even after a tag was removed or a
disk was detached, until the operator releases it (``phi.released`` in monitor.toml).
"""

from dataclasses import dataclass
from typing import Protocol

from drift.config.model import PhiScope
from drift.errors import Unreadable
from drift.estate import Around, Scope
from drift.model import Resource
from drift.phi.inheritance import NUMEROUS
from drift.phi.scope import inherited_scope, is_released, near_scope, own_tag, scope_of


@dataclass(frozen=True, slots=True)
class PriorScope:
    """The stored scope: the last PHI tag on the resource, and why it held PHI; each may be ""."""

    tag: str = ""
    because: str = ""


class ScopeResolver(Protocol):
    """Resolves whether the evaluated resource holds PHI."""

    @property
    def former_tag(self) -> str:
        """Return the PHI tag that the resource itself last carried, "" where none is known."""

    @property
    def tagged(self) -> Scope:
        """Return the scope by lists and by tags on the resource and above it only."""

    def scope(self) -> Scope:
        """Return the scope after the reads that it needs; never raise."""

    def so_far(self) -> Scope | None:
        """Return the scope if it is known without a further read, else None."""

    def holds_phi(self, machine: Resource, /) -> bool | None:
        """Tell whether a related machine holds PHI, None where that is unknown."""


class LazyScopeResolver:
    """Reads nearby resources at once, and numerous ones only where a verdict needs them."""

    def __init__(
        self, resource: Resource, around: Around, phi: PhiScope, cached: PriorScope
    ) -> None:
        self._resource = resource
        self._around = around
        self._phi = phi
        self._prior = PriorScope() if is_released(resource.id, phi) else cached
        self._near = near_scope(resource, around, phi)
        self._scope: Scope | None = None
        if resource.type not in NUMEROUS:
            self.scope()

    @property
    def former_tag(self) -> str:
        """Return the PHI tag that the resource itself last carried, "" where none is known."""
        return self._prior.tag

    @property
    def tagged(self) -> Scope:
        """Return the scope by lists and by tags on the resource and above it only."""
        return self._near

    def scope(self) -> Scope:
        """Return the scope; a resource that held PHI earlier is in scope without a further read."""
        if self._scope is None:
            self._scope = self._near if self._near.phi else self._sticky() or self._inherited()
        return self._scope

    def so_far(self) -> Scope | None:
        """Return the scope if it is known without a further read, else None."""
        return self._scope or (self._near if self._near.phi else self._sticky())

    def holds_phi(self, machine: Resource, /) -> bool | None:
        """Tell whether a related machine holds PHI by tags, lists and inheritance; None: unknown."""
        return scope_of(machine, self._around, self._phi).phi

    def scope_to_store(self) -> PriorScope:
        """Return the scope to store."""
        scope = self.so_far()
        because = scope.why if scope and scope.phi and not scope.listed else ""
        before = self._prior
        return PriorScope(self._tag() or before.tag, before.because or because)

    def _tag(self) -> str:
        try:
            return own_tag(self._resource, self._phi)
        except Unreadable:
            return ""

    def _sticky(self) -> Scope | None:
        because = self._prior.because
        return Scope(True, f"it held PHI earlier: {because}") if because else None

    def _inherited(self) -> Scope:
        return inherited_scope(self._resource, self._near, self._around, self._phi)
