"""The repository checks its own promises."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer.main

from sensor_screen import __version__
from sensor_screen.cli import app
from sensor_screen.storage.samples import read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sensor_screen"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

PURE = (
    *("core", "protocol", "rules", "simulation"),
    *("model.py", "judgement.py", "units.py", "errors.py"),
)
"""Rooms that do no input or output and read no clock."""
OUTSIDE_WORLD = {
    *("os", "pathlib", "io", "socket", "time", "datetime", "subprocess", "shutil", "tempfile"),
    *("logging", "sys", "asyncio", "threading", "urllib", "pyarrow", "typer", "rich"),
}
ARGUED: dict[str, str] = {}
"""Exceptions, `room/file.py imports module` -> why."""

LARGEST_MODULE = 400
"""Lines; a module that needs more is two."""
LARGER = {"sensor_screen/model.py": 950, "sensor_screen/judgement.py": 500}
"""A vocabulary is read from top to bottom, in the order in which the data flow, and holds no
logic: split, it would have to be searched."""


def python_files(*rooms: str) -> list[Path]:
    places = [PACKAGE / room for room in rooms] or [PACKAGE]
    return sorted(f for p in places for f in (p.rglob("*.py") if p.is_dir() else [p]))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def texts() -> Iterator[tuple[str, str]]:
    """Every text file that belongs to the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = listed.stdout.split("\0")[:-1] if listed.returncode == 0 else []
    files = [ROOT / name for name in names] or [*python_files(), *ROOT.glob("*.md")]
    for file in files:
        if file.is_file() and file.suffix != ".parquet":
            yield name_of(file), file.read_text(encoding="utf-8")


# --- layers ---------------------------------------------------------------------------------------


def test_imports_run_one_way() -> None:
    lint = "from importlinter.cli import lint_imports_command as lint; lint()"
    done = subprocess.run(
        [sys.executable, "-c", lint, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 kept, 0 broken" in done.stdout


def test_no_module_is_outside_the_layers() -> None:
    (contract,) = PROJECT["tool"]["importlinter"]["contracts"]
    assert contract["exhaustive"] is True
    assert "ignore_imports" not in contract


@pytest.mark.parametrize("path", python_files(*PURE), ids=name_of)
def test_what_measures_and_judges_does_no_io(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {f"{name_of(path)} imports {name}" for name in imported(tree)} - set(ARGUED)
    assert not {line for line in found if line.split()[-1] in OUTSIDE_WORLD}
    assert not {"open", "print", "input"} & called(tree)


def imported(tree: ast.AST) -> Iterator[str]:
    """First part of every module that is imported when the program runs."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
        else:
            yield from imported(node)


def called(tree: ast.AST) -> set[str]:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {call.id for call in calls if isinstance(call, ast.Name)}


@pytest.mark.parametrize("path", python_files(), ids=name_of)
def test_modules_stay_small(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LARGER.get(name_of(path), LARGEST_MODULE), "split it by noun"


# --- commands -------------------------------------------------------------------------------------


def commands() -> dict[str, str]:
    """Every command as it is typed, with its help."""
    found = {}
    for info in app.registered_commands:
        found[info.name or getattr(info.callback, "__name__", "")] = info.help or ""
    for group in app.registered_groups:
        for info in group.typer_instance.registered_commands if group.typer_instance else ():
            found[f"{group.name} {info.name}"] = info.help or ""
    return found


def test_the_readme_lists_the_commands_in_their_order() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `sensor-screen ([a-z -]+)` \| \S", readme, re.MULTILINE) == [
        *commands()
    ]


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_has_help(name: str) -> None:
    assert "Example" in commands()[name]
    command = typer.main.get_command(app)
    for word in name.split():
        command = command.commands[word]  # type: ignore[attr-defined]
    for param in command.params:
        assert getattr(param, "help", None) or param.name == "help", f"{name} {param.name}"


def test_no_part_of_the_program_needs_a_development_tool() -> None:
    """Every module is imported with the tools of the `dev` extra made unfindable.

    All but virtual sensors, which are made of such tools: they say in one sentence what to install.
    """
    script = """
import importlib, pkgutil, sys
from importlib import metadata
from sensor_screen.errors import ScreenError
dev = {name.lower() for name in sys.argv[1:]}
owners = metadata.packages_distributions().items()
tools = {module for module, dists in owners if dev & {dist.lower() for dist in dists}}
assert {"pytest", "hypothesis", "importlinter"} <= tools
class Away:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in tools:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Away())
import sensor_screen
virtual = "sensor_screen.ble.virtual"
for module in pkgutil.walk_packages(sensor_screen.__path__, "sensor_screen.", lambda name: None):
    if not module.name.startswith(virtual):
        importlib.import_module(module.name)
try:
    importlib.import_module(virtual)
except ScreenError as error:
    assert "sensor-screen[virtual]" in str(error)
else:
    raise AssertionError(virtual)
"""
    extra = PROJECT["project"]["optional-dependencies"]["dev"]
    tools = [re.match(r"[\w-]+", requirement)[0] for requirement in extra]  # type: ignore[index]
    done = subprocess.run(
        [sys.executable, "-c", script, *tools], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- samples --------------------------------------------------------------------------------------


def test_every_sample_is_hashed_in_the_manifest() -> None:
    folder = ROOT / "sample_recordings"
    hashes = {sample.file: sample.sha256 for sample in read_manifest(folder)}
    shipped = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.glob("*.parquet")}
    assert hashes == shipped
    others = {f.name for f in folder.iterdir()} - set(shipped)
    assert others == {"README.md", "manifest.json"}


def test_every_sample_is_in_its_readme() -> None:
    text = (ROOT / "sample_recordings/README.md").read_text(encoding="utf-8")
    for sample in read_manifest(ROOT / "sample_recordings"):
        assert re.search(rf"^ *{sample.name}  ", text, re.MULTILINE), sample.name


# --- words ----------------------------------------------------------------------------------------


def test_nothing_knows_the_machine_it_was_written_on() -> None:
    place = re.compile(r"(?<![\w.])(?:/(?:work|home|Users|root|mnt|tmp)/\w|[A-Z]:\\Users)")
    found = [f"{name}: {hit[0]}" for name, text in texts() for hit in place.finditer(text)]
    assert not found


def test_the_changelog_begins_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (.*)\n\n(.+)", text, re.MULTILINE)
    assert newest is not None
    assert newest[1] == __version__


def test_links_lead_somewhere() -> None:
    for name, text in texts():
        if not name.endswith(".md"):
            continue
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert ((ROOT / name).parent / target).exists(), f"{name}: {target}"


DECISIONS = sorted((PACKAGE / "docs/decisions").glob("*.md"))


@pytest.mark.parametrize("path", DECISIONS, ids=name_of)
def test_a_decision_says_why_and_what_follows(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(r"# \S.*\n", text)
    for part in ("Status:", "## Context", "## Decision", "## Consequences"):
        assert f"\n{part}" in text
    assert len(text.splitlines()) <= 60, "one page"


def test_decisions_are_numbered_from_one() -> None:
    numbers = Counter(int(path.name[:4]) for path in DECISIONS)
    assert [*numbers] == [*range(1, len(DECISIONS) + 1)]


def test_the_method_has_a_place_for_its_measured_figures() -> None:
    text = (PACKAGE / "docs/method.md").read_text(encoding="utf-8")
    assert text.count("<!-- measured: begin -->") == text.count("<!-- measured: end -->") == 1


def test_the_schema_of_the_manifest_is_json_that_people_can_read() -> None:
    text = (ROOT / "sample_recordings/manifest.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2) + "\n"
