"""The actions of ``phidrift incidents`` that take a step in a breach clock, each with its options."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from cli.command_line.parsers import CommandAction, CommandParser
from cli.incident_list.found import LEAST_OF_ID
from drift.breach.clock import Basis, Factor, Knower, Stage
from drift.breach.deadlines import Recipient
from drift.breach_clock.record import Action

_OUTCOMES: Final = (Stage.LOW_PROBABILITY, Stage.BREACH, Stage.NOTIFIED)

Declare = Callable[[CommandParser], None]


def add_json(parser: CommandParser) -> None:
    """Declare ``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_incident(parser: CommandParser) -> None:
    """Declare the id of an incident."""
    parser.add_argument(
        "id", metavar="ID", help=f"its id, or at least the first {LEAST_OF_ID} characters of it"
    )


def _discover(parser: CommandParser) -> None:
    parser.add_argument("--basis", choices=_words(Basis), required=True, help="how access is known")
    parser.add_argument(
        "--known-at", metavar="TIME", help="when somebody knew before the first alert"
    )
    parser.add_argument(
        "--known-by", choices=_words(Knower), help="who knew then (default: workforce)"
    )


def _assess(parser: CommandParser) -> None:
    parser.add_argument("--factor", choices=_words(Factor), required=True, help="which factor")
    parser.add_argument("--evidence", metavar="REFERENCE", action="append", help="may be repeated")


def _count(parser: CommandParser) -> None:
    parser.add_argument("--total", metavar="N", help="individuals in total")
    parser.add_argument(
        "--residents",
        metavar="STATE=N",
        action="append",
        help="individuals of a State, such as CA=12; may be repeated",
    )


def _delay(parser: CommandParser) -> None:
    parser.add_argument("--official", metavar="NAME", required=True, help="of law enforcement")
    parser.add_argument(
        "--stated-on", metavar="DATE", required=True, help="the day of the statement"
    )
    parser.add_argument("--written", action="store_true", help="the statement is written, not oral")
    parser.add_argument("--until", metavar="DATE", help="the end that the statement names")


def _decide(parser: CommandParser) -> None:
    parser.add_argument(
        "--outcome", choices=_words(_OUTCOMES), required=True, help="what is decided"
    )


def _notified(parser: CommandParser) -> None:
    parser.add_argument("--recipient", choices=_words(Recipient), required=True, help="who")
    parser.add_argument("--on", metavar="DATE", required=True, help="the day of the notice")
    parser.add_argument("--state", metavar="STATE", help="one State alone, such as CA")


def _step(
    help_: str, add_options: Declare = lambda _: None, *, reason: str = "why"
) -> CommandAction:
    """Return an action with the arguments of every step, and its own."""

    def add(parser: CommandParser) -> None:
        add_incident(parser)
        parser.add_argument("--by", metavar="NAME", required=True, help="who decides")
        words = f"{reason}. Write no PHI here"
        parser.add_argument("--reason", metavar="TEXT", required=True, help=words)
        add_options(parser)
        add_json(parser)

    return CommandAction(help_, add)


STEP_ACTIONS: Final[Mapping[str, CommandAction]] = {
    Action.SUSPECT.value: _step("record that access to PHI is possible"),
    Action.DISCOVER.value: _step("record that access to PHI is confirmed or presumed", _discover),
    Action.ASSESS.value: _step(
        "record one factor of the risk assessment", _assess, reason="what was found"
    ),
    Action.COUNT.value: _step("record how many individuals are affected", _count),
    Action.DELAY.value: _step("record a statement of law enforcement that delays notices", _delay),
    Action.DECIDE.value: _step("record the decision on a breach", _decide),
    Action.NOTIFIED.value: _step("record a notice that was made", _notified),
}


def _words(kind: Any) -> tuple[str, ...]:
    return tuple(each.value.replace("_", "-") for each in kind)
