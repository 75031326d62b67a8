"""A card's file looked at before it is kept: whether it is what the document asks for, by its own bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.pipeline.converter import Converter
from ephoto.workflow.office.intake import Judged

if TYPE_CHECKING:
    from ephoto.core.settings import Settings
    from ephoto.workflow.policy import Policy

__all__ = ["Judge"]


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
