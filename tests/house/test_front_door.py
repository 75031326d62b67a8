"""`import ephoto`: light, lazy, and exactly what is promised."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import ephoto

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("numpy", "cv2", "PIL", "typer", "pydantic", "rich", "ai_edge_litert", "reportlab", "tomllib")


def test_exports_are_those_on_record():
    """A name is added to the front door on purpose: in exports.txt too."""
    assert sorted(ephoto.__all__) == Path(__file__).with_name("exports.txt").read_text("utf-8").split()


@pytest.mark.parametrize("name", ephoto.__all__)
def test_every_export_opens(name):
    assert getattr(ephoto, name) is not None
    assert name in dir(ephoto)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ephoto.nothing  # noqa: B018


def loaded_by(code: str) -> set[str]:
    """Which of the heavy packages a fresh interpreter has after this code."""
    program = f"import sys\n{code}\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_loads_nothing_heavy():
    assert loaded_by("import ephoto") == set()


def test_errors_load_no_picture_library():
    """Catching errors does not cost a picture library."""
    assert loaded_by("import ephoto; ephoto.EphotoError; ephoto.Settings; ephoto.Report") <= {"tomllib"}


def test_the_command_line_helps_without_picture_libraries():
    heavy = loaded_by("from ephoto.cli.app import main\nassert main(['--help']) == 0\nprint()")
    assert heavy & {"numpy", "cv2", "PIL", "pydantic", "rich", "ai_edge_litert", "reportlab"} == set()


def test_convert_takes_what_the_converter_takes():
    """One word means one thing: the same options with the same defaults, in the same order."""

    def options(function):
        return [(p.name, p.default) for p in inspect.signature(function).parameters.values()][1:]

    assert options(ephoto.convert) == options(ephoto.Converter.__init__)


def test_matte_takes_what_the_converter_takes_of_it():
    taken = {p.name: p.default for p in inspect.signature(ephoto.matte).parameters.values()}
    whole = {p.name: p.default for p in inspect.signature(ephoto.Converter.__init__).parameters.values()}
    assert set(taken) == {"photo", "engine", "faces", "matte", "settings"}
    assert all(whole[name] == default for name, default in taken.items() if name != "photo")


def test_sheets_take_what_their_room_takes():
    from ephoto.sheet.sheets import print_sheets

    def options(function):
        return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]

    assert options(ephoto.print_sheets) == options(print_sheets)


def test_rooms_are_light_at_their_door():
    """Package __init__ files import nothing but ephoto's own and the standard library."""
    inits = list((ROOT / "ephoto").glob("*/__init__.py"))
    names = [f"ephoto.{p.parent.name}" for p in inits]
    assert loaded_by("\n".join(f"import {name}" for name in names)) <= {"tomllib"}
    assert all(import_module(name) for name in names)
