"""``phidrift incidents``: the incidents that the state holds, open and ended, and one of them whole."""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import bootstrap
from cli.explain import chosen, missing_file
from cli.explanation.data import incident_data
from cli.explanation.deliveries import deliveries_of
from cli.explanation.incident_text import incident_lines
from cli.explanation.layout import Layout, for_terminal
from cli.explanation.stored import StoredIncident
from cli.incident_list.breach_dates import breach_data, breach_dates, breach_lines
from cli.incident_list.found import LEAST_OF_ID, id_of, incidents_of
from cli.incident_list.table import table_lines
from cli.output import colours
from cli.output.colours import paint_for
from cli.output.width import terminal_width
from drift.config.model import Config
from drift.errors import BadSettings, NotUnderstood, StoreUnavailable
from drift.ports import Store
from drift.state.incident_record import Incident
from drift.untrusted_json import printable

_FAILED: Final = 1
_WIDEST: Final = 110
_SHOWN: Final = 500
_MOST_ENDED: Final = 20
_ID: Final = re.compile(rf"[0-9a-f]{{{LEAST_OF_ID},64}}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = (
        "Settings are read as serve reads them; no channel is needed. The state is only read, also "
        "while serve runs. Exit code: 0 printed; 1 there is no such incident, or the state, or a "
        "part of it, cannot be read; 2 wrong usage or a wrong setting."
    )
    parser.add_argument(
        "action",
        metavar="ACTION",
        choices=("list", "show"),
        help="list: the open incidents and the newest ended ones; show: one of them whole",
    )
    parser.add_argument(
        "id",
        nargs="?",
        default="",
        metavar="ID",
        help=f"for show: its id, or at least the first {LEAST_OF_ID} characters of it",
    )
    parser.add_argument("--all", action="store_true", help="for list: every ended incident too")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """List the incidents or show one; 1 where it is not found, or something cannot be read."""
    wanted = _wanted(args)
    settings, config = chosen(Path.cwd(), os.environ)
    if missing := missing_file(settings):
        return _refused(missing)
    try:
        with closing(bootstrap.state_to_read(settings)) as store:
            if wanted:
                return _show(store, wanted, config, as_json=args.json)
            return _list(store, every=args.all, as_json=args.json)
    except NotUnderstood as error:
        return _refused(f"another version of the monitor wrote this record: {error}")
    except StoreUnavailable as error:
        return _refused(f"the state cannot be read: {error}")


def _wanted(args: argparse.Namespace) -> str:
    """Return the beginning of the id to show, "" for a list; raise BadSettings for other words."""
    text = str(args.id)
    if args.action == "list":
        if text:
            raise BadSettings((f"`phidrift incidents list` takes no {printable(text, _SHOWN)}",))
        return ""
    begins = text.strip().lower()
    if not _ID.fullmatch(begins):
        named = printable(text, _SHOWN) or "an empty text"
        hint = f"give {LEAST_OF_ID} to 64 hexadecimal digits; `phidrift incidents list` prints them"
        raise BadSettings((f"{named} is not the id of an incident: {hint}",))
    return begins


def _list(store: Store, *, every: bool, as_json: bool) -> int:
    now, found = datetime.now(UTC), incidents_of(store)
    opened = [each for each in found.incidents if each.closure is None]
    ended = [each for each in found.incidents if each.closure is not None]
    shown = ended if every else ended[:_MOST_ENDED]
    stored = [_stored(store, each, now) for each in (*opened, *shown)]
    more = len(ended) - len(shown)
    if as_json:
        data = {
            "incidents": [incident_data(each) for each in stored],
            "moreEndedIncidents": more,
            "notUnderstood": list(found.not_understood),
        }
        print(json.dumps(data, indent=2))
    else:
        _print_table(stored, more, _layout(now))
        _print_not_understood(found.not_understood)
    return _FAILED if found.not_understood else 0


def _print_table(stored: Sequence[StoredIncident], more: int, layout: Layout) -> None:
    for line in table_lines(stored, layout):
        print(line)
    opened = sum(each.is_open for each in stored)
    print(f"{opened} open, {len(stored) - opened + more} ended incidents")
    if more:
        print(f"{more} older ended ones are not shown: add --all")


def _show(store: Store, begins: str, config: Config, *, as_json: bool) -> int:
    now, found = datetime.now(UTC), incidents_of(store, begins)
    _print_not_understood(found.not_understood)
    if len(found.incidents) != 1:
        several = ", ".join(id_of(each) for each in found.incidents[:10])
        return _refused(
            f"several incidents begin with {begins}: {several}"
            if several
            else f"no incident begins with {begins}: `phidrift incidents list --all` lists them"
        )
    incident = _stored(store, found.incidents[0], now)
    dates = breach_dates(incident.incident, config.breach)
    if as_json:
        breach = breach_data(dates) if dates else None
        print(json.dumps({**incident_data(incident), "ifBreach": breach}, indent=2))
        return 0
    layout = _layout(now)
    print(for_terminal(incident.incident.resource_id))
    print(id_of(incident.incident), end="\n\n")
    print("\n".join(incident_lines(layout, incident)))
    if dates:
        print(f"\n{layout.paint('BREACH CLOCK', colours.BOLD)}")
        for text in breach_lines(dates):
            print("\n".join(layout.wrapped(text, 2)))
    return 0


def _stored(store: Store, incident: Incident, now: datetime) -> StoredIncident:
    return StoredIncident(incident, deliveries_of(store, incident, now))


def _layout(now: datetime) -> Layout:
    return Layout(now, paint_for(sys.stdout, os.environ), min(terminal_width(), _WIDEST))


def _print_not_understood(row_keys: Sequence[str]) -> None:
    for each in row_keys:
        text = f"{printable(each, _SHOWN)} was written by another version and is not shown"
        print(f"phidrift incidents: {text}", file=sys.stderr)


def _refused(why: str) -> int:
    print(f"phidrift incidents: {printable(why, 2 * _SHOWN)}", file=sys.stderr)
    return _FAILED
