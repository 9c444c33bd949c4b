"""A new channel is one specification: settings, doctor, routes and delivery need no other edit."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from adapters import configuration
from cli.doctor_checks import test_message
from cli.doctor_checks.channels import audiences, far_ends, routing_checks
from cli.doctor_checks.identity import Principal
from detectors import DETECTORS
from drift.config import app_settings
from drift.config.env_values import Values
from drift.config.model import Config
from drift.config.secret import Secret
from drift.errors import BadSettings, DeliveryRejected
from drift.notices import Notice
from drift.ports import Audience, Channel
from notifiers.channels import CHANNELS, Channels, built, titles
from notifiers.sessions import Sessions
from notifiers.spec import Advice, ChannelSpec, Tools
from tests.notifiers.identity import Identity
from tests.support import open_account
from tests.support.rig import ACCOUNT, Rig

ENV: Final = {
    "MONITORED_SUBSCRIPTIONS": "00000000-0000-0000-0000-00000000000a",
    "PIGEON_LOFT": "https://loft.example/swordfish",
}
TEAMS: Final = "https://teams.example/w?sig=1"


@dataclass
class Pigeon:
    """A channel that keeps the messages that it receives."""

    loft: str
    name: str = "pigeon"
    audience: Audience = Audience.PAGER
    told: list[Notice] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        return str(hash(self.loft))

    def send(self, notice: Notice, *, opening: bool) -> None:
        if self.loft.endswith("/empty"):
            raise DeliveryRejected("pigeon: nobody is at home")
        self.told.append(notice)


def _read(values: Values, _cloud: str) -> str | None:
    return values.https("PIGEON_LOFT") or None


def _build(loft: str, _tools: Tools) -> Channel:
    return Pigeon(loft)


PIGEON: Final = ChannelSpec[str](
    name="pigeon",
    title="the pigeon",
    setting_names=("PIGEON_LOFT", "PIGEON_SEED"),
    read=_read,
    build=_build,
    address=Secret,
    remedy="PIGEON_LOFT must be a loft with a keeper",
    advice=lambda _: Advice("pigeons sleep at night", "set PagerDuty as well"),
)
WITH_PIGEON: Final[Channels] = (*CHANNELS, PIGEON)


def chosen(env: dict[str, str]) -> tuple[app_settings.Settings, Config]:
    return configuration.load_configuration(env, frozenset(), WITH_PIGEON, needs_channels=True)


def pigeon(env: dict[str, str]) -> Channel:
    tools = Tools(Sessions(), Identity())
    (channel,) = built(WITH_PIGEON, chosen(env)[0].channels, tools)
    return channel


def test_its_settings_are_known_and_it_is_channel_enough() -> None:
    assert {"PIGEON_LOFT", "PIGEON_SEED"} < set(app_settings.all_setting_names(WITH_PIGEON))
    assert list(chosen(ENV)[0].channels) == ["pigeon"]
    assert titles(WITH_PIGEON)["pigeon"] == "the pigeon"


def test_what_is_wrong_with_its_settings_is_part_of_the_one_error() -> None:
    with pytest.raises(BadSettings) as refused:
        chosen({"PIGEON_LOFT": "swordfish"})

    assert refused.value.problems == (
        "MONITORED_SUBSCRIPTIONS is not set.",
        "PIGEON_LOFT is not an https address.",
    )


@pytest.mark.parametrize(("env", "problems"), [(ENV, 0), ({**ENV, "PIGEON_LOFT": ""}, 1)])
def test_a_route_may_name_it_where_it_is_set(
    tmp_path: Path, env: dict[str, str], problems: int
) -> None:
    path = tmp_path / "monitor.toml"
    path.write_text('[[routes]]\nchannels = ["pigeon"]\n', encoding="utf-8")
    found: tuple[str, ...] = ()
    try:
        chosen({**env, "TEAMS_WEBHOOK_URL": TEAMS, "MONITOR_CONFIG": str(path)})
    except BadSettings as error:
        found = error.problems

    assert len(found) == problems
    assert all("Channel pigeon has no app settings" in each for each in found)


def test_the_doctor_tries_its_host_and_passes_its_advice_on() -> None:
    found = list(far_ends(chosen(ENV)[0], lambda _: "", WITH_PIGEON))[-2:]

    assert [each.line() for each in found] == [
        "ok    channel pigeon: set, and its host answers; --send-test shows whether it takes messages",
        "warn  channel pigeon: pigeons sleep at night; next: set PagerDuty as well",
    ]


def test_the_doctor_names_its_remedy_where_a_test_message_is_refused() -> None:
    channel = pigeon({**ENV, "PIGEON_LOFT": "https://loft.example/empty"})
    rig = Rig(None)
    found = test_message.sent(
        channel, rig.services.facts, rig.clock, principal=Principal(), specs=WITH_PIGEON
    )

    assert "nobody is at home" in found.finding
    assert found.step == PIGEON.remedy


def test_without_routes_its_audience_decides_what_it_gets() -> None:
    found = audiences((each.CONTROL for each in DETECTORS), (pigeon(ENV),), Config())

    assert {each.severity.value for each in found if each.channels} == {"critical"}
    assert (
        "critical findings go to pigeon"
        in [each.finding for each in routing_checks(found, frozenset())][-1]
    )


def test_what_is_critical_is_delivered_to_it() -> None:
    channel, rig = Pigeon("https://loft.example"), Rig(None)
    open_account.place(rig)
    rig.only(open_account.OPEN)
    rig.change(channels=(channel,))
    open_account.broken(rig)
    rig.write(ACCOUNT)

    assert [each.control_id for each in channel.told] == ["TOY-OPEN"]
