"""Fixtures of the whole road: the card of a rendered portrait, made once, and a road over each kind of database."""

from __future__ import annotations

import pytest

from ephoto.pipeline.converter import Converter
from tests.workflow.databases import KINDS, empty_database
from tests.workflow.end_to_end.roads import road as made
from tests.workflow.people import policy

PORTRAIT = "samples/portrait.jpg"


@pytest.fixture(scope="session")
def card(pytestconfig):
    """The bytes of a card that ephoto has made."""
    rules = policy()
    converter = Converter(rules.photo_spec, profile=rules.photo_profile)
    return converter.convert(str(pytestconfig.rootpath / PORTRAIT)).data


@pytest.fixture(params=KINDS)
def either_url(request, tmp_path):
    """As `database_url`, for the one road that is always gone over both."""
    yield from empty_database(request, tmp_path)


@pytest.fixture
def road(tmp_path, database_url):
    """A road over each kind of database, its drop a folder."""
    with made(tmp_path, database_url) as road:
        yield road
