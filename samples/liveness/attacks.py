"""The attack clips: what is presented instead of a person, and which sets of it there are.

Each is made of stills and clips of the same heads as the bona fide clips of its set, and of real photos where the
environment names a folder of them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from samples.liveness.eye_holes import eye_holes
from samples.liveness.prints import bent_print, tilted_print
from samples.liveness.replays import from_plan, screen_replay, still
from samples.liveness.store import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from samples.liveness.acts import Event, Gesture, Performance
    from samples.liveness.stills import Picture, Source
    from samples.liveness.store import Shown

__all__ = ["SPECIES", "Attack"]

VERSION = 4  # raise it with every change that alters an attack


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack clip before it is made.

    `asked` is the challenge it answers and `events` when the attacker does what, or what stands for it, in the units of
    the gestures (a turned print's angle is not the angle that a face seems turned by). `person` is who is to be seen; a
    photo's `source` or the `clips` are what it is made of, and `plan` says for attacks that are cut from clips which
    frame of which clip comes when: (clip, frame), or (-1, grey level) for an empty one.
    """

    species: str
    variant: str
    person: str
    seed: int
    asked: tuple[Gesture, ...]
    events: tuple[Event, ...]
    size_wh: tuple[int, int]
    fps: float
    seconds: float
    source: Source | None = None
    clips: tuple[Performance, ...] = ()
    plan: tuple[tuple[int, int], ...] = ()

    @property
    def times(self) -> tuple[float, ...]:
        """The moment of each frame, s."""
        return tuple(k / self.fps for k in range(round(self.seconds * self.fps)))

    def picture(self, folder: Path) -> Picture:
        """The photo that it is made of."""
        if self.source is None:
            raise ValueError(f"{self.species} has no photo")
        return self.source.open(folder)

    def parameters(self) -> dict[str, Any]:
        """All that the clip depends on, as plain values."""
        plain = {
            name: getattr(self, name)
            for name in ("species", "variant", "person", "seed", "asked", "size_wh", "fps", "seconds", "plan")
        }
        return plain | {
            "version": VERSION,
            "events": [asdict(event) for event in self.events],
            "source": None if self.source is None else self.source.parameters(),
            "clips": [digest(clip) for clip in self.clips],
        }

    def truth(self) -> dict[str, Any]:
        """What is known of the clip as a whole."""
        return {
            "species": self.species,
            "variant": self.variant,
            "person": self.person,
            "seed": self.seed,
            "asked": list(self.asked),
            "events": [asdict(event) for event in self.events],
            "seconds": self.seconds,
        }

    def film(self, folder: Path) -> Iterator[Shown]:
        """Make the frames."""
        return SPECIES[self.species](self, folder)


SPECIES: dict[str, Callable[[Attack, Path], Iterator[Shown]]] = {
    "still": still,
    "tilted-print": tilted_print,
    "bent-print": bent_print,
    "eye-holes": eye_holes,
    "screen-replay": screen_replay,
    "loop": from_plan,
    "wrong-challenge": from_plan,
    "swap": from_plan,
    "injection": from_plan,
}
