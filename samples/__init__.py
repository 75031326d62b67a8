"""Portraits that the project renders itself, and the program that makes them. Not part of the package."""
