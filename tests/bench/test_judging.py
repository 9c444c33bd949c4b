"""The evaluations that are measured beside the parsing of their JSON."""

from bench.judged_estate import COUNTS
from bench.judging import judging

FEW = dict.fromkeys(COUNTS, 1)


def test_two_thousand_resources_are_measured() -> None:
    assert sum(COUNTS.values()) == 2_000


def test_related_documents_are_read_for_every_type_once_a_resource_fails() -> None:
    found = {each.kind for each in judging(1, FEW) if each.documents}

    assert found == {*COUNTS}


def test_the_drifted_resource_of_each_type_fails_and_nothing_is_unknown() -> None:
    found = judging(1, FEW)

    assert [each.failures for each in found] == [1] * len(FEW)
    assert not any(each.unknown for each in found)
