"""``python -m bench``: measure, and print medians, 95th percentiles and maxima. Nothing is asserted."""

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from bench import micro
from bench.control_reads import ControlReads, control_reads
from bench.evidence_cost import Cost, evidence_cost
from bench.figures import figures, print_table
from bench.judging import JudgingFigures, judging
from bench.latency import FULL, QUICK, Effort, Samples, latencies
from bench.scene import ANSWER_SECONDS
from bench.storm import STORM, STORM_QUICK, EventReads, StormFigures, reads_of_an_event, storm
from bench.sweeps import FEW, SIZES, SweepFigures, sweeps

_HEAD: Final = ("", "samples", "median", "p95", "max")
_SWEEP_HEAD: Final = ("resources", "reads", "failures", "took", "peak before", "peak")
_CONTROL_HEAD: Final = ("control", "documents", "lists", "read twice")
_EVENT_HEAD: Final = ("look", "own", "related", "lists")
_STORM_HEAD: Final = (
    *("accounts", "own", "related", "lists", "429", "unknown at once", "MONITOR-BLIND", "took"),
)
_JUDGING_HEAD: Final = (
    *("resources", "number", "results", "failures", "related", "parsed", "evaluated"),
    *("÷ own body", "÷ all read"),
)
_COST_HEAD: Final = ("", "pairs", "evidence on", "off", "on ÷ off")
_TARGET: Final = "The aim: after a minute idle a median below 1 s and a 95th percentile below 3 s."


def main(arguments: list[str]) -> int:
    """Measure and print."""
    options = _options(arguments)
    if options.reads:
        _print_control_reads(control_reads())
        return 0
    if options.judging:
        _print_judging(judging(2 if options.quick else 7))
        return 0
    if options.evidence:
        _print_cost(evidence_cost(5, 10.0, _report))
        return 0
    event = reads_of_an_event()
    stormy = storm(STORM_QUICK if options.quick else STORM, _report)
    if options.storm:
        _print_reads(event, stormy)
        return 0
    effort = QUICK if options.quick else FULL
    cost = evidence_cost(1 if options.quick else 5, effort.idle_seconds, _report)
    latency = latencies(effort, _report)
    _report("single steps")
    steps = _steps(5 if options.quick else 50)
    _report("evaluations beside the parsing of JSON")
    judged = judging(2 if options.quick else 7)
    swept = sweeps(FEW if options.quick else SIZES, _report)
    latency |= _beside(swept)
    if options.json:
        counted = {"event": [asdict(each) for each in event], "storm": asdict(stormy)}
        counted |= {"judging": [_judging(each) for each in judged]}
        counted |= {"evidence": [asdict(each) for each in cost]}
        measured = {"sweeps": [_sweep(each) for each in swept], **counted}
        print(json.dumps(_data(latency, steps, effort) | measured))
    else:
        _print(latency, steps, effort)
        _print_cost(cost)
        _print_judging(judged)
        rows = [_sweep_row(each) for each in swept]
        print_table("Sweeps, with alerts meanwhile", _SWEEP_HEAD, rows)
        _print_reads(event, stormy)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few samples and short idle times: a smoke run"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, no tables")
    parser.add_argument(
        "--judging", action="store_true", help="only the evaluation beside the parsing of JSON"
    )
    parser.add_argument(
        "--reads", action="store_true", help="only what one evaluation by each control reads"
    )
    parser.add_argument(
        "--storm", action="store_true", help="only the reads of one event, and of 1,000 at once"
    )
    parser.add_argument(
        "--evidence", action="store_true", help="only alerts with the evidence log and without it"
    )
    return parser.parse_args(arguments)


def _print_cost(cost: Sequence[Cost]) -> None:
    rows = [
        (
            *(each.what, str(each.runs)),
            *(f"{seconds:.2f} s" for seconds in (each.on, each.off)),
            f"{each.ratio:.2f}",
        )
        for each in cost
    ]
    print_table(
        "Event received → alert posted to every channel, by the evidence log", _COST_HEAD, rows
    )


def _print_control_reads(reads: Sequence[ControlReads]) -> None:
    rows = [
        (each.control, *map(str, (each.documents, each.lists, len(each.twice)))) for each in reads
    ]
    print_table("Reads of one evaluation by each control", _CONTROL_HEAD, rows)


def _print_reads(event: Sequence[EventReads], stormy: StormFigures) -> None:
    rows = [(each.look, *map(str, (each.own, each.related, each.lists))) for each in event]
    print_table("Reads of one event: an idle account, nothing new", _EVENT_HEAD, rows)
    counts = (stormy.accounts, stormy.own, stormy.related, stormy.lists, stormy.refused)
    row = (*map(str, (*counts, stormy.unknown, stormy.blind)), f"{stormy.minutes:.0f} min")
    print_table("A storm of idle accounts, until nothing is owed", _STORM_HEAD, [row])


def _report(what: str) -> None:
    print(f"measuring: {what}", file=sys.stderr, flush=True)


def _steps(rounds: int) -> dict[str, list[float]]:
    """Return the seconds of single steps; for an evaluation only the mean."""
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


def _beside(swept: Sequence[SweepFigures]) -> Samples:
    """Return the latencies of alerts just before each sweep and during it."""
    found = {}
    for each in swept:
        found[f"before a sweep of {each.seen}"] = each.alone
        found[f"during a sweep of {each.seen}"] = each.meanwhile
    return {name: samples for name, samples in found.items() if samples}


def _print_judging(judged: Sequence[JudgingFigures]) -> None:
    rows = [_judging_row(each) for each in judged]
    print_table("Evaluation by all controls, beside json.loads", _JUDGING_HEAD, rows)


def _judging(judged: JudgingFigures) -> dict[str, Any]:
    return asdict(judged) | {"toOwn": judged.to_own, "toRead": judged.to_read}


def _judging_row(judged: JudgingFigures) -> tuple[str, ...]:
    """Return the counts of a type, and per resource the related documents and the microseconds."""
    counts = map(str, (judged.resources, judged.results, judged.failures))
    times = (judged.read_seconds, judged.judge_seconds)
    return (
        *(judged.kind, *counts, f"{judged.documents / judged.resources:.1f}"),
        *(f"{each * 1e6:.0f} µs" for each in times),
        *(f"{each:.1f} ×" for each in (judged.to_own, judged.to_read)),
    )


def _sweep(swept: SweepFigures) -> dict[str, Any]:
    return {
        "seen": swept.seen,
        "reads": swept.reads,
        "failures": swept.found,
        "seconds": swept.seconds,
        "peakBytesBefore": swept.peak_before,
        "peakBytes": swept.peak,
    }


def _sweep_row(swept: SweepFigures) -> tuple[str, ...]:
    before, peak = (f"{each / 1024**2:.0f} MiB" for each in (swept.peak_before, swept.peak))
    counts = (str(each) for each in (swept.seen, swept.reads, swept.found))
    return *counts, f"{swept.seconds:.0f} s", before, peak


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
