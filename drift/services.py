"""The parts of the monitor: its ports, its controls, its configuration, and the clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from drift import ids
from drift.access.ports import AccessLog, Metrics
from drift.arm.read_limits import FirstReads
from drift.arm.shared_reads import SharedReads
from drift.arm.side_by_side import RunReads
from drift.config.model import Config
from drift.controls.monitor_controls import MONITOR_CONTROLS, SIGN_IN
from drift.controls.retired import RETIRED, RetiredControl, placeholder_of
from drift.detector import Detectors
from drift.evidence.ports import EvidenceLog
from drift.intake.targets import Watched
from drift.lazy import Lazy
from drift.model import Control
from drift.ports import ActivityLog, ChangeLog, Channel, Inventory, Reader, Store
from drift.queues.dead_letters import DeadLetterBox


@dataclass(frozen=True, slots=True, kw_only=True)
class AppInfo:
    """The data of every notice that does not depend on the resource.

    ``keeps_evidence``: each change also becomes a record of the evidence log. ``told_tags`` are the names
    of the tags that rules name; no other tag is told.
    """

    cloud: str
    tenant_id: str
    console_url: str
    code_version: str
    config_hash: str
    subscriptions: tuple[str, ...]
    runbooks_url: str = ""
    management_group: str = ""
    keeps_evidence: bool = False
    told_tags: tuple[str, ...] = ()

    @property
    def management_group_id(self) -> str:
        """Return the id of the watched management group, "" where none is named."""
        name = self.management_group
        return f"/providers/Microsoft.Management/managementGroups/{name}" if name else ""

    @property
    def tenant(self) -> str:
        """Return the id of the tenant that is watched, "" where AZURE_TENANT_ID is not set."""
        return f"/tenants/{self.tenant_id.lower()}" if self.tenant_id else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services for the orchestrating steps; all other functions take only the parts that they need.

    ``clock`` returns the time, UTC; ``closers`` end connections; ``channel_titles`` has the name of
    each channel in texts, even if it is switched off; ``check_store`` raises StoreUnavailable if
    the store can be read but not written; ``first_reads`` counts the first reads of this process,
    and ``shared_reads`` has the latest answers; ``run_reads`` makes reads at the same time, None: one
    by one;
    ``retired`` are the controls of earlier versions that were removed.
    """

    store: Store
    reader: Reader
    activity_log: ActivityLog | None
    channels: tuple[Channel, ...]
    detectors: Detectors
    config: Config
    facts: AppInfo
    clock: Callable[[], datetime]
    inventory: Inventory | None = None
    change_log: ChangeLog | None = None
    access_log: AccessLog | None = None
    metrics: Metrics | None = None
    evidence: EvidenceLog | None = None
    dead_letters: DeadLetterBox | None = None
    closers: tuple[Callable[[], None], ...] = ()
    channel_titles: Mapping[str, str] = field(default_factory=dict)
    check_store: Callable[[], None] = lambda: None
    first_reads: FirstReads = field(default_factory=FirstReads)
    shared_reads: SharedReads = field(default_factory=SharedReads)
    run_reads: RunReads | None = None
    retired: tuple[RetiredControl, ...] = RETIRED

    _watched: Lazy[Watched] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compute once what the controls watch, because every message needs it."""
        controls, subscriptions = self.detectors, self.facts.subscriptions
        watched = Lazy(lambda: Watched.by((each.CONTROL for each in controls), subscriptions))
        object.__setattr__(self, "_watched", watched)

    @property
    def watched(self) -> Watched:
        """Return which resource types and subscriptions are watched."""
        return self._watched.get()

    @property
    def can_investigate(self) -> bool:
        """Tell whether there is a source that shows who used a resource."""
        return self.access_log is not None or self.metrics is not None

    def is_watched(self, resource_id: str) -> bool:
        """Tell whether a resource lies in a monitored subscription, tenant or group, or in none."""
        subscription, tenant = ids.subscription_of(resource_id), ids.tenant_of(resource_id)
        if tenant:
            return ids.key(tenant) == self.facts.tenant
        if ids.type_of(resource_id) == ids.MANAGEMENT_GROUP:
            return ids.key(resource_id) == ids.key(self.facts.management_group_id)
        return not subscription or subscription in self.facts.subscriptions

    def has_control(self, control_id: str) -> bool:
        """Tell whether this version has a control or has retired it; others are of another version."""
        own = {each.id for each in self._controls}
        return control_id in own or control_id in {each.id for each in self.retired}

    def control(self, control_id: str, resource_id: str) -> Control:
        """Return a control by its id, even if it is switched off, retired or of another version.

        Of two with one id it is the one that judges the type of the resource.
        """
        titles = {each.id: each.title for each in self.retired}
        title = titles.get(control_id, "Control that this version does not have")
        found = [each for each in (*self._controls, SIGN_IN) if each.id == control_id]
        fit = (each for each in found if ids.type_of(resource_id) in each.watches)
        return next(iter((*fit, *found)), None) or placeholder_of(control_id, title)

    @property
    def _controls(self) -> tuple[Control, ...]:
        return (*(each.CONTROL for each in self.detectors), *MONITOR_CONTROLS)
