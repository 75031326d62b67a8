"""Programs that print figures beside the floor; run them as modules from the repository's root."""
