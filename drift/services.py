"""What the monitor is made of: its ports, its controls, what the operator chose, and the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from drift.config.model import Config
from drift.controls.monitor_controls import MONITOR_CONTROLS, removed_control
from drift.detector import Detectors
from drift.intake.targets import Watched
from drift.model import Control
from drift.ports import ActivityLog, Channel, Inventory, Reader, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class AppInfo:
    """What every notice carries that does not depend on the resource."""

    cloud: str
    tenant_id: str
    console_url: str
    code_version: str
    config_hash: str
    subscriptions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a step works with; ``clock`` returns the time, UTC; ``closers`` end connections."""

    store: Store
    reader: Reader
    activity_log: ActivityLog | None
    channels: tuple[Channel, ...]
    detectors: Detectors
    config: Config
    facts: AppInfo
    clock: Callable[[], datetime]

    @property
    def watched(self) -> Watched:
        """Return what is looked at, and where."""
        controls = (each.CONTROL for each in self.detectors)
        return Watched.by(controls, self.facts.subscriptions)

    def control(self, control_id: str) -> Control:
        """Return a control by its id, also one that is switched off or of an earlier version."""
        known = (*(each.CONTROL for each in self.detectors), *MONITOR_CONTROLS)
        found = (each for each in known if each.id == control_id)
        return next(found, None) or removed_control(control_id)

    inventory: Inventory | None = None
    closers: tuple[Callable[[], None], ...] = ()
