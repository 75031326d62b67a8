"""Fixtures of the card workflow."""

from tests.workflow.databases import database_url, postgres_server, postgres_url

__all__ = ["database_url", "postgres_server", "postgres_url"]
