"""phidrift doctor: make each call that the monitor needs, and name what is missing."""

import argparse
import functools
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator, Mapping, MutableMapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import bootstrap
from cli import verbosity
from cli.doctor_checks.azure import Azure, azure_checks
from cli.doctor_checks.channels import audiences, far_ends, routing_checks, signing_in
from cli.doctor_checks.check import Check, Level, exit_code
from cli.doctor_checks.evidence import key_check, log_check
from cli.doctor_checks.identity import Principal, principal_of, signed_in
from cli.doctor_checks.last_sweep import swept
from cli.doctor_checks.logs import (
    without_workspace,
)
from cli.doctor_checks.packages import installed, packages, pins
from cli.doctor_checks.report import JsonReport, Lines, refused_settings
from cli.doctor_checks.settings_in_use import settings_in_use
from cli.doctor_checks.state import state
from cli.doctor_checks.sweep_schedule import schedule_check
from cli.doctor_checks.tables import Tables, tables
from cli.doctor_checks.test_message import sent
from drift.config.app_settings import Settings
from drift.config.clouds import Service
from drift.config.model import Config
from drift.config.secret import Secret
from drift.config.storage_account import SCOPE
from drift.controls.monitor_controls import MONITOR_CONTROLS
from drift.errors import BadSettings
from drift.outbox.routing import siems
from drift.ports import Store
from drift.services import Services
from functions_host.settings import host_json as host_settings
from functions_host.settings import local_settings

_ROOT: Final = Path(__file__).resolve().parent.parent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = (
        "Settings are read as serve reads them: the environment, then local.settings.json. One "
        "line for each check: ok, warn or fail, and what to do next. Exit code: 0 nothing fails; 1 "
        "something does; 2 settings or monitor.toml are wrong. With --json one object is printed "
        "at the end, also where settings are wrong."
    )
    parser.add_argument(
        "--send-test",
        action="store_true",
        help="send a test message and its all-clear through every channel",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    verbosity.add_argument(
        parser, help_text="log to standard error, including warnings of the SDKs"
    )


def run(args: argparse.Namespace) -> int:
    """Print each check; 0 nothing fails, 1 something does, 2 the settings are wrong."""
    verbosity.log_to_stderr(is_verbose=args.verbose)
    report = JsonReport() if args.json else Lines()
    try:
        checks = [report.add(each) for each in _every(args)]
    except BadSettings as error:
        return report.refuse(refused_settings(error, os.environ))
    report.end(checks)
    return exit_code(checks)


def _every(args: argparse.Namespace) -> Iterator[Check]:
    """Yield every check; without the packages no other is possible. Raise BadSettings."""
    checks = tuple(_packages())
    yield from checks
    if not exit_code(checks):
        checked = read_settings(Path.cwd(), os.environ)
        yield from every_check(checked, send_test=args.send_test)


@dataclass(frozen=True, slots=True)
class CheckedSettings:
    """The settings and rules to check, and the environment they were read from."""

    settings: Settings
    config: Config
    env: Mapping[str, str]


def read_settings(folder: Path, env: MutableMapping[str, str]) -> CheckedSettings:
    """Read settings and rules as serve does; raise one BadSettings naming every problem."""
    problems: list[str] = []
    try:
        local_settings.add_values((folder, _ROOT), env)
    except BadSettings as error:
        problems += error.problems
    try:
        host_settings.read(_ROOT, env)
    except BadSettings as error:
        problems += error.problems
    try:
        settings, config = bootstrap.load_configuration(env)
    except BadSettings as error:
        problems += error.problems
    if problems:
        raise BadSettings(tuple(problems))
    return CheckedSettings(settings, config, env)


def every_check(checked: CheckedSettings, *, send_test: bool) -> Iterator[Check]:
    """Yield every check, causes before their effects."""
    settings = checked.settings
    yield from settings_in_use(checked.env, settings.config_path, bootstrap.queue_figures)
    if not settings.workspace_id:
        yield without_workspace()
    yield from _state(checked)
    yield from _evidence(checked)
    # With a state of its own: neither a throttle gate of the app nor a full disk hides a result.
    with (
        tempfile.TemporaryDirectory(prefix="phidrift-doctor-") as scratch,
        _services(checked, _with_state_in(settings, f"{scratch}/state.db")) as services,
    ):
        azure = Azure(
            settings=settings,
            accounts=checked.config.baseline.break_glass_accounts,
            signed_in=functools.partial(_signed_in, checked=checked),
            connection_problem=bootstrap.connection_problem,
        )
        yield from azure_checks(azure, services)
        principal = yield from _siems(checked)
        yield from far_ends(settings, bootstrap.connection_problem)
        controls = (*(each.CONTROL for each in services.detectors), *MONITOR_CONTROLS)
        found = audiences(controls, services.channels, checked.config)
        yield from routing_checks(found, frozenset(siems(services.channels)))
        if send_test:
            for each in services.channels:
                yield sent(each, services.facts, services.clock, principal=principal)


def _state(checked: CheckedSettings) -> Iterator[Check]:
    """Yield whether the configured state store works, and the last sweeps."""
    with closing(bootstrap.state(checked.settings)) as store:
        check = _store(checked, store)
        yield check
        if check.level is not Level.FAIL:
            yield from _sweeps(checked, store)


def _evidence(checked: CheckedSettings) -> Iterator[Check]:
    """Yield whether the evidence log can be written and read, and whether its key signs."""
    settings = checked.settings
    folder, container = settings.evidence_folder, settings.evidence_container
    with closing(bootstrap.evidence(settings)) as log:
        yield log_check(log, folder=folder, container=container, now=datetime.now(UTC))
        yield key_check(log)


def _sweeps(checked: CheckedSettings, store: Store) -> Iterator[Check]:
    settings, now = checked.settings, datetime.now(UTC)
    overdue = timedelta(hours=checked.config.timing.sweep_overdue_hours)
    yield from schedule_check(settings.sweep_schedule, overdue, now)
    yield from swept(store, settings.subscriptions, now, overdue)


def _store(checked: CheckedSettings, store: Store) -> Check:
    settings, account = checked.settings, checked.settings.state_account
    if account is None:
        return state(store, Path(settings.state_path), _free_bytes)
    service = Service(account.tables, SCOPE)
    return tables(
        Tables(
            store=store,
            account=account,
            principal=lambda: principal_of(bootstrap.token(settings, checked.env, service)),
            connection_problem=functools.partial(
                bootstrap.connection_problem, Secret(account.tables)
            ),
        )
    )


def _with_state_in(settings: Settings, path: str) -> Settings:
    return replace(settings, state_path=path, state_account=None)


@contextmanager
def _services(checked: CheckedSettings, settings: Settings) -> Iterator[Services]:
    services = bootstrap.services(settings, checked.config)
    try:
        yield services
    finally:
        for close in services.closers:
            close()


def _siems(checked: CheckedSettings) -> Generator[Check, None, Principal]:
    """Yield whether the identity gets a token for each channel that needs one; return the identity."""
    principal = Principal()
    for channel, service in signing_in(checked.settings):
        found, check = _signed_in(channel, service, checked)
        principal = found or principal
        yield check
    return principal


def _signed_in(
    name: str, service: Service, checked: CheckedSettings
) -> tuple[Principal | None, Check]:
    token = functools.partial(bootstrap.token, checked.settings, checked.env, service)
    return signed_in(name, token, checked.settings, checked.env)


def _packages() -> Iterator[Check]:
    pinned = pins((_ROOT / "requirements.txt").read_text(encoding="utf-8"))
    return packages(pinned, installed)


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free
