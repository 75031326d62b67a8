"""docs/specs.md and the index of aliases are what the spec files say."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ephoto.specs import load
from ephoto.specs.files import DATA, INDEX, ids
from ephoto.specs.schema import SpecFile, reference

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "specs.md"
REMAKE = "run: python docs/specs_table.py"


@pytest.fixture
def table() -> ModuleType:
    found = importlib.util.spec_from_file_location("specs_table", ROOT / "docs" / "specs_table.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_page_is_up_to_date(table: ModuleType) -> None:
    assert PAGE.read_text("utf-8") == table.page(), REMAKE


def test_index_is_up_to_date(table: ModuleType) -> None:
    assert (DATA / INDEX).read_text("utf-8") == table.index(), REMAKE


def test_index_holds_every_alias() -> None:
    index = tomllib.loads((DATA / INDEX).read_text("utf-8"))
    assert sorted(index.values()) == sorted(s.id for s in load.listing() for _ in s.aliases)


def test_page_names_every_spec_with_its_grades() -> None:
    text = PAGE.read_text("utf-8")
    for name in ids():
        assert f"\n## {name}\n" in text
    assert "(`inter_eye_distance`) | 120 and more passes, 111 and more accepted | px | BSI TR-03121-3.2" in text
    assert "| face_width | 179 to 255 | px | rsc.sdws.edu.cn 2019-04-16, item 5" in text


def test_examples_on_the_page_work(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        path = tmp_path / "my.toml"
        path.write_text(block, "utf-8")
        assert load.get(path).size_wh in ((354, 472), (358, 441), (295, 413))


def test_reference_has_every_top_level_key() -> None:
    assert {key.split(".")[0] for key, _ in reference()} == set(SpecFile.model_fields)
    assert all(takes for _, takes in reference())
