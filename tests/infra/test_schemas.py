"""The files that azd, the Functions host, Core Tools and GitHub read are valid by their published schemas."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.infra.predicted import ROOT

SCHEMAS: Final = Path(__file__).parent / "schemas"
WORKFLOW: Final = ("--builtin-schema", "vendor.github-workflows")
FILES: Final = {
    "azure.yaml": ("--schemafile", str(SCHEMAS / "azure.yaml.json")),
    "host.json": ("--schemafile", str(SCHEMAS / "host.json")),
    "local.settings.sample.json": ("--schemafile", str(SCHEMAS / "local.settings.schema.json")),
    **{
        str(each.relative_to(ROOT)): WORKFLOW
        for each in sorted((ROOT / ".github/workflows").glob("*.yml"))
    },
}
BROKEN: Final = {
    "azure.yaml": ("\n    - name: events\n", "\n    - nam: events\n"),
    "host.json": ('"batchSize": 16', '"batchSize": "16"'),
    "local.settings.sample.json": ('"Values": {', '"Values": 1, "Other": {'),
    ".github/workflows/test.yml": ("runs-on:", "runs-at:"),
    ".github/workflows/release.yml": ("    steps:", "    step:"),
}


def problems(path: Path, schema: tuple[str, ...]) -> str:
    """Return what a schema refuses of a file, "" where it is valid."""
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_valid_by_its_published_schema(name: str) -> None:
    assert problems(ROOT / name, FILES[name]) == ""


@pytest.mark.parametrize("name", FILES)
def test_the_schema_refuses_a_file_with_a_mistake(name: str, tmp_path: Path) -> None:
    right, wrong = BROKEN[name]
    text = (ROOT / name).read_text(encoding="utf-8")
    broken = tmp_path / Path(name).name
    broken.write_text(text.replace(right, wrong, 1), encoding="utf-8")

    assert right in text
    assert "Schema validation errors were encountered" in problems(broken, FILES[name])
