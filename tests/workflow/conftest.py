"""Fixtures of the card workflow."""

import pytest

from tests.workflow.databases import database_url, postgres_server, postgres_url
from tests.workflow.stored import Clock, opened

__all__ = ["database_url", "postgres_server", "postgres_url"]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(database_url, clock):
    """An empty store, over each kind of database."""
    with opened(database_url, clock) as store:
        yield store
