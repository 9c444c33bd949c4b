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
from detectors.examples import NOW, Example
from drift import ids
from drift.config import Config
from drift.detector import Detector
from drift.documents import DocumentEstate
from drift.errors import Unreadable
from drift.estate import Around, Baseline
from drift.fix_commands import apply, command
from drift.judge import Judgement, judge
from drift.model import Outcome, Resource, Verdict

EXAMPLES = [example for detector in DETECTORS for example in examples.load(detector)]
FAILURES = [each for each in EXAMPLES if each.outcome is Outcome.FAIL]
STRANGE: tuple[object, ...] = ("strange", 17, ["strange"], [{}])

ABSENT_MAY_PASS = {
    # A list of rules that is not shown is an empty list: nobody is let in by it.
    "STORAGE-FIREWALL": {
        "properties.networkAcls.ipRules",
        "properties.networkAcls.ipv6Rules",
        "properties.networkAcls.virtualNetworkRules",
        "properties.networkAcls.resourceAccessRules",
        # Absent means Enabled: no perimeter stands before the account's own firewall, which denies.
        "properties.publicNetworkAccess",
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
    # No perimeter stands before the server's own rules; an instance has no endpoint unless shown.
    "SQL-PUBLIC-ACCESS": {
        "properties.publicNetworkAccess",
        "properties.publicDataEndpointEnabled",
    },
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
    "VM-HOST-ENCRYPTION": {"properties.storageProfile.dataDisks"},
    "VM-UNMANAGED-DISK": {"properties.storageProfile.dataDisks"},
}
"""Where an absent property is as good as a right one, by the documented meaning of its absence."""

NOT_REPAIRED_IN_PLACE = {
    # A person must choose the vault and the key, the disk encryption set or the workspace; the
    # command has a placeholder.
    "STORAGE-CMK-fail-Microsoft's key",
    "STORAGE-CMK-fail-no key source is shown, which means Microsoft's key",
    "STORAGE-CMK-fail-no encryption is shown",
    "DISK-CMK-fail-Microsoft's key",
    "DISK-CMK-fail-no encryption is shown, which means Microsoft's key",
    "DISK-CMK-fail-no type of encryption is shown, which means Microsoft's key",
    "DISK-CMK-fail-attached to nothing, with Microsoft's key",
    "DISK-CMK-fail-shared by two machines, with Microsoft's key",
    "DISK-CMK-fail-being uploaded, with Microsoft's key",
    "DISK-CMK-fail-trusted launch proves nothing of the key",
    "DISK-CMK-fail-a confidential machine of which the guest state alone is encrypted",
    "DISK-CMK-fail-a copied snapshot that took Microsoft's key",
    "STORAGE-LOGGING-fail-into a workspace that is gone, where any will do",
    "STORAGE-LOGGING-fail-no setting, and no workspace is named",
    "KEYVAULT-LOGGING-fail-no setting, and no workspace is named",
    "SQL-AUDITING-fail-off, as a new server has it, and no workspace is named",
    "SQL-AUDITING-fail-into a workspace that is gone",
    # A person must choose the group, and its rules.
    "NSG-COVERAGE-fail-a machine and no group",
    "NSG-COVERAGE-fail-a scale set and no group",
    "NSG-COVERAGE-fail-a machine beside an interface that cannot be read",
    "NSG-COVERAGE-fail-a machine whose interface has a group of its own",
    "NSG-COVERAGE-fail-an interface that the subnet shows and that is not found",
    # Without its group the subnet is none that the control is about.
    "NSG-COVERAGE-fail-a gateway behind a group",
    # A host is made of a subnet, an address and a price, and belongs where a person says.
    "BASTION-fail-no host at all",
    "BASTION-fail-a host in a network that is none of its peers",
    "BASTION-fail-a Developer host",
    "BASTION-fail-a Developer host in a peered network",
    "BASTION-fail-a host that failed",
    "BASTION-fail-a peering that only this side has",
    "BASTION-fail-a peering that the other side has no more",
    "BASTION-fail-a peering that lets no traffic through",
    "BASTION-fail-a peered network that is gone",
    # A new key version is made in the vault, and no property of Azure Resource Manager makes it.
    "STORAGE-CMK-fail-the key expired",
    "STORAGE-CMK-fail-the key expired, and the vault cannot be read",
    "DISK-CMK-fail-the set is gone",
    "DISK-CMK-fail-the key is disabled",
    "DISK-CMK-fail-the key expired",
    "DISK-CMK-fail-the key is gone",
    "DISK-CMK-fail-the vault is gone",
    "DISK-CMK-fail-the key could not be rotated",
    "DISK-CMK-fail-the key could not be rotated, and whether it is alive cannot be read",
    "DISK-CMK-fail-a confidential disk of whose two keys one is disabled",
    "DISK-CMK-fail-an image whose key is disabled",
    # Chosen when the machine or the image was made, or the disk was encrypted inside its machine.
    "DISK-CMK-fail-a confidential machine's disk with Microsoft's key",
    "DISK-CMK-fail-encrypted inside the machine without a key-encryption key",
    "DISK-CMK-fail-encrypted inside the machine, and one key of two is not wrapped",
    "DISK-CMK-fail-encryption inside the machine was switched off",
    "DISK-CMK-fail-an image with Microsoft's key",
    "DISK-CMK-fail-an image made of a blob",
    "DISK-CMK-fail-an image of which one disk has Microsoft's key",
    # Azure Disk Encryption and host encryption exclude each other.
    "VM-HOST-ENCRYPTION-fail-one disk of two is encrypted inside the machine",
    # The provider makes managed disks of blobs, which no property shows beforehand.
    "VM-UNMANAGED-DISK-fail-the system's disk is a blob",
    "VM-UNMANAGED-DISK-fail-a data disk is a blob",
    "VM-UNMANAGED-DISK-fail-all disks are blobs",
    "VM-UNMANAGED-DISK-fail-a disk is a blob, and of another nothing is shown",
    # What must be reachable behind a load balancer a person decides.
    "VM-PUBLIC-IP-fail-behind a public load balancer",
    "VM-PUBLIC-IP-fail-behind a load balancer whose public addresses are a prefix",
    "VM-PUBLIC-IP-fail-behind a public load balancer, by a rule for several pools",
    "VM-PUBLIC-IP-fail-SSH is forwarded to it",
    "VM-PUBLIC-IP-fail-ports are forwarded to its whole pool",
    "VM-PUBLIC-IP-fail-SSH is forwarded to a jumpbox",
    "VM-PUBLIC-IP-fail-behind a public load balancer and an application gateway",
    # Chosen when the account was made.
    "STORAGE-CMK-fail-queues keep Microsoft's key",
    "STORAGE-CMK-fail-tables keep Microsoft's key",
    "STORAGE-CMK-fail-queues are not shown, and there is one",
    "STORAGE-TLS-fail-NFS 3.0 demands plain HTTP",
    # The perimeter belongs to somebody else.
    "STORAGE-FIREWALL-fail-a perimeter that enforces and lets the world in",
    "STORAGE-FIREWALL-fail-a perimeter that enforces and lets in another subscription",
    "STORAGE-FIREWALL-fail-a perimeter that enforces and lets in a service tag",
    "STORAGE-FIREWALL-fail-a perimeter that lets in strangers beside a prefix that is none",
    "KEYVAULT-NETWORK-fail-a perimeter that enforces and lets the world in",
    "SQL-PUBLIC-ACCESS-fail-a perimeter that enforces and lets the world in",
    # A person must choose who administers the server.
    "SQL-ENTRA-ONLY-fail-there is no Entra admin",
    "SQL-ENTRA-ONLY-fail-there is neither a setting nor an Entra admin",
    "SQL-ENTRA-ONLY-fail-a managed instance without an Entra admin",
    # A key is given back in the vault, or found again by whoever lost it.
    "SQL-CMK-fail-a database that has lost its key",
    "SQL-CMK-fail-a database that has lost its own key",
    "SQL-CMK-fail-Microsoft's key, and a database that has lost its own",
    "SQL-CMK-fail-a managed instance whose database has lost its key",
    "SQL-CMK-fail-a database that has lost its key, and the protector cannot be read",
    # Another side is unknown, and repairing this one does not tell.
    "SQL-CMK-fail-Microsoft's key on a managed instance, and its databases cannot be listed",
    "SQL-PUBLIC-ACCESS-fail-an address that is not approved beside a range that is none",
    "SQL-PUBLIC-ACCESS-fail-all of Azure, and the subnets cannot be read",
    "SQL-AUDITING-fail-off, and the diagnostic settings cannot be read",
    "SQL-AUDITING-fail-statements are not audited, and the settings cannot be read",
    "KEYVAULT-PROTECTION-fail-purge protection is off, and soft delete is not a boolean",
    "KEYVAULT-NETWORK-fail-an address that is not approved beside one that is none",
    "NSG-ADMIN-PORTS-fail-from inside, beside an interface that cannot be read",
    "NSG-ADMIN-PORTS-fail-to a machine whose interface cannot be read",
    "NSG-ADMIN-PORTS-fail-to a machine whose own group cannot be read",
    "STORAGE-FIREWALL-fail-an address that is not approved beside one that is none",
    "STORAGE-FIREWALL-fail-a subnet that is not approved beside a rule in a state of a later day",
    "STORAGE-FIREWALL-fail-every resource of a kind beside a rule that names none",
    "STORAGE-FIREWALL-fail-the default lets in, and a rule is not understood",
    "STORAGE-FIREWALL-fail-an address that is not approved, and an exception we do not know",
    "STORAGE-FIREWALL-fail-a wildcard, while the tenant cannot be read",
    "STORAGE-TLS-fail-TLS 1.0, and secure transfer is not shown",
    "STORAGE-SHARED-KEY-fail-account keys are accepted, and SFTP is not shown",
    "STORAGE-CMK-fail-a scope with Microsoft's key, and the list is refused besides",
    "STORAGE-CMK-fail-a scope with Microsoft's key, and the account's own is not shown",
    "STORAGE-LOGGING-fail-blobs are not logged, and the settings of queues cannot be read",
    "STORAGE-LOGGING-fail-reads are not logged, and the workspace cannot be read",
    "STORAGE-RECOVERY-fail-blobs are not kept, and versioning is not a boolean",
    "VM-PUBLIC-IP-fail-a public address, and another interface cannot be read",
}
"""Failures that their own fix does not turn into a pass."""


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


def verdict_of(example: Example, resource: Resource, estate: Around) -> Verdict:
    return judgement_of(example, resource, estate).verdict


def judgement_of(example: Example, resource: Resource, estate: Around) -> Judgement:
    scoping = example.scoping(resource, estate)
    [judged] = judge((example.detector,), resource, estate, scoping=scoping, config=Config())
    return judged


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
    judgement = judgement_of(example, example.resource, example.estate())
    verdict = judgement.verdict

    assert verdict.outcome is example.outcome, verdict.reason
    assert judgement.severity is example.severity
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
    refused = [
        verdict_of(example, example.resource, Watched(example.estate(), number)).outcome
        for number in range(len(whole.asked))
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


@pytest.mark.parametrize("example", FAILURES, ids=str)
def test_a_failure_passes_once_its_fix_is_applied(example: Example) -> None:
    verdict = verdict_of(example, example.resource, example.estate())
    assert verdict.fix is not None
    repaired = _passes(example, apply(verdict.fix, example.documents))

    assert repaired == (str(example) not in NOT_REPAIRED_IN_PLACE)


def test_no_failure_is_listed_as_beyond_repair_that_no_longer_exists() -> None:
    assert {str(each) for each in FAILURES} >= NOT_REPAIRED_IN_PLACE


@pytest.mark.parametrize("example", FAILURES, ids=str)
def test_a_failure_shows_a_command_or_says_what_else_repairs_it(example: Example) -> None:
    fix = verdict_of(example, example.resource, example.estate()).fix

    assert fix is not None
    assert (command(fix) is None) == (not fix.steps)
    assert fix.steps or fix.note
    assert "<" not in (command(fix) or "") or "Put in" in fix.note


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_no_value_of_a_strange_type_makes_a_control_raise_or_pass(example: Example) -> None:
    wrong = {
        path
        for name, body in example.documents.items()
        if isinstance(body, dict)
        for path, spoilt in with_each_value_spoilt(body)
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
    return _judged(example, documents).outcome is Outcome.PASS


def _misleads(example: Example, documents: Mapping[str, Any]) -> bool:
    verdict = _judged(example, documents)
    passes = verdict.outcome is Outcome.PASS and example.outcome is not Outcome.PASS
    return passes or "the control itself failed" in verdict.reason


def _judged(example: Example, documents: Mapping[str, Any]) -> Verdict:
    """Judge the example's resource as it stands in these documents."""
    body = documents[ids.key(example.resource.id)]
    estate = DocumentEstate(documents, complete=True, baseline=example.baseline, now=NOW)
    return verdict_of(example, Resource(example.resource.id, example.resource.type, body), estate)


def _is_near(path: str, watched: set[str]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in watched)
