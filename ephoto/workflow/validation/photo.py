"""The card's photo: there is one, and the bytes that are sent meet the document that the policy names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.specs.load import get
from ephoto.workflow.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.workflow.model import Photo
    from ephoto.workflow.policy import Policy
    from ephoto.workflow.validation.asked import Asked

__all__ = ["of_photo"]


def of_photo(asked: Asked) -> Iterator[Finding]:
    photo, policy = asked.application.photo, asked.policy
    if photo is None:
        yield Finding("wf.photo_missing", "/photo")
        return
    if photo.source == "on_file":
        return
    for problem in _problems(photo, policy):
        yield Finding("wf.photo_rejected", "/photo", {"problem": problem, "spec": policy.photo_spec})


def _problems(photo: Photo, policy: Policy) -> Iterator[str]:
    """What keeps it from serving, in English; core/messages has each in both languages."""
    if not photo.sha256 or None in (photo.bytes, photo.width, photo.height, photo.dpi):
        yield "its measures are not known"
        return
    spec = get(policy.photo_spec, profile=policy.photo_profile)
    window = next(one for one in spec.profiles if one.name == policy.photo_profile)
    if photo.report_status != "pass":
        yield "its report does not pass"
    if photo.spec != policy.photo_name:
        yield "it was made for another document, or for another version of it"
    if (photo.width, photo.height) != spec.size_wh:
        yield "it has another size"
    if photo.dpi != spec.dpi:
        yield "it has another resolution"
    size = photo.bytes or 0
    if window.low is not None and size < window.low:
        yield "its file has too few bytes"
    if window.high is not None and size > window.high:
        yield "its file has too many bytes"
