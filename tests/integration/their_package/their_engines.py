"""Engines of somebody else: two that work, and two that return what they must not."""

import numpy as np

from ephoto.faces import engines as faces
from ephoto.matting import engines as matting


class Twice:
    """ephoto's own net on the whole photo and on its mirror image, averaged."""

    name = "twice"
    view = "photo"

    def __init__(self, settings):
        self.own = matting.build("selfie", settings)

    def person(self, pixels):
        mirrored = self.own.person(np.ascontiguousarray(pixels[:, ::-1]))[:, ::-1]
        return (self.own.person(pixels) + mirrored) / np.float32(2)


class NotANumber:
    name = "not-a-number"
    view = "frame"

    def __init__(self, settings):
        pass

    def person(self, pixels):
        return np.full(pixels.shape[:2], np.nan, np.float32)


class Borrowed:
    """Finds what ephoto's own engine finds."""

    name = "borrowed"

    def __init__(self, settings):
        self.own = faces.build("embedded", settings)

    def find(self, photo):
        return self.own.find(photo)

    def follow(self, pixels, guess):
        return self.own.follow(pixels, guess)


class Half(Borrowed):
    name = "half"

    def find(self, photo):
        return [face.landmarks[:234] for face in super().find(photo)]
