"""Rules of the rooms that no other tool checks."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "ephoto").rglob("*.py"))
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 50
NO_ROOM = {"utils", "helpers", "common", "manager", "base", "misc"}


def named(path):
    return str(path.relative_to(ROOT))


def tree(path):
    return ast.parse(path.read_text("utf-8"))


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_file_is_about_one_idea(path):
    assert len(path.read_text("utf-8").splitlines()) < MOST_LINES
    assert path.stem not in NO_ROOM


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_function_fits_on_a_page(path):
    """Its body, without signature and docstring."""
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert lines <= MOST_LINES_OF_A_FUNCTION, f"{node.name}: {lines} lines"


@pytest.mark.parametrize("path", [p for p in SOURCES if "cli" not in p.relative_to(ROOT).parts], ids=named)
def test_only_the_command_line_prints_and_ends_the_process(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            assert call not in {"print", "sys.exit", "exit", "quit", "os._exit"}, f"line {node.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_only_the_settings_and_the_command_line_read_the_environment(path):
    if path.name == "settings.py" or "cli" in path.relative_to(ROOT).parts:
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in {"os.environ", "os.getenv"}, f"line {node.lineno}"


def test_only_one_file_opens_videos_and_cameras():
    openers = [path.name for path in SOURCES if "VideoCapture" in path.read_text("utf-8")]
    assert openers == ["video.py"]


@pytest.mark.parametrize("path", [p for p in SOURCES if "cli" not in p.relative_to(ROOT).parts], ids=named)
def test_nothing_inside_opens_the_front_door(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            assert "ephoto" not in [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            assert node.module != "ephoto" or node.level


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_public_names_are_declared(path):
    """Every module but the packages' own files says in __all__ what is public, and all of it exists."""
    if path.name == "__init__.py":
        return
    body = tree(path).body
    assigned = {ast.unparse(n.targets[0]): n.value for n in body if isinstance(n, ast.Assign)}
    declared = ast.literal_eval(assigned["__all__"]) if "__all__" in assigned else None
    assert declared is not None
    defined = {getattr(n, "name", None) for n in body}
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            defined |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)} if target is not None else set()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            defined |= {alias.asname or alias.name for alias in node.names}
    assert set(declared) <= defined


def pinned_in(name):
    """Packages of a file of constraints: no address and no option, one name==version a line."""
    lines = [n for n in (ROOT / name).read_text("utf-8").splitlines() if n and not n.startswith("#")]
    assert all(line.count("==") == 1 and "/" not in line and ":" not in line for line in lines)
    return {line.split("==")[0].lower().replace("_", "-") for line in lines}


def test_constraints_hold_versions_of_each_dependency():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert {re.split(r"[\[>]", w)[0] for w in [*project, *extras["test"]]} <= pinned_in("constraints.txt")
    with_engines = [*extras["mediapipe"], *extras["passive"], *extras["ray"], *extras["rembg"]]
    engines = {re.split(r"[=><[]", w)[0] for w in with_engines}
    assert engines <= pinned_in("constraints-extras.txt")
    assert not pinned_in("constraints.txt") & pinned_in("constraints-extras.txt")


def test_the_releases_that_do_not_report_are_the_ones_asked_for():
    """The extras, the engines' own limits and the files of constraints name the same ones."""
    from ephoto.inference import onnx
    from ephoto.inference.tasks import VERSION
    from ephoto.matting.rembg_session import BELOW

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert extras["mediapipe"] == [f"mediapipe=={VERSION}"]
    assert onnx.BELOW == BELOW
    for extra in ("passive", "rembg"):
        assert any(w.startswith("onnxruntime>") and w.endswith(f"<{BELOW[0]}.{BELOW[1]}") for w in extras[extra])
    told = (ROOT / "README.md").read_text("utf-8")
    assert f"mediapipe=={VERSION}" in told
    assert f"onnxruntime from {BELOW[0]}.{BELOW[1]} on" in told


def test_the_version_is_in_the_changelog():
    from ephoto import __version__

    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
