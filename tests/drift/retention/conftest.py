"""Fixtures of these tests."""

from tests.support.clinic_fixtures import clinic, known

__all__ = ["clinic", "known"]
