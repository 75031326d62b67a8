"""ephoto: ID photos that meet the specification to the pixel, offline."""

__version__ = "0.1.0"
