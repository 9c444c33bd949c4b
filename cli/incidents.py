"""``phidrift incidents``: list incidents, show one, and store people's decisions about a breach."""

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import bootstrap
from cli.command_line.parsers import CommandAction, CommandParser
from cli.explain import chosen, missing_file
from cli.explanation.data import incident_data
from cli.explanation.deliveries import deliveries_of
from cli.explanation.incident_text import incident_lines
from cli.explanation.layout import Layout, for_terminal
from cli.explanation.stored import StoredIncident
from cli.incident_list.breach_dates import OWN, breach_data, breach_dates, breach_lines
from cli.incident_list.clock_view import ClockView, clock_data, clock_lines, clock_view, stage_text
from cli.incident_list.found import LEAST_OF_ID, id_of, incidents_of
from cli.incident_list.step_actions import STEP_ACTIONS, add_incident, add_json
from cli.incident_list.step_options import step_of
from cli.incident_list.table import table_lines
from cli.output import colours
from cli.output.colours import paint_for
from cli.output.width import terminal_width
from drift.breach.local_days import local_day
from drift.breach_clock.record import ClockRecord, ClockStep, clock_in, clock_row, key_of
from drift.breach_clock.steps import take_step
from drift.config.app_settings import Settings
from drift.config.model import Config
from drift.errors import BadSettings, NotUnderstood, StoreUnavailable
from drift.ports import Store
from drift.services import AppInfo
from drift.state.incident_record import Incident
from drift.untrusted_json import printable

_FAILED: Final = 1
_WIDEST: Final = 110
_SHOWN: Final = 500
_MOST_ENDED: Final = 20
_ID: Final = re.compile(rf"[0-9a-f]{{{LEAST_OF_ID},64}}")


def add_arguments(parser: CommandParser) -> None:
    """Declare the arguments."""
    parser.epilog = (
        "A step of the breach clock is stored with name, reason and time, and never rewritten; list and "
        "show only read the state. All work while serve runs. Nothing here is legal advice. Settings are "
        "read as serve reads them; no channel is needed. Exit code: 0 printed or stored; 1 there is no "
        "such incident, the step is not allowed now, or the state, or a part of it, cannot be used; 2 "
        "wrong usage or a wrong setting."
    )
    parser.add_actions(
        {
            "list": CommandAction(
                "list the open incidents and the newest ended ones", _list_options
            ),
            "show": CommandAction("show one incident whole, with its breach clock", _show_options),
            **STEP_ACTIONS,
        }
    )


def _list_options(parser: CommandParser) -> None:
    parser.add_argument("--all", action="store_true", help="every ended incident too")
    add_json(parser)


