"""``python -m sandbox``: serve the clinic's Azure on loopback, for manual tests."""

import argparse
import json
import sys
from urllib.parse import urlsplit

from sandbox.arm.replicas import Lag
from sandbox.clinic.estate import SUBSCRIPTION, clinic
from sandbox.core.people import ENGINEER
from sandbox.eventgrid.event_grid import DeliveryBehaviour
from sandbox.received_line import follow
from sandbox.stopping import Stop
from sandbox.world import Sandbox


def main(arguments: list[str]) -> int:
    """Start the sandbox, print the settings for the environment, and serve until a signal.

    Each message that a channel accepts is a line on standard error.
    """
    options = _parser().parse_args(arguments)
    stop = Stop()
    stop.install()
    lag = Lag(options.lag) if options.lag else None
    delay = (options.log_delay, options.log_delay)
    with Sandbox(
        seed=options.seed, lag=lag, behaviour=DeliveryBehaviour(), log_delay=delay
    ) as sandbox:
        sandbox.place(*clinic())
        if options.deliver_to:
            sandbox.events.subscribe(options.deliver_to, cloud_events=options.cloud_events)
        follow(sandbox, _say)
        _show(sandbox, options)
        stop.wait(sandbox.folder)
    return 0


def _say(line: str) -> None:
    """Print a line in one piece: several channels accept messages at once."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument(
        "--deliver-to", type=_url, metavar="URL", help="webhook that gets the events"
    )
    parser.add_argument("--cloud-events", action="store_true", help="deliver CloudEvents 1.0")
    parser.add_argument(
        "--every-channel", action="store_true", help="also Sentinel, the topic and the webhook"
    )
    parser.add_argument("--json", action="store_true", help="print JSON lines, not export lines")
    parser.add_argument("--seed", type=int, default=0, help="seed of all that is left to chance")
    parser.add_argument("--lag", type=float, default=2.0, help="seconds a replica may be behind")
    parser.add_argument("--log-delay", type=float, default=180.0, help="seconds until a log has it")
    return parser


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is not an http or https URL")
    return text


def _show(sandbox: Sandbox, options: argparse.Namespace) -> None:
    settings = {
        **sandbox.environment(every_channel=options.every_channel),
        "SANDBOX_TOKEN": sandbox.token(ENGINEER),
        "SANDBOX_SUBSCRIPTION": SUBSCRIPTION,
    }
    for name, value in settings.items():
        print(json.dumps({name: value}) if options.json else f"export {name}='{value}'")
    sys.stdout.flush()
