"""``python -m bench``: measure, and print medians, 95th percentiles and maxima. Nothing is asserted."""

import argparse
import json
import platform
import sys
from dataclasses import asdict
from typing import Any, Final

from bench import micro
from bench.figures import figures, print_table
from bench.latency import HONEST, QUICK, Effort, Samples, latencies
from bench.scene import ANSWER_SECONDS

_HEAD: Final = ("", "samples", "median", "p95", "max")
_TARGET: Final = "The aim: after a minute idle a median below 1 s and a 95th percentile below 3 s."


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few samples, hardly idle: a smoke run"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, no tables")
    options = parser.parse_args(arguments)
    effort = QUICK if options.quick else HONEST
    latency = latencies(effort, _tell)
    _tell("single steps")
    steps = _steps(5 if options.quick else 50)
    if options.json:
        print(json.dumps(_data(latency, steps, effort)))
    else:
        _print(latency, steps, effort)
    return 0


def _tell(what: str) -> None:
    print(f"measuring: {what}", file=sys.stderr, flush=True)


def _steps(rounds: int) -> dict[str, list[float]]:
    """Return the seconds of single steps; of a judgement the mean alone."""
    judged = {f"judge {name}": [each] for name, each in micro.evaluations(rounds).items()}
    return {
        **judged,
        "store commit, 8 rows": micro.commits(rounds * 4),
        "import of function_app, cold": micro.imports(max(2, rounds // 5)),
    }


def _data(latency: Samples, steps: dict[str, list[float]], effort: Effort) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "answerSeconds": ANSWER_SECONDS,
        "effort": asdict(effort),
        "latencySeconds": {
            name: {
                "firstChannel": asdict(figures([each.first for each in samples])),
                "everyChannel": asdict(figures([each.last for each in samples])),
            }
            for name, samples in latency.items()
        },
        "stepSeconds": {name: asdict(figures(samples)) for name, samples in steps.items()},
    }


def _print(latency: Samples, steps: dict[str, list[float]], effort: Effort) -> None:
    print(
        f"Python {platform.python_version()}; every service answers after "
        f"{ANSWER_SECONDS * 1000:g} ms; idle is {effort.idle_seconds:g} s."
    )
    for title, last in (("the first channel", False), ("every channel", True)):
        rows = [
            (name, *_row([each.last if last else each.first for each in samples], 1.0, "s"))
            for name, samples in latency.items()
        ]
        print_table(f"Event received → alert posted to {title}", _HEAD, rows)
    print(f"  {_TARGET}")
    rows = [(name, *_row(samples, *_unit(samples))) for name, samples in steps.items()]
    print_table("Single steps (judgements: the mean over a control's examples)", _HEAD, rows)


def _unit(samples: list[float]) -> tuple[float, str]:
    return (1e6, "µs") if max(samples) < 1e-3 else (1e3, "ms")


def _row(samples: list[float], scale: float, unit: str) -> tuple[str, ...]:
    found = figures(samples)
    shown = (found.median, found.p95, found.maximum)
    return (
        str(found.count),
        *(f"{each * scale:.{2 if unit == 's' else 1}f} {unit}" for each in shown),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
