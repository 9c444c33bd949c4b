"""The rules for every detector: its examples, and its verdict if a property is missing."""

import ast
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
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
from drift.model import Outcome
from tests.detectors.judging import (
    each_control,
    examples_of,
    failures_of,
    is_needed,
    judged_in,
    judgement_of,
    verdict_of,
)
from tests.detectors.variants import (
    Watched,
    each_variant,
    with_each_value_spoilt,
    without_each_property,
)
from tests.support.extent import part

SPOILT_ONE_IN = 8
"""In ``make test`` each example has one in so many of its values spoilt, and each example others."""

REMOVED_ONE_IN = 3
"""In ``make test`` each failure lacks one in so many of its properties in turn, and each others."""

NOT_CONFIGURED = {
    "properties.conditions.locations",
    "properties.conditions.platforms",
    "properties.conditions.signInRiskLevels",
    "properties.conditions.applications.excludeApplications",
    "properties.conditions.users.excludeGuestsOrExternalUsers",
    "properties.conditions.users.excludeGroups",
    "properties.conditions.users.excludeRoles",
    "properties.conditions.users.excludeUsers",
}
"""Conditions and exclusions of a policy that are not configured where Graph does not show them."""

_TRANSFORMED = "properties.defaultDataCollectionRuleResourceId"

