"""The one road: the only room that knows all of it."""
