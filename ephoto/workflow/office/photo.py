"""A card's file looked at before it is kept: whether it is what the document asks for, by its own bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.pipeline.converter import Converter
from ephoto.workflow.office.intake import Judged

if TYPE_CHECKING:
    from ephoto.core.settings import Settings
    from ephoto.workflow.policy import Policy

__all__ = ["judge"]


def judge(data: bytes, policy: Policy, settings: Settings) -> Judged:
    """The file's report for the policy's document and its window of bytes.

    Raises
    ------
    InputError, FaceError, UnmetError, EnvironmentFault
        It is no picture, or shows no usable face.
    """
    report = Converter(policy.photo_spec, profile=policy.photo_profile, settings=settings).check_card(data)
    file = report.facts["card"]
    width, height = file["size_wh"]
    dpi = file["dpi"] or (0.0, 0.0)
    return Judged(report, policy.photo_name, int(width), int(height), round(dpi[0]))
