"""phidrift serve: run function_app.py on this machine, as the Functions host would in Azure."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Final, TypeVar

import bootstrap
from adapters.queues.protocol import QueuesUnavailable
from cli import logs
from drift.errors import BadSettings
from functions_host.functions import index
from functions_host.host import Host, Plan
from functions_host.process.stopping import GRACE_SECONDS, StopRequests
from functions_host.settings import host_json as host_settings
from functions_host.settings import local_settings
from functions_host.settings.queue_location import QueueLocation, queue_location
from functions_host.timers.timers import Timer, timers_of

DEFAULT_PORT: Final = 7071

_REFUSED: Final = 2
_ROOT: Final = Path(__file__).resolve().parent.parent

_NO_FUNCTIONS: Final[tuple[index.Function, ...]] = ()
_NO_TIMERS: Final[tuple[Timer, ...]] = ()

log: Final = logging.getLogger("phidrift.serve")

_T = TypeVar("_T")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help=f"port on 127.0.0.1 (default {DEFAULT_PORT}; 0: any free one)",
    )
    parser.add_argument(
        "--log-format",
        choices=logs.FORMATS,
        default=logs.TEXT,
        help="the log on standard error: one readable line an entry, or one JSON object (default "
        "text)",
    )
    parser.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="also stop at the end of standard input, so that a parent process that dies leaves "
        "no orphan",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until a signal; return 2 if the port or the queues cannot be used; raise BadSettings."""
    stop = StopRequests()
    stop.install()
    if args.until_stdin_closes:
        stop.stop_at_end_of(sys.stdin.fileno())
    logs.write_to(sys.stderr, args.log_format)
    plan = planned(Path.cwd(), os.environ, build_monitor=_build_monitor)
    try:
        host = Host(plan, port=args.port)
    except OSError as error:
        why = error.strerror or type(error).__name__
        return _refused(f"cannot listen on 127.0.0.1:{args.port}: {why}; --port takes another one")
    try:
        host.open()
        stop.make_orderly()
        host.start()
    except QueuesUnavailable as error:
        return _refused(f"cannot use the queues ({error}): {plan.place.remedy}")
    print(f"phidrift ready on {host.url}", flush=True)
    stop.wait()
    log.info("stopping: nothing new is accepted; running functions have %.0f s", GRACE_SECONDS)
    if not host.stop():
        log.warning(
            "stopped: a function did not end in time; its message is repeated at the next start"
        )
        os._exit(0)  # a function that is stuck would keep the process running
    log.info("stopped: every running function has finished")
    bootstrap.monitor().close()
    return 0


def _build_monitor() -> None:
    bootstrap.monitor()
    bootstrap.open_state()
    bootstrap.warm()


def planned(
    folder: Path, env: MutableMapping[str, str], *, build_monitor: Callable[[], object]
) -> Plan:
    """Read all settings of the host; raise one BadSettings naming every problem.

    Adds the values of local.settings.json and the location of the queues to ``env``. The monitor is
    built now, so that a wrong setting or an unusable state is reported before anything is served and
    the first event does not wait.
    """
    app = folder if (folder / index.SCRIPT).is_file() else _ROOT
    local_settings.add_values((folder, app), env)
    env.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")  # as Core Tools sets it
    problems: list[str] = []

    def checked(step: Callable[[], _T], instead: _T) -> _T:
        try:
            return step()
        except BadSettings as error:
            problems.extend(error.problems)
            return instead

    settings = checked(lambda: host_settings.read(app, env), host_settings.HostSettings())
    place = checked(lambda: queue_location(env), QueueLocation(Path()))
    functions = checked(lambda: index.functions(index.load_script(app), env), _NO_FUNCTIONS)
    checked(build_monitor, None)
    # The schedules of the app are settings too: a wrong one is already reported.
    timers = _NO_TIMERS if problems else checked(lambda: timers_of(functions), _NO_TIMERS)
    if problems:
        raise BadSettings(tuple(problems))
    return Plan(functions, timers, settings, place)


def _refused(why: str) -> int:
    print(f"phidrift: {why}", file=sys.stderr)
    return _REFUSED


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)