ABSENT_MAY_PASS = {
    # A list of rules that is not shown is an empty list: it allows nobody.
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
    # Without a filter everything is recorded, and without a policy it is kept.
    "FLOW-LOGS": {
        "properties.enabledFilteringCriteria",
        "properties.recordTypes",
        "properties.retentionPolicy",
        "properties.retentionPolicy.enabled",
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
    "SQL-AUDITING": {"properties.predicateExpression", _TRANSFORMED},
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
    "COSMOS-LOGGING": {"kind", "properties.capabilities", _TRANSFORMED},
    # A workspace without a rule of its own stores what it gets.
    "STORAGE-LOGGING": {_TRANSFORMED},
    "KEYVAULT-LOGGING": {_TRANSFORMED},
    "FHIR-LOGGING": {_TRANSFORMED},
    "ACTIVITY-LOG-EXPORT": {_TRANSFORMED},
    "WORKSPACE-AUDIT": {_TRANSFORMED},
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
    # A condition or an exclusion that Graph does not show is not configured.
    "CA-ADMIN-MFA": NOT_CONFIGURED,
    "CA-PHI-APPS-MFA": NOT_CONFIGURED,
    # A series without principals is for everybody; without a default decision silence changes nothing.
    "ACCESS-REVIEW": {"properties.scope.principalScopes", "properties.settings.defaultDecision"},
    # An account that was never synchronized from on premises does not show that.
    "BREAK-GLASS": {"properties.onPremisesSyncEnabled"},
    # Without a filter every event is delivered, and without an end for ever; the retries are at most.
    "MONITOR-SELF": {
        *("properties.filter", "properties.filter.advancedFilters"),
        *("properties.filter.subjectBeginsWith", "properties.filter.subjectEndsWith"),
        *("properties.filter.includedEventTypes", "properties.expirationTimeUtc"),
        *("properties.retryPolicy", "properties.retryPolicy.maxDeliveryAttempts"),
        "properties.retryPolicy.eventTimeToLiveInMinutes",
        # A topic without an identity cannot write dead letters, so that none are expected.
        *("identity", "identity.type"),
    },
    "VM-HOST-ENCRYPTION": {"properties.storageProfile.dataDisks"},
    "VM-UNMANAGED-DISK": {"properties.storageProfile.dataDisks"},
}
"""Properties whose absence counts as compliant, by their documented meaning."""


@each_control
def test_an_example_has_the_outcome_it_names(detector: Detector) -> None:
    wrong = {str(each): _said(each) for each in examples_of(detector) if not _is_as_named(each)}

    assert wrong == {}


@each_control
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


@each_control
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


@each_control
def test_a_control_says_why_by_what_rule_and_how_to_repair_it(detector: Detector) -> None:
    control = detector.CONTROL

    assert control.hipaa
    assert control.why.endswith(".")
    assert control.fix
    assert control.otherwise.rank <= control.severity.rank
    assert all(kind == kind.lower() for kind in control.watches)
    assert set(control.also_judges) <= control.watches.keys()


@each_control
def test_nothing_passes_on_what_was_refused(detector: Detector) -> None:
    passed = [
        f"{each}: without {asked}"
        for each in examples_of(detector)
        for number, asked in enumerate(_asked(each))
        if is_needed(detector.CONTROL.id, asked) and _is_pass_without(each, number)
    ]

    assert passed == []


@each_control
def test_a_failure_does_not_pass_for_want_of_a_property(detector: Detector) -> None:
    passed = {
        path: str(example)
        for example in failures_of(detector)
        for name, path, rest in part(
            each_variant(example, without_each_property), one_in=REMOVED_ONE_IN, of=str(example)
        )
        if path != "id" and _passes(example, {**example.documents, name: rest})
    }
    known = ABSENT_MAY_PASS.get(detector.CONTROL.id, set())

    assert {path: each for path, each in passed.items() if path not in known} == {}


@each_control
def test_no_value_of_a_strange_type_makes_a_control_raise_or_pass(detector: Detector) -> None:
    wrong = [
        f"{example}: {path}"
        for example in examples_of(detector)
        for name, path, spoilt in part(
            each_variant(example, with_each_value_spoilt), one_in=SPOILT_ONE_IN, of=str(example)
        )
        if not path.startswith("id = ") and _misleads(example, {**example.documents, name: spoilt})
    ]

    assert wrong == []


@each_control
def test_a_detector_changes_nothing_it_is_given(detector: Detector) -> None:
    changed = []
    for each in examples_of(detector):
        before = deepcopy(each.documents)
        verdict_of(each, each.resource, each.estate())
        changed += [] if each.documents == before else [str(each)]

    assert changed == []


@each_control
def test_what_a_verdict_rests_on_is_watched(detector: Detector) -> None:
    watches = detector.CONTROL.watches
    watched = {path.lower() for paths in watches.values() for path in paths}
    for example in examples_of(detector):
        estate = Watched(example.estate())
        verdict = verdict_of(example, example.resource, estate)
        shown = {each.path.rpartition("#")[2].lower() for each in verdict.evidence}

        assert {ids.type_of(each) for each in estate.asked} <= watches.keys(), str(example)
        assert [path for path in shown if not _is_near(path, watched)] == [], str(example)


def _said(example: Example) -> str:
    result = judgement_of(example, example.resource, example.estate())
    return f"{result.verdict.outcome}, severity {result.severity}: {result.verdict.reason}"


def _is_as_named(example: Example) -> bool:
    result = judgement_of(example, example.resource, example.estate())
    found, reason = (result.verdict.outcome, result.severity), result.verdict.reason
    named = (example.outcome, example.severity)
    return found == named and all(words in reason for words in example.says)


def _asked(example: Example) -> list[str]:
    """Return what a control asks of its estate, in this order."""
    whole = Watched(example.estate())
    verdict_of(example, example.resource, whole)
    return whole.asked


def _is_pass_without(example: Example, refused: int) -> bool:
    """Tell whether an example passes though the question of this number was refused."""
    estate = Watched(example.estate(), refused)
    return verdict_of(example, example.resource, estate).outcome is Outcome.PASS


def _passes(example: Example, documents: Mapping[str, Any]) -> bool:
    return judged_in(example, documents).outcome is Outcome.PASS


def _misleads(example: Example, documents: Mapping[str, Any]) -> bool:
    verdict = judged_in(example, documents)
    passes = verdict.outcome is Outcome.PASS and example.outcome is not Outcome.PASS
    return passes or "The control itself failed" in verdict.reason


def _is_near(path: str, watched: set[str]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in watched)
