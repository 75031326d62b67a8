"""A dataclass of options as one parameter of a command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from ephoto.cli.spread import spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    colour: Annotated[str, typer.Option("--colour", help="What it looks like.")] = "red"
    many: Annotated[list[str] | None, typer.Option("--many")] = None


@pytest.fixture
def app():
    made = typer.Typer()

    @made.command()
    @spread
    def command(
        place: Annotated[str, typer.Argument(metavar="PLACE")],
        words: Words,
        loud: Annotated[bool, typer.Option("--loud")] = False,
    ) -> int:
        """Says what it was told."""
        print(place, words.colour, words.many, loud)
        return 0

    return made


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(["here"], "here red None False", id="defaults"),
        pytest.param(["here", "--colour", "blue", "--loud"], "here blue None True", id="given"),
        pytest.param(["--many", "a", "here", "--many", "b"], "here red ['a', 'b'] False", id="repeated"),
    ],
)
def test_each_field_is_an_option(app, given, said):
    ended = CliRunner().invoke(app, given)
    assert ended.exit_code == 0, ended.output
    assert ended.output.strip() == said


def test_the_help_has_them_all(app):
    told = CliRunner().invoke(app, ["--help"]).output
    for words in ("--colour", "What it looks like.", "--many", "--loud", "Says what it was told."):
        assert words in told
    assert "words" not in told


def test_other_words_are_refused(app):
    assert CliRunner().invoke(app, ["here", "--words", "x"]).exit_code == 2
