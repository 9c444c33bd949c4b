"""What every detector must satisfy, whatever it judges: its examples, and what may be missing."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import detectors
from detectors import DETECTORS, examples
from detectors.examples import Example
from drift import ids
from drift.controls.retired import RETIRED
from drift.detector import Detector
from drift.errors import Unreadable
from drift.estate import Around, Baseline
from drift.model import Outcome, Resource
from tests.detectors.judging import EXAMPLES, FAILURES, judged_in, judgement_of, verdict_of
from tests.support.extent import part

SPOILT_ONE_IN = 5
"""In ``make test`` each example has one in so many of its values spoilt, and each example others."""

STRANGE: tuple[object, ...] = ("strange", 17, ["strange"], [{}])

ABSENT_MAY_PASS = {
    # A list of rules that is not shown is an empty list: nobody is let in by it.
    "STORAGE-FIREWALL": {
        "properties.networkAcls.ipRules",
        "properties.networkAcls.ipv6Rules",
        "properties.networkAcls.virtualNetworkRules",
        "properties.networkAcls.resourceAccessRules",
        # Absent means Enabled: the account's own firewall counts, which denies.
        "properties.publicNetworkAccess",
        # With public access off, rules that are not shown let in nobody.
        "properties.networkAcls",
    },
    # A key without an expiry does not expire; a service that is not shown counts if it is used.
    "STORAGE-CMK": {
        "properties.encryption.keyvaultproperties.currentVersionedKeyExpirationTimestamp",
        "properties.encryption.services",
        "properties.encryption.services.queue",
        "properties.encryption.services.table",
    },
    # ARM leaves out what a group, a subnet, an interface or a network has none of.
    "NSG-ADMIN-PORTS": {
        "properties.subnets",
        "properties.ipConfigurations",
        "properties.virtualMachine",
        "properties.virtualNetworkPeerings",
        # What no rule matches is denied, also where the default rules are not shown.
        "properties.defaultSecurityRules",
    },
    # Switches of a host that are not shown are off.
    "BASTION": {"properties.enableShareableLink"},
    # Both are off unless shown to be on.
    "STORAGE-SHARED-KEY": {"properties.isLocalUserEnabled"},
    "STORAGE-RECOVERY": {"properties.deleteRetentionPolicy.allowPermanentDelete"},
    # As of storage: no list of rules lets in nobody, and no access named leaves it to the firewall.
    "KEYVAULT-NETWORK": {
        "properties.networkAcls.ipRules",
        "properties.networkAcls.virtualNetworkRules",
        "properties.publicNetworkAccess",
    },
    # No vault is without soft delete that does not say so.
    "KEYVAULT-PROTECTION": {"properties.enableSoftDelete"},
    # ARM shows no predicate where there is none.
    "SQL-AUDITING": {"properties.predicateExpression"},
    # No perimeter stands before the server's own rules; an instance has no endpoint unless shown.
    "SQL-PUBLIC-ACCESS": {
        "properties.publicNetworkAccess",
        "properties.publicDataEndpointEnabled",
    },
    # As of storage; a bypass that is not shown is none, and so is its list of resources.
    "COSMOS-NETWORK": {
        "properties.publicNetworkAccess",
        "properties.ipRules",
        "properties.virtualNetworkRules",
        "properties.networkAclBypass",
        "properties.networkAclBypassResourceIds",
    },
    # Origins, identity providers and access policies that are not shown are none.
    "FHIR-NETWORK": {
        "properties.corsConfiguration",
        "properties.corsConfiguration.origins",
        "properties.authenticationConfiguration.smartIdentityProviders",
        "properties.accessPolicies",
    },
    # An account reports an error of its key where there is one.
    "COSMOS-CMK": {"properties.customerManagedKeyStatus"},
    # An account without a kind or capabilities serves SQL alone.
    "COSMOS-LOGGING": {"kind", "properties.capabilities"},
    "DISK-CMK": {
        # A set may not name a vault of another subscription; it shows an error where there is one.
        "properties.activeKey.sourceVault",
        "properties.autoKeyRotationError",
        # A key without an expiry does not expire.
        "properties.attributes.exp",
        # Of two keys of ours one remains, which is alive.
        "properties.securityProfile",
        # An image need not hold data disks, and a machine need not have any.
        "properties.storageProfile.dataDisks",
    },
    # Without a state of its own nothing is known to be under way.
    "DISK-PUBLIC-EXPORT": {"properties.diskState"},
    # An alert rule that does not say whether it is enabled is enabled.
    "ALERT-STORAGE-FIREWALL": {"properties.enabled"},
    "ALERT-ROLE-ASSIGNMENT": {"properties.enabled"},
    # A workspace without a cap or a feature shows neither.
    "WORKSPACE-RETENTION": {
        "properties.features",
        "properties.features.immediatePurgeDataOn30Days",
        "properties.workspaceCapping",
        "properties.workspaceCapping.dailyQuotaGb",
    },
    # An assignment without these is enforced on everything, with the effect that its parameters have.
    "POLICY-ENCRYPTION-INITIATIVE": {
        "properties.enforcementMode",
        "properties.notScopes",
        "properties.overrides",
        "properties.resourceSelectors",
    },
    # An assignment excludes nothing, and does not end, unless it says so.
    "DEFENDER-COMPLIANCE-STANDARD": {
        "properties.notScopes",
        "properties.excludedScopes",
        "properties.expiresOn",
    },
    # By default an exemption must lie in its assignment.
    "POLICY-EXEMPTION": {"properties.assignmentScopeValidation"},
    "VM-HOST-ENCRYPTION": {"properties.storageProfile.dataDisks"},
    "VM-UNMANAGED-DISK": {"properties.storageProfile.dataDisks"},
}
"""Where an absent property is as good as a right one, by the documented meaning of its absence."""


NOT_NEEDED = {
    # What Defender for Cloud shows of a standard adds to an assignment by Azure Policy, and decides nothing.
    "DEFENDER-COMPLIANCE-STANDARD": (
        "microsoft.security/standardassignments",
        "microsoft.security/securitystandards",
        "microsoft.security/regulatorycompliancestandards",
    ),
}
"""Types whose refusal leaves a pass proven."""


class Watched:
    """An estate that notes what it is asked for, and refuses the question of a given number."""

    def __init__(self, estate: Around, refused: int | None = None) -> None:
        self._estate = estate
        self._refused = refused
        self.asked: list[str] = []

    @property
    def baseline(self) -> Baseline:
        return self._estate.baseline

    @property
    def now(self) -> datetime:
        return self._estate.now

    def get(self, resource_id: str) -> Resource | None:
        self._note(resource_id)
        return self._estate.get(resource_id)

    def children(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        self._note(f"{resource_id}/{kind}/each")
        return self._estate.children(resource_id, kind)

    def extensions(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        self._note(f"{resource_id}/providers/{kind}/each")
        return self._estate.extensions(resource_id, kind)

    def _note(self, asked: str) -> None:
        self.asked.append(asked)
        if len(self.asked) - 1 == self._refused:
            raise Unreadable(asked, "HTTP 403")


def without_each_property(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in body.items():
        yield name, {other: each for other, each in body.items() if other != name}
        if isinstance(value, Mapping):
            for path, rest in without_each_property(value):
                yield f"{name}.{path}", {**body, name: rest}


def with_each_value_spoilt(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in body.items():
        for strange in STRANGE:
            yield f"{name} = {strange!r}", {**body, name: strange}
        if isinstance(value, Mapping):
            for path, spoilt in with_each_value_spoilt(value):
                yield f"{name}.{path}", {**body, name: spoilt}


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_has_the_outcome_it_names(example: Example) -> None:
    result = judgement_of(example, example.resource, example.estate())
    verdict = result.verdict

    assert verdict.outcome is example.outcome, verdict.reason
    assert result.severity is example.severity
    assert all(words in verdict.reason for words in example.says), verdict.reason


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda each: each.CONTROL.id)
@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN])
def test_a_control_has_an_example_of_each_outcome(detector: Detector, outcome: Outcome) -> None:
    assert any(each.outcome is outcome for each in examples.load(detector))


def test_control_ids_are_unique() -> None:
    again = [
        name for name, count in Counter(each.CONTROL.id for each in DETECTORS).items() if count > 1
    ]

    assert again == []


def test_a_retired_id_is_never_used_again() -> None:
    assert {each.id for each in RETIRED}.isdisjoint(each.CONTROL.id for each in DETECTORS)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda each: each.CONTROL.id)
def test_a_control_id_names_its_module(detector: Detector) -> None:
    assert isinstance(detector, ModuleType)
    name = detector.__name__.rpartition(".")[2].upper().replace("_", "-")

    service, dash, rest = detector.CONTROL.id.partition("-")
    assert (rest if dash else service) == name


def test_every_module_that_judges_is_listed() -> None:
    judging = {
        path
        for path in Path(detectors.__path__[0]).glob("*/*.py")
        for each in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(each, ast.FunctionDef) and each.name == "evaluate"
    }

    assert {Path(str(getattr(each, "__file__", ""))) for each in DETECTORS} == judging


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda each: each.CONTROL.id)
def test_a_control_says_why_by_what_rule_and_how_to_repair_it(detector: Detector) -> None:
    control = detector.CONTROL

    assert control.hipaa
    assert control.why.endswith(".")
    assert control.fix
    assert control.otherwise.rank <= control.severity.rank
    assert all(kind == kind.lower() for kind in control.watches)
    assert set(control.also_judges) <= control.watches.keys()


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_nothing_passes_on_what_was_refused(example: Example) -> None:
    whole = Watched(example.estate())
    verdict_of(example, example.resource, whole)
    spared = NOT_NEEDED.get(example.detector.CONTROL.id, ())
    refused = [
        verdict_of(example, example.resource, Watched(example.estate(), number)).outcome
        for number, asked in enumerate(whole.asked)
        if ids.type_of(asked) not in spared
    ]

    assert Outcome.PASS not in refused


@pytest.mark.parametrize("example", FAILURES, ids=str)
def test_a_failure_does_not_pass_for_want_of_a_property(example: Example) -> None:
    known = ABSENT_MAY_PASS.get(example.detector.CONTROL.id, set())
    passed = set()
    for name, body in example.documents.items():
        if isinstance(body, int):
            continue
        for path, rest in without_each_property(body):
            documents = {**example.documents, name: rest}
            if path != "id" and _passes(example, documents):
                passed.add(path)

    assert passed <= known


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_no_value_of_a_strange_type_makes_a_control_raise_or_pass(example: Example) -> None:
    spoilt_documents = [
        (name, path, spoilt)
        for name, body in example.documents.items()
        if isinstance(body, dict)
        for path, spoilt in with_each_value_spoilt(body)
    ]
    wrong = {
        path
        for name, path, spoilt in part(spoilt_documents, one_in=SPOILT_ONE_IN, of=str(example))
        if not path.startswith("id = ") and _misleads(example, {**example.documents, name: spoilt})
    }

    assert wrong == set()


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_detector_changes_nothing_it_is_given(example: Example) -> None:
    before = deepcopy(example.documents)
    verdict_of(example, example.resource, example.estate())

    assert example.documents == before


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_what_a_verdict_rests_on_is_watched(example: Example) -> None:
    watches = example.detector.CONTROL.watches
    estate = Watched(example.estate())
    verdict = verdict_of(example, example.resource, estate)
    watched = {path.lower() for paths in watches.values() for path in paths}
    shown = {each.path.rpartition("#")[2].lower() for each in verdict.evidence}

    assert {ids.type_of(each) for each in estate.asked} <= watches.keys()
    assert [path for path in shown if not _is_near(path, watched)] == []


def _passes(example: Example, documents: Mapping[str, Any]) -> bool:
    return judged_in(example, documents).outcome is Outcome.PASS


def _misleads(example: Example, documents: Mapping[str, Any]) -> bool:
    verdict = judged_in(example, documents)
    passes = verdict.outcome is Outcome.PASS and example.outcome is not Outcome.PASS
    return passes or "The control itself failed" in verdict.reason


def _is_near(path: str, watched: set[str]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in watched)
