"""The steps that people and systems take on applications: each in one transaction, each in the history."""
