"""A card's life after the photo: applications, their states, and thin adapters to the systems that do the rest."""
