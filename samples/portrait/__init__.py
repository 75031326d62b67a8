"""A parametric portrait: a signed-distance head seen by a perspective camera, with its ground truth."""
