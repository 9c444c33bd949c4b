"""Every type that a control watches can be read."""

import re

import pytest

from adapters.arm.api_versions import API_VERSIONS, UnknownType, api_version_of
from detectors import DETECTORS
from drift import ids
from drift.arm import graph
from drift.self_monitoring import own_configuration


@pytest.mark.parametrize("resource_type", API_VERSIONS)
def test_a_type_is_lower_case_and_its_version_a_date(resource_type: str) -> None:
    assert resource_type == resource_type.lower()
    assert re.fullmatch(r"20\d\d-\d\d-\d\d(-preview)?", api_version_of(resource_type))


def test_every_type_a_control_watches_has_a_version() -> None:
    kinds = (each for detector in DETECTORS for each in detector.CONTROL.watches)
    watched = {each for each in kinds if not graph.is_graph(f"/providers/{each}/x")}

    never_read = {ids.POLICY_STATES, own_configuration.SETTINGS}
    assert watched - never_read <= set(API_VERSIONS)


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(UnknownType, match=r"for microsoft\.x/y"):
        api_version_of("microsoft.x/y")
