"""The layout of the code: folders of a readable size, plain packages, one type per name, bounded depth."""

import ast
import functools
import tomllib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grimp
import pytest

from cli.__main__ import COMMANDS

ROOT = Path(__file__).parents[1]
PACKAGES = ("adapters", "cli", "detectors", "drift", "functions_host", "notifiers")
FOLDERS = (*PACKAGES, "bench", "sandbox")
MODULES = tuple(
    path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")) if path.is_file()
)
INITS = tuple(path for path in MODULES if path.name == "__init__.py")
STARTS = ("function_app", "cli.__main__", *(f"cli.{each}" for each in COMMANDS if each != "help"))
"""Where the product starts: the triggers, and the command, which imports each command by its name."""

NOT_IMPORTED = {"detectors.examples"}
"""Reads the examples that stand beside the controls, for the tests and the bench."""

LISTS = {"detectors/__init__.py"}
"""The one package whose ``__init__.py`` holds more than its sentence: the tuple of all controls."""

SCRIPTS = tuple(
    path
    for pattern in ("*.py", "tools/**/*.py", "infra/scripts/*.py")
    for path in sorted(ROOT.glob(pattern))
)

MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 40
MOST_MODULES = 20
MOST_TOP_LEVEL_FILES = 20
MOST_WITH_SERVICES = 28
DEEPEST_PACKAGES = 14
DEEPEST_MODULES = 18


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def public_types(path: Path) -> set[str]:
    """Return the classes and type aliases that a module defines and others may use."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) if not name.isupper():
                names.add(name)
    return {name for name in names if name[0].isupper()}


def public_functions(path: Path) -> set[str]:
    """Return the functions that a module defines and others may call."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    names = {each.name for each in body if isinstance(each, ast.FunctionDef)}
    return {name for name in names if not name.startswith("_")}


def takes_services(path: Path) -> bool:
    """Tell whether a function of a module takes all parts of the monitor."""
    functions = (
        each
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(each, ast.FunctionDef)
    )
    parameters = (a for each in functions for a in (*each.args.args, *each.args.kwonlyargs))
    return any(a.annotation and ast.unparse(a.annotation) == "Services" for a in parameters)


def module_name(path: Path) -> str:
    return relative(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def named_in_imports(path: Path) -> set[str]:
    """Return every module that an import of a file may mean, also one inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=aliases):
                names.update(each.name for each in aliases)
            case ast.ImportFrom(module=str(module), names=aliases):
                names.update((module, *(f"{module}.{each.name}" for each in aliases)))
    return names


def imported_by_the_product() -> set[str]:
    """Return the modules that are imported when every part of the product is used."""
    paths = {module_name(path): path for path in (*MODULES, *ROOT.glob("*.py"))}
    reached: set[str] = set()
    waiting = list(STARTS)
    while waiting:
        name = waiting.pop()
        package = name.rpartition(".")[0]
        if name not in reached and name in paths:
            reached.add(name)
            waiting.extend((package, *named_in_imports(paths[name])))
    return reached


def homes_of(names_in: Callable[[Path], set[str]], package: str = "drift") -> dict[str, list[str]]:
    """Return the modules of a package that define a name, where there is more than one."""
    homes = defaultdict(list)
    for path in MODULES:
        if relative(path).startswith(f"{package}/"):
            for name in names_in(path):
                homes[name].append(relative(path))
    return {name: each for name, each in homes.items() if len(each) > 1}


def longest_chain() -> tuple[str, ...]:
    """Return the longest chain of modules of the product of which each imports the next."""
    graph = grimp.build_graph(*PACKAGES)

    @functools.cache
    def chain_from(module: str) -> tuple[str, ...]:
        imported = sorted(graph.find_modules_directly_imported_by(module))
        return (module, *max((chain_from(each) for each in imported), key=len, default=()))

    return max((chain_from(each) for each in sorted(graph.modules)), key=len)


def test_every_module_of_the_product_is_imported_by_the_product() -> None:
    product = {module_name(path) for path in MODULES if relative(path).startswith(PACKAGES)}

    assert product - imported_by_the_product() == NOT_IMPORTED


def test_no_file_outside_the_tests_is_longer_than_a_reader_can_survey() -> None:
    lengths = {relative(path): len(lines_of(path)) for path in (*MODULES, *SCRIPTS)}

    assert {name: each for name, each in lengths.items() if each > MOST_LINES} == {}


def test_no_function_outside_the_tests_is_longer_than_a_screen() -> None:
    lengths = {
        f"{relative(path)}:{each.name}": (each.end_lineno or 0) - each.lineno + 1
        for path in (*MODULES, *SCRIPTS)
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(each, ast.FunctionDef)
    }

    assert {name: each for name, each in lengths.items() if each > MOST_LINES_OF_A_FUNCTION} == {}


def test_no_folder_outside_the_tests_has_more_modules_than_a_reader_can_scan() -> None:
    counts = defaultdict(list)
    for path in MODULES:
        if path.name != "__init__.py":
            counts[relative(path.parent)].append(path.name)

    assert {name: len(each) for name, each in counts.items() if len(each) > MOST_MODULES} == {}


def test_the_domain_has_few_files_at_its_top_level() -> None:
    files = [path.name for path in (ROOT / "drift").iterdir() if path.is_file()]

    assert len(files) <= MOST_TOP_LEVEL_FILES, sorted(files)


@pytest.mark.parametrize("path", INITS, ids=relative)
def test_a_package_says_what_it_is_for_in_one_sentence_and_exports_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    sentence = ast.get_docstring(tree) or ""

    assert sentence.strip()
    assert "\n" not in sentence
    assert len(tree.body) == 1 or relative(path) in LISTS


@pytest.mark.parametrize("package", ["drift", "detectors"])
def test_no_public_type_of_a_package_is_defined_in_two_modules(package: str) -> None:
    assert homes_of(public_types, package) == {}


def test_no_public_function_of_the_domain_is_defined_in_two_modules() -> None:
    assert homes_of(public_functions) == {}


def test_few_modules_of_the_domain_take_all_parts_of_the_monitor() -> None:
    """A function that uses two parts takes only these two, so its caller and its tests need no others."""
    found = [
        relative(path)
        for path in MODULES
        if relative(path).startswith("drift/") and takes_services(path)
    ]

    assert len(found) <= MOST_WITH_SERVICES, found


def contract(name: str) -> dict[str, Any]:
    """Return the contract of import-linter with this name."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    [found] = [each for each in tool["importlinter"]["contracts"] if each["name"] == name]
    return dict(found)


def test_the_contract_between_channels_names_every_channel() -> None:
    packages = {f"notifiers.{each.parent.name}" for each in (ROOT / "notifiers").glob("*/spec.py")}

    assert {*contract("channels do not import each other")["modules"]} == packages


def test_the_packages_of_the_domain_stand_in_a_bounded_number_of_layers() -> None:
    of_packages = [
        layer
        for layer in contract("the domain is layered by stage")["layers"]
        for name in layer.replace(":", "|").split("|")
        if (ROOT / "drift" / name.strip()).is_dir()
    ]

    assert 0 < len(dict.fromkeys(of_packages)) <= DEEPEST_PACKAGES


def test_no_chain_of_imports_is_longer_than_a_reader_can_follow() -> None:
    chain = longest_chain()

    assert len(chain) <= DEEPEST_MODULES, "\n".join(chain)