def _show_options(parser: CommandParser) -> None:
    add_incident(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """List the incidents, show one or store a step; 1 if that is not possible."""
    wanted, step = _wanted(args), step_of(args, datetime.now(UTC))
    settings, config = chosen(Path.cwd(), os.environ)
    if missing := missing_file(settings):
        return _refused(missing)
    try:
        with closing(_store(settings, step)) as store:
            if not wanted:
                return _list(store, config, every=args.all, as_json=args.json)
            incident = _found(store, wanted)
            if incident is None:
                return _FAILED
            if step:
                app = bootstrap.facts(settings, config)
                return _take(store, incident, step, config, app=app, as_json=args.json)
            return _show(store, incident, config, as_json=args.json)
    except NotUnderstood as error:
        return _refused(f"another version of the monitor wrote this record: {error}")
    except StoreUnavailable as error:
        return _refused(f"the state cannot be read: {error}")


def _wanted(args: argparse.Namespace) -> str:
    """Return the beginning of the id to show, "" for a list; raise BadSettings for other words."""
    if args.action == "list":
        return ""
    text = str(args.id)
    begins = text.strip().lower()
    if not _ID.fullmatch(begins):
        named = printable(text, _SHOWN) or "an empty text"
        hint = f"give {LEAST_OF_ID} to 64 hexadecimal digits; `phidrift incidents list` prints them"
        raise BadSettings((f"{named} is not the id of an incident: {hint}",))
    return begins


def _store(settings: Settings, step: ClockStep | None) -> Any:
    return bootstrap.state(settings) if step else bootstrap.state_to_read(settings)


def _list(store: Store, config: Config, *, every: bool, as_json: bool) -> int:
    now, found = datetime.now(UTC), incidents_of(store)
    opened = [each for each in found.incidents if each.closure is None]
    ended = [each for each in found.incidents if each.closure is not None]
    shown = ended if every else ended[:_MOST_ENDED]
    stored = [_stored(store, each, now) for each in (*opened, *shown)]
    more = len(ended) - len(shown)
    clocks, unread = dict[str, ClockView](), list(found.not_understood)
    for each in stored:
        try:
            if view := _clock(store, each.incident, config, now):
                clocks[id_of(each.incident)] = view
        except NotUnderstood:
            unread.append(key_of(each.incident))
    if as_json:
        data = {
            "incidents": [
                {**incident_data(each), "breachClock": _data(clocks.get(id_of(each.incident)))}
                for each in stored
            ],
            "moreEndedIncidents": more,
            "notUnderstood": unread,
        }
        print(json.dumps(data, indent=2))
    else:
        stages = {name: stage_text(view) for name, view in clocks.items()}
        _print_table(stored, stages, more, _layout(now))
        _print_not_understood(unread)
    return _FAILED if unread else 0


def _print_table(
    stored: Sequence[StoredIncident], stages: Mapping[str, str], more: int, layout: Layout
) -> None:
    for line in table_lines(stored, stages, layout):
        print(line)
    opened = sum(each.is_open for each in stored)
    print(f"incidents: {opened} open, {len(stored) - opened + more} ended")
    if more:
        older = "1 older ended one is" if more == 1 else f"{more} older ended ones are"
        print(f"{older} not shown: add --all")


def _found(store: Store, begins: str) -> Incident | None:
    """Return the only incident whose id begins with this; else print the problem and return None."""
    found = incidents_of(store, begins)
    _print_not_understood(found.not_understood)
    if len(found.incidents) == 1:
        return found.incidents[0]
    several = ", ".join(id_of(each) for each in found.incidents[:10])
    _refused(
        f"several incidents begin with {begins}: {several}"
        if several
        else f"no incident begins with {begins}: `phidrift incidents list --all` lists them"
    )
    return None


def _take(
    store: Store,
    incident: Incident,
    step: ClockStep,
    config: Config,
    *,
    app: AppInfo,
    as_json: bool,
) -> int:
    """Store one step of the clock and print the clock."""
    if incident.control_id in OWN:
        return _refused("this incident is about the monitor itself: it has no breach clock")
    try:
        record = take_step(store, incident, step, config.breach, app=app)
    except ValueError as error:
        return _refused(f"nothing is stored: {error}")
    view = _view(record, config, step.at)
    if as_json:
        print(json.dumps({"id": id_of(incident), "breachClock": clock_data(view)}, indent=2))
    else:
        _print_clock(list(clock_lines(view)), _layout(step.at))
    return 0


def _clock(store: Store, incident: Incident, config: Config, now: datetime) -> ClockView | None:
    """Return the breach clock of an incident, None where nobody has taken a step."""
    row = clock_row(store, incident)
    return _view(clock_in(row), config, now) if row else None


def _view(record: ClockRecord, config: Config, now: datetime) -> ClockView:
    return clock_view(record, config.breach, local_day(now, config.breach.time_zone))


def _data(view: ClockView | None) -> Mapping[str, Any] | None:
    return clock_data(view) if view else None


def _print_clock(lines: Sequence[str], layout: Layout) -> None:
    print(layout.paint("BREACH CLOCK", colours.BOLD))
    for text in lines:
        print("\n".join(layout.wrapped(text, 2)))


def _show(store: Store, found: Incident, config: Config, *, as_json: bool) -> int:
    now = datetime.now(UTC)
    incident, view = _stored(store, found, now), _clock(store, found, config, now)
    dates = breach_dates(found, config.breach) if view is None else None
    if as_json:
        breach = {
            "breachClock": _data(view),
            "ifBreach": breach_data(dates) if dates else None,
        }
        print(json.dumps({**incident_data(incident), **breach}, indent=2))
        return 0
    layout = _layout(now)
    print(for_terminal(incident.incident.resource_id))
    print(id_of(incident.incident), end="\n\n")
    print("\n".join(incident_lines(layout, incident)))
    lines = clock_lines(view) if view else breach_lines(dates) if dates else ()
    if lines:
        print()
        _print_clock(list(lines), layout)
    return 0


def _stored(store: Store, incident: Incident, now: datetime) -> StoredIncident:
    return StoredIncident(incident, deliveries_of(store, incident, now))


def _layout(now: datetime) -> Layout:
    return Layout(now, paint_for(sys.stdout, os.environ), min(terminal_width(), _WIDEST))


def _print_not_understood(row_keys: Sequence[str]) -> None:
    if not row_keys:
        return
    many = "1 record that another version of the monitor wrote is"
    if len(row_keys) > 1:
        many = f"{len(row_keys)} records that another version of the monitor wrote are"
    text = f"{many} not shown; `phidrift incidents list --json` names the rows"
    print(f"phidrift incidents: {text}", file=sys.stderr)


def _refused(why: str) -> int:
    print(f"phidrift incidents: {printable(why, 2 * _SHOWN)}", file=sys.stderr)
    return _FAILED
