"""What a card shall be, as `convert` and `batch` are told it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ephoto.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.specs.model import Spec

__all__ = ["check_wishes", "specs_of"]


def specs_of(
    names: str | None, size: str | None, dpi: str | None, kb: str | None, profile: str | None
) -> tuple[Spec, ...]:
    """The specs that --spec names, or the one that --size describes.

    Raises
    ------
    UsageError
        "needs_size", "size_excludes", "bad_option", "profile_unknown".
    SpecError
    """
    from ephoto.core.errors import UsageError
    from ephoto.specs import load

    if size is None:
        for option, value in (("--dpi", dpi), ("--kb", kb)):
            if value is not None:
                raise UsageError("needs_size", option=option)
        return load.many(load.DEFAULT if names is None else names, profile=profile)
    for option, value in (("--spec", names), ("--profile", profile)):
        if value is not None:
            raise UsageError("size_excludes", option=option)
    resolution = o.parse_dpi(dpi)
    return (load.adhoc(size, kb=kb) if resolution is None else load.adhoc(size, resolution, kb),)


def check_wishes(specs: Sequence[Spec], wishes: dict[str, Any]) -> None:
    """Refuse what makes no sense for one of the specs.

    Raises
    ------
    UsageError
    """
    from ephoto.pipeline.request import Request

    for spec in specs:
        Request.of(spec, **wishes)
