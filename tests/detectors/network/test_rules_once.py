"""How often the rules of a security group are read in one evaluation."""

from collections.abc import Iterator
from typing import Any

from detectors import examples
from detectors.network import admin_ports
from drift.config.model import Config
from drift.controls.engine import evaluate_controls
from drift.model import Outcome, Resource


class CountedRules(list[Any]):
    """A list of rules that counts how often it is gone through."""

    passes = 0

    def __iter__(self) -> Iterator[Any]:
        self.passes += 1
        return super().__iter__()


def test_both_sides_of_a_group_read_its_rules_once() -> None:
    example = next(each for each in examples.load(admin_ports) if each.outcome is Outcome.PASS)
    rules = CountedRules(example.resource.body["properties"]["securityRules"])
    body = {
        **example.resource.body,
        "properties": {**example.resource.body["properties"], "securityRules": rules},
    }
    group = Resource(example.resource.id, example.resource.type, body)
    estate = example.estate()

    for _ in range(2):
        evaluate_controls(
            (admin_ports,),
            group,
            estate,
            scoping=example.scoping(group, estate),
            config=Config(baseline=example.baseline),
        )

    assert rules.passes == 1
