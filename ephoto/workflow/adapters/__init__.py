"""Thin adapters to the systems that do the rest, one module each behind a small Protocol."""
