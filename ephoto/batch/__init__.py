"""Many photos: none lost, none twice."""
