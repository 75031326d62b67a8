"""Thin adapters to the systems on the road, one a module, each behind a small Protocol."""
