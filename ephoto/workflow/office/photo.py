"""A card's file looked at before it is kept: whether it is what the document asks for, by its own bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from ephoto.codec.decode import decode
from ephoto.codec.source import load
from ephoto.pipeline.converter import Converter
from ephoto.workflow.office.intake import Judged

if TYPE_CHECKING:
    from ephoto.core.settings import Settings
    from ephoto.workflow.policy import Policy

__all__ = ["Judge", "id_picture"]

ID_PICTURE_QUALITY = 92  # JPEG: letters and the portrait stay sharp


def id_picture(data: bytes, settings: Settings) -> bytes:
    """A picture of one side of an ID card as it is kept and sent: JPEG, upright, sRGB, without a word of metadata.

    Raises
    ------
    InputError
        It cannot be read.
    """
    pixels = decode(load(data, settings), settings).pixels
    done, packed = cv2.imencode(
        ".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, ID_PICTURE_QUALITY]
    )
    if not done:
        raise RuntimeError("pixels can be packed")
    return bytes(packed)


class Judge:
    """Looks at cards for the policy's document and its window of bytes; the nets are loaded with the first one."""

    def __init__(self, policy: Policy, settings: Settings) -> None:
        self._policy, self._settings = policy, settings
        self._converter: Converter | None = None

    def __call__(self, data: bytes) -> Judged:
        """The file's report.

        Raises
        ------
        InputError, FaceError, UnmetError, EnvironmentFault
            It is no picture, or shows no usable face.
        """
        policy = self._policy
        if self._converter is None:
            self._converter = Converter(policy.photo_spec, profile=policy.photo_profile, settings=self._settings)
        report = self._converter.check_card(data)
        file = report.facts["card"]
        width, height = file["size_wh"]
        dpi = file["dpi"] or (0.0, 0.0)
        return Judged(report, policy.photo_name, int(width), int(height), round(dpi[0]))
