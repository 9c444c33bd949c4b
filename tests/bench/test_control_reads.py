"""The table of what each control reads."""

from bench.control_reads import control_reads
from detectors import DETECTORS


def test_no_control_reads_a_document_or_a_list_twice_in_one_evaluation() -> None:
    reads = control_reads()

    assert [each.control for each in reads] == [each.CONTROL.id for each in DETECTORS]
    assert [each for each in reads if each.twice] == []
    assert sum(each.documents for each in reads) > 0
