"""docs/states.md is what transitions.toml says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from ephoto.workflow import values

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))
import workflow_table


def test_the_page_is_what_the_table_says():
    assert workflow_table.PAGE.read_text("utf-8") == workflow_table.page(), "run: python docs/workflow_table.py"


def test_the_page_names_every_event_and_every_state():
    page = workflow_table.page()
    for word in (*get_args(values.EventType), *get_args(values.ApplicationState), *get_args(values.CardState)):
        assert f"| `{word}` |" in page, word
