"""Fixtures of the whole road: the card of a rendered portrait, made once, and a road over each kind of database."""

from __future__ import annotations

import pytest

from ephoto.pipeline.converter import Converter
from tests.workflow.databases import KINDS, fresh_database
from tests.workflow.end_to_end.roads import road as made
from tests.workflow.people import policy

PORTRAIT = "samples/portrait.jpg"


@pytest.fixture(scope="session")
def card(pytestconfig):
    """The bytes of a card that ephoto has made."""
    rules = policy()
    converter = Converter(rules.photo_spec, profile=rules.photo_profile)
    return converter.convert(str(pytestconfig.rootpath / PORTRAIT)).data


def empty(request, tmp_path):
    """The URL of an empty database of the kind that is asked for, while it is needed."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.sqlite'}"
    else:
        with fresh_database(request.getfixturevalue("postgres_server")) as url:
            yield url


@pytest.fixture(params=[KINDS[0], pytest.param(KINDS[1], marks=pytest.mark.slow)])
def database_url(request, tmp_path):
    """The URL of an empty database, of each kind in turn; a whole road over PostgreSQL takes its time."""
    yield from empty(request, tmp_path)


@pytest.fixture(params=KINDS)
def either_url(request, tmp_path):
    """As `database_url`, for the one road that is always gone over both."""
    yield from empty(request, tmp_path)


@pytest.fixture
def road(tmp_path, database_url):
    """A road over each kind of database, its drop a folder."""
    with made(tmp_path, database_url) as road:
        yield road
