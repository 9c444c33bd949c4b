"""Every control the monitor watches. Add a module, add it here; a test insists on both."""

from typing import Final

from detectors.network import admin_ports
from detectors.phi import tag
from detectors.storage import cmk, firewall, logging, public_access, recovery, shared_key, tls
from drift.detector import Detectors

DETECTORS: Final[Detectors] = (
    public_access,
    firewall,
    tls,
    shared_key,
    cmk,
    logging,
    recovery,
    admin_ports,
    tag,
)
