"""What became of several photos, made one after the other and told one after the other; none stops the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ephoto.cli.targets import STDIO, Product, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ephoto.cli.voice import Voice
    from ephoto.core.errors import EphotoError
    from ephoto.core.findings import Report
    from ephoto.core.settings import Settings

__all__ = ["Made", "Outcome", "handed_over", "outcomes", "tell"]

P = TypeVar("P", bound=Product)


@dataclass(frozen=True, slots=True)
class Made:
    """A target's report, and its bytes where they go to stdout."""

    report: Report
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Outcome(Generic[P]):
    """What became of one target."""

    target: Target[P]
    report: Report | None
    error: EphotoError | None
    data: bytes | None = None

    def entry(self, voice: Voice, *, written: bool) -> dict[str, Any]:
        """The same for machines."""
        return {
            "photo": self.target.photo,
            "output": self.target.shown,
            "written": written and self.error is None,
            "report": None if self.report is None else self.report.to_dict(voice.lang),
            "error": None if self.error is None else self.error.to_dict(voice.lang),
        }


class Saved(Protocol):
    """A card or a cut-out."""

    @property
    def data(self) -> bytes: ...

    @property
    def report(self) -> Report: ...

    def save(self, path: Path, *, overwrite: bool = False) -> Path: ...


def handed_over(product: Saved, target: Target[P], *, force: bool) -> Made:
    """Write what was made where the target is, its folder too; for stdout its bytes are kept."""
    from ephoto.cli.targets import make_folder

    if target.path is None:
        return Made(product.report, product.data)
    make_folder(target.path)
    product.save(target.path, overwrite=force)
    return Made(product.report)


def outcomes(
    targets: Sequence[Target[P]], settings: Settings, make: Callable[[Target[P], str | bytes], Made]
) -> Iterator[Outcome[P]]:
    """The targets in order, each made when it is asked for; stdin is read once."""
    from ephoto.cli.bug import told_as_bug
    from ephoto.cli.stdin import read_photo
    from ephoto.core.errors import EphotoError

    stdin: bytes | None = None
    for target in targets:
        try:
            photo: str | bytes = target.photo
            if photo == STDIO:
                stdin = read_photo(settings) if stdin is None else stdin
                photo = stdin
            made = make(target, photo)
            yield Outcome(target, made.report, None, made.data)
        except EphotoError as error:
            yield Outcome(target, getattr(error, "report", None), error)
        except Exception as error:  # a bug that one photo shows is no reason to lose the others
            yield Outcome(target, None, told_as_bug(error))


def tell(
    told: Iterator[Outcome[P]],
    count: int,
    voice: Voice,
    *,
    entry: Callable[[Outcome[P]], dict[str, Any]],
    say: Callable[[Outcome[P]], None],
    head: dict[str, Any],
    entries: str,
    tally: str,
) -> int:
    """Say each outcome as it comes; gives the highest exit code.

    Parameters
    ----------
    entry, say : one outcome for machines, and in words; errors are told here
    head, entries : the JSON object's first values, and the name of its list
    tally : the label of the last line, where there are several
    """
    listed: list[dict[str, Any]] = []
    code = done = 0
    for outcome in told:
        if outcome.data is not None:
            voice.bytes(outcome.data)
        if voice.as_json:
            listed.append(entry(outcome))
        else:
            say(outcome)
        if outcome.error is not None:
            voice.error(outcome.error, about=outcome.target.photo if count > 1 else "")
            code = max(code, outcome.error.exit_code)
        done += outcome.error is None
    if voice.as_json:
        voice.json({"schema": head["schema"], "exit_code": code} | head | {entries: listed})
    elif count > 1:
        voice.say(voice.label(tally, done=done, count=count))
    return code
