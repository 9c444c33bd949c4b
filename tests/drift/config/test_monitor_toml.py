"""monitor.toml: what it means, and how a wrong one is refused."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drift.breach.deadlines import NoticeRules, Role
from drift.config.model import Breach, Config, Exemption, PhiScope, Route, Timing
from drift.model import Severity
from tests.drift.config.toml_files import ACCOUNT, parse

SAMPLE = Path(__file__).parents[3] / "monitor.sample.toml"
WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/W"


def test_an_empty_file_means_the_defaults() -> None:
    assert replace(parse(""), digest="") == Config()


def test_the_sample_copied_unchanged_means_exactly_the_defaults() -> None:
    assert parse(SAMPLE.read_text(encoding="utf-8")) == parse("")


@pytest.mark.parametrize(
    "key",
    [
        *(each.name for each in fields(Timing)),
        *(each.name for each in fields(PhiScope)),
        *("routes", "exceptions", "networks", "workspaces", "disabled", "soft_delete_days"),
        *("admin_ports", "jumpbox_tag_names", "jumpbox_tag_values", "state_days"),
        *("role", "contract_days", "time_zone"),
    ],
)
def test_the_sample_shows_every_default_uncommented(key: str) -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()

    assert sum(line.startswith(f"{key} = ") for line in lines) == 1


def test_a_whole_file_is_read() -> None:
    config = parse(
        f"""
        [phi]
        tag_names = ["class"]
        tag_values = ["PHI"]
        subscriptions = ["ABCDEF00-0000-0000-0000-000000000001"]
        resource_groups = ["Clinic", "/subscriptions/s/resourceGroups/Ward/"]
        [approved]
        networks = ["203.0.113.0/24", "2001:db8::/32"]
        workspaces = ["{WORKSPACE}"]
        jumpbox_tag_names = ["purpose", "role"]
        jumpbox_tag_values = ["admin"]
        [controls]
        disabled = ["STORAGE-TLS"]
        soft_delete_days = 7
        admin_ports = [5986, 22]
        severities.NSG-ADMIN-PORTS = "medium"
        [timing]
        settle_seconds = 0.5
        context_seconds = []
        retry_seconds = [1, 2]
        reads_per_minute = 5
        [retention]
        state_days = 30
        [breach]
        role = "business_associate_and_agent"
        contract_days = 10
        time_zone = "America/New_York"
        state_days.CA = 15
        [[routes]]
        channels = ["teams", "splunk"]
        severity = "high"
        controls = ["STORAGE-TLS"]
        [[exceptions]]
        control = "STORAGE-TLS"
        resource_id = "{ACCOUNT}"
        reason = "a printer"
        approved_by = "ana"
        expires = 2027-01-31T01:00:00+01:00
        """
    )

    assert config.phi == PhiScope(
        tag_names=("class",),
        tag_values=("PHI",),
        subscriptions=("abcdef00-0000-0000-0000-000000000001",),
        resource_groups=("clinic", "/subscriptions/s/resourcegroups/ward"),
    )
    assert config.baseline.approved_networks == ("203.0.113.0/24", "2001:db8::/32")
    assert config.baseline.approved_workspaces == (WORKSPACE,)
    assert config.baseline.jumpbox_tag_names == ("purpose", "role")
    assert config.baseline.jumpbox_tag_values == ("admin",)
    assert config.baseline.soft_delete_days == 7
    assert config.baseline.admin_ports == (22, 3389, 5986)
    assert config.disabled == {"STORAGE-TLS"}
    assert config.severities == {"NSG-ADMIN-PORTS": Severity.MEDIUM}
    assert config.timing == Timing(
        settle_seconds=0.5, context_seconds=(), retry_seconds=(1, 2), reads_per_minute=5
    )
    assert config.retention.state_days == 30
    assert config.breach == Breach(
        rules=NoticeRules(Role.AGENT, contract_days=10, state_days={"CA": 15}),
        time_zone="America/New_York",
    )
    assert config.routes == (
        Route(channels=("teams", "splunk"), severity=Severity.HIGH, controls=("STORAGE-TLS",)),
    )
    assert config.exemptions == (
        Exemption(
            control="STORAGE-TLS",
            resource_id=ACCOUNT,
            reason="a printer",
            approved_by="ana",
            expires=datetime(2027, 1, 31, tzinfo=UTC),
        ),
    )


def test_an_exception_may_end_on_a_date_and_then_ends_as_it_begins() -> None:
    config = parse(
        f'exceptions = [{{ control = "STORAGE-TLS", resource_id = "{ACCOUNT}", reason = "r", '
        'approved_by = "a", expires = 2027-01-31 }]'
    )

    assert config.exemptions[0].expires == datetime(2027, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[timing]\nsettle_seconds = 60", ""),
        ("[timing]\nsettle_seconds = 60.0", ""),
        ("[retention]\nstate_days = 30", ""),
        ("[breach]\nrole = 'business_associate'", ""),
        (
            "[controls]\ndisabled = ['STORAGE-TLS', 'NSG-ADMIN-PORTS']",
            "controls.disabled = ['NSG-ADMIN-PORTS', 'STORAGE-TLS'] # the same",
        ),
    ],
)
def test_files_that_mean_the_same_have_one_digest(one: str, other: str) -> None:
    assert parse(one).digest == parse(other).digest


@pytest.mark.parametrize(
    "text",
    [
        "[timing]\nsettle_seconds = 61",
        "[phi]\ntag_values = ['phi']",
        "[controls]\ndisabled = ['STORAGE-TLS']",
        "[controls.severities]\nSTORAGE-TLS = 'low'",
        "[[routes]]\nchannels = ['teams']",
    ],
)
def test_a_file_that_means_something_else_has_another_digest(text: str) -> None:
    assert parse(text).digest != parse("").digest
