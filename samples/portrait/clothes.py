"""Shoulders, chest and collar as a signed distance in the body frame (mm, the head frame's axes at rest)."""

from __future__ import annotations

import numpy as np

from samples.portrait.distance import Array, capsule, carve, ellipsoid, mirrored, smooth_min

__all__ = ["clothes"]

F = np.float32


def clothes(p: Array) -> Array:
    q = mirrored(p)
    z = q[2] + F(115)  # from the neck's axis
    rho, up = np.hypot(q[0], z), q[1] + F(158) + F(0.40) * z
    d = smooth_min(
        capsule(q, (0, -219, -119), (141, -236, -119), 47.8, 45.8),
        capsule(q, (0, -176, -129.5), (125, -215, -123), 31.2, 27),
        31,
    )
    d = smooth_min(d, capsule(q, (137, -242, -119), (161, -419, -107), 47.8, 43.7), 10.4)
    d = smooth_min(d, ellipsoid(q, (0, -305, -104.5), (161, 120, 68.6)), 31)
    d = smooth_min(d, ellipsoid(q, (0, -216, -110.8), (81, 54, 66.6)), 15.6)
    d = carve(d, np.maximum(-up - F(2), rho - F(54)), 2)
    ring = np.hypot(rho - F(55), np.maximum(np.abs(up) - F(3.6), 0)) - F(3.3)
    return smooth_min(d, ring.astype(F), 3)
