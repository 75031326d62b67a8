"""A local counterpart of every system that a card's life touches. It knows the contracts, and nothing of `workflow`."""
