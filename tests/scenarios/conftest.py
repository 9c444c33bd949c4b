"""Fixtures of these tests."""

from tests.support.clinic_fixtures import clinic, known
from tests.support.log_lines import log

__all__ = ["clinic", "known", "log"]
