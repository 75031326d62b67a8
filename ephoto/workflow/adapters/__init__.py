"""Thin adapters to the systems that do the rest, one a module, each behind a small Protocol."""
