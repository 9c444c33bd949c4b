"""A monitor in this process whose ARM, log and metrics are a sandbox, on a clock that a test moves."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessTokenInfo, TokenRequestOptions

from adapters.arm.metrics import MetricsReader
from adapters.arm.reader import ArmReader
from adapters.azure_http.credential import SharedCredential
from adapters.graph.reader import GraphReader
from adapters.graph.routing import RoutedReader
from adapters.log_analytics.activity_log import LogAnalytics
from detectors import DETECTORS
from drift.notices import Notice
from drift.observation.throttle_gate import ThrottledReader
from drift.ports import Row
from drift.state import keys, packing
from drift.state.incident_record import Incident, load_incident
from sandbox.clinic.estate import INTAKE, clinic
from sandbox.clinic.ids import SUBSCRIPTION
from sandbox.clinic.tenant import EMERGENCY, PORTAL
from sandbox.core.people import ENGINEER, MONITOR, TENANT
from sandbox.world import Sandbox
from tests.support.azure_fakes import ARM_SCOPE, LOGS_SCOPE
from tests.support.rig import Rig

GRAPH_SCOPE = "https://graph.microsoft.com/.default"
CONTAINER = "intake-forms"
PATIENTS = ("doe-jane-1974-03-11.pdf", "roe-richard-1951-07-02.pdf", "poe-anna-2019-01-30.pdf")
STRANGERS = ("203.0.113.9", "198.51.100.23", "2001:db8::77")


class SandboxToken:
    """A credential with fresh tokens of a sandbox, by the sandbox's own clock."""

    def __init__(self, azure: Sandbox) -> None:
        self._azure = azure

    def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        audience = scopes[0].removesuffix("/.default")
        return AccessTokenInfo(self._azure.token(MONITOR, audience), 4_000_000_000)

    def close(self) -> None:
        """There is nothing to close."""


class ExposedClinic:
    """The clinic's account for intake forms, in good order, and the monitor that watches it."""

    def __init__(self, azure: Sandbox, rig: Rig) -> None:
        self.azure = azure
        self.rig = rig
        self.known_good_at = rig.clock.now
        azure.place(*clinic())

    def open(self, **details: Any) -> None:
        """Let everybody read the container; the monitor gets the event, with these details."""
        self.known_good_at = self.rig.clock.now
        self.rig.clock.advance(seconds=20)
        self.azure.patch(INTAKE, {"properties": {"allowBlobPublicAccess": True}})
        self.azure.set_container_acl(INTAKE, CONTAINER, "Container")
        self.rig.write(INTAKE, **details)

    def close(self) -> None:
        """Close the account again; the monitor gets the event, and reads it once it has settled."""
        self.azure.patch(INTAKE, {"properties": {"allowBlobPublicAccess": False}})
        self.rig.write(INTAKE)
        self.rig.later(minutes=2)

    def strangers_read(self) -> None:
        """Have three strangers read the forms of patients, one of them all."""
        for number, address in enumerate(STRANGERS, start=1):
            self.azure.blobs.read(INTAKE, CONTAINER, PATIENTS[:number], ip=address)
        self.azure.blobs.list(INTAKE, CONTAINER, ip=STRANGERS[0])

    def own_read(self) -> None:
        """Have an own identity read a form, as the clinic's systems do all day."""
        self.azure.blobs.read(INTAKE, CONTAINER, PATIENTS[:1], ip="10.0.0.4", by=ENGINEER)

    def stop_logging(self) -> None:
        """Remove the diagnostic settings of the account's services, and have the monitor notice."""
        view = self.azure.cloud.documents.view()
        below = [key for key, _ in view.below(f"{INTAKE}/") if "diagnosticsettings" in key.lower()]
        for each in below:
            self.azure.delete(each)
        self.rig.clock.advance(minutes=20)
        self.rig.write(INTAKE)

    @property
    def incident(self) -> Incident:
        """Return the incident of the open account."""
        found = load_incident(self.rig.store, INTAKE, "STORAGE-PUBLIC-ACCESS", 1)
        assert found
        return found

    @property
    def notices(self) -> list[Notice]:
        """Return the messages to Teams about the open account."""
        told = [notice for notice, _ in self.rig.teams.told]
        return [each for each in told if each.control_id == "STORAGE-PUBLIC-ACCESS"]

    def stored(self) -> str:
        """Return every row of the state, with what is packed in it."""
        shards = (self.rig.store.range(each, "", "~", 10_000) for each in keys.PARTITIONS)
        return "\n".join(_readable(row) for rows in shards for row in rows)


def _readable(row: Row) -> str:
    """Return a row as a text, each packed value as it was before."""
    names = {each.rstrip("0123456789") for each in row.data} - set(row.data)
    packed = {each: packing.unpack(row.data, each) for each in sorted(names)}
    plain = {
        name: each for name, each in row.data.items() if name.rstrip("0123456789") not in names
    }
    return f"{row.key} {json.dumps({**plain, **packed}, ensure_ascii=False, default=str)}"


@contextmanager
def exposed_clinic(
    controls: str | tuple[str, ...] = "STORAGE-", folder: Path | None = None
) -> Iterator[ExposedClinic]:
    """Run a sandbox and a monitor on one clock; logs arrive after five minutes.

    The monitor has the controls whose ids begin with ``controls``. The state is in memory, or in a
    file of the folder, where commands can read it.
    """
    rig = Rig(folder)
    with Sandbox(limits=None, log_delay=(300.0, 300.0), clock=rig.clock) as azure:
        credential = SharedCredential(lambda: SandboxToken(azure))
        arm = ArmReader(
            credential, endpoint=azure.arm.base_url, scope=ARM_SCOPE, sleep=lambda _: None
        )
        graph = GraphReader(credential, endpoint=azure.graph.base_url, scope=GRAPH_SCOPE)
        every = RoutedReader(arm, graph_reader=graph, policy_states=arm, defender=arm)
        found = ExposedClinic(azure, rig)
        log = LogAnalytics(
            credential,
            endpoint=azure.logs.base_url,
            scope=LOGS_SCOPE,
            workspace_id=azure.logs.workspace_id,
        )
        rig.change(
            reader=ThrottledReader(every, rig.store, rig.clock),
            access_log=log,
            metrics=MetricsReader(arm, endpoint=azure.arm.base_url),
            facts=replace(
                rig.services.facts,
                tenant_id=TENANT,
                subscriptions=(SUBSCRIPTION.rpartition("/")[2],),
            ),
        )
        rig.only(*(each for each in DETECTORS if each.CONTROL.id.startswith(controls)))
        baseline = rig.services.config.baseline
        named = replace(baseline, phi_applications=(PORTAL,), break_glass_accounts=EMERGENCY)
        rig.change(config=replace(rig.services.config, baseline=named))
        with closing(log), closing(arm), closing(graph):
            yield found
    rig.close()
