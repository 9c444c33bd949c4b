"""A clinic under watch, for what reads the lines that the monitor writes."""

from tests.support.clinic_fixtures import clinic

__all__ = ["clinic"]
