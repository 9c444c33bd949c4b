"""The ways to deploy: azd and GitHub Actions, read as text since the project has no YAML parser."""

import re
import shlex
from pathlib import Path

import pytest

from drift.version import __version__
from infra.scripts import deploy_events, deploy_package, send_test_event
from tests.infra.predicted import ROOT

WORKFLOWS = tuple(sorted((ROOT / ".github/workflows").glob("*.yml")))


def azure_yaml() -> str:
    return (ROOT / "azure.yaml").read_text(encoding="utf-8")


def test_azd_deploys_the_events_after_the_code() -> None:
    steps = re.findall(r"^      - azd: (.+)$", azure_yaml(), re.MULTILINE)

    assert steps == ["package --all", "provision app", "deploy --all", "provision events"]


def test_azd_ends_with_a_test_event_whose_failure_undoes_nothing() -> None:
    hook = azure_yaml().partition("  postup:\n")[2].partition("\nservices:")[0]
    [command] = re.findall(r"run: \S+ -m infra\.scripts\.send_test_event (.+)$", hook, re.MULTILINE)
    used = re.findall(r"\$(\w+)", command)
    outputs = re.findall(
        r"^output (\w+) ", (ROOT / "infra/app/main.bicep").read_text(), re.MULTILINE
    )

    assert send_test_event.parsed(shlex.split(command)).group == f"${used[0]}"
    assert len(used) == 2
    assert set(used) <= set(outputs)
    assert "interactive: true" in hook
    assert "continueOnError: true" in hook


def test_azd_deploys_the_events_again_with_each_deployment_of_the_code() -> None:
    hook = azure_yaml().partition("      postdeploy:\n")[2]
    [command] = re.findall(r"run: \S+ -m infra\.scripts\.deploy_events (.+)$", hook, re.MULTILINE)

    assert deploy_events.parsed(shlex.split(command)).yes
    assert "continueOnError: true" in hook


def test_every_list_of_a_template_ignores_spaces_and_empty_items() -> None:
    with_lists = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "infra").glob("*/*.bicep")
        if "split(replace(" in path.read_text(encoding="utf-8")
    }

    # A function of another file would make the policy of this one unreadable in its snapshot.
    assert with_lists == {"infra/onboarding/main.bicep"}


def test_azd_deploys_the_package_as_it_is() -> None:
    for line in ("dist: build/app", "remoteBuild: false", "run: make package"):
        assert line in azure_yaml()


def test_every_layer_of_azd_has_its_template_and_parameters() -> None:
    paths = re.findall(r"^      path: (.+)$", azure_yaml(), re.MULTILINE)

    assert paths == ["infra/app", "infra/events"]
    for path in paths:
        assert (ROOT / path / "main.bicep").is_file()
        assert (ROOT / path / "main.parameters.json").is_file()
        assert not (ROOT / path / "main.bicepparam").exists()  # azd would use it instead


def test_the_template_is_of_this_version() -> None:
    assert f"template: phi-drift-monitor@{__version__}\n" in azure_yaml()


@pytest.mark.parametrize("layer", ["app", "events"])
def test_azd_fills_parameters_that_the_template_has(layer: str) -> None:
    given = (ROOT / f"infra/{layer}/main.parameters.json").read_text(encoding="utf-8")
    template = (ROOT / f"infra/{layer}/main.bicep").read_text(encoding="utf-8")
    declared = re.findall(r"^param (\w+) .*?(=)?", template, re.MULTILINE)
    required = set(re.findall(r"^param (\w+) \w+$", template, re.MULTILINE))
    names = set(re.findall(r'^    "(\w+)": \{ "value"', given, re.MULTILINE))

    assert names <= {name for name, _ in declared}
    assert required <= names


def job(name: str) -> str:
    """Return the text of a job of the release."""
    text = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    return re.split(
        r"^  (?=\w)", text.partition(f"\n  {name}:\n")[2], maxsplit=1, flags=re.MULTILINE
    )[0]


def test_a_release_has_its_package_bill_and_changelog() -> None:
    notes = 'tools.package.release_notes "$TAG" > build/notes.md'

    assert notes in job("package")
    assert "build/notes.md" in job("package").partition("upload-artifact")[2]
    assert '"$TAG" --verify-tag' in job("release")
    assert "--notes-file notes.md ./*.zip ./*.cdx.json" in job("release")
    assert [
        each for each in ("package", "release", "deploy") if "contents: write" in job(each)
    ] == ["release"]


def test_what_is_deployed_is_what_was_attested_and_azure_does_not_build_it_again() -> None:
    steps = job("deploy")
    arguments = steps.partition("infra.scripts.deploy_package ")[2].splitlines()[0]

    assert "environment: production" in steps
    assert steps.index("gh attestation verify build/*.zip") < steps.index("deploy_package")
    assert deploy_package.parsed(shlex.split(arguments)).yes
    for each in (*WORKFLOWS, ROOT / "docs/deploy.md"):
        commands = re.findall(
            r"^(?:    |.*run: )(.*)$", each.read_text(encoding="utf-8"), re.MULTILINE
        )
        assert [command for command in commands if "config-zip" in command] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)(.*)$", text, re.MULTILINE)

    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action, _ in used)
    assert all(re.fullmatch(r" # v\d+\.\d+\.\d+", version) for _, version in used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_workflow_has_a_secret_or_rights_by_default(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert "secrets." not in text
    assert "\npermissions:\n  contents: read\n\n" in text
