"""The face engine that ephoto carries: detector, landmarks and irises on the embedded nets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.pyramid import Pyramid
from ephoto.core.types import Face, FoundBy, Photo
from ephoto.faces import iris, landmarks
from ephoto.faces.attempts import ATTEMPTS, COUNT_SMALL, COUNT_TINY, Attempt
from ephoto.faces.detect import FULL_RANGE, MIN_SCORE, SHORT_RANGE, Detection, Detector, overlaps
from ephoto.faces.iris import IrisNet
from ephoto.faces.landmarks import Mesh, MeshNet, roi_of_detection, roi_of_landmarks
from ephoto.faces.pose import calibrated, pose_of
from ephoto.faces.roi import Picture, Sampling
from ephoto.inference import litert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from ephoto.core.settings import Settings
    from ephoto.faces.detect import Finder

__all__ = ["EmbeddedFaces"]

MIN_MESH_LOGIT = 0.0  # the landmark net's own odds are even: below, what was detected is no face

# A face at or above it ends the search: bowed heads and profiles that were read the right way round gave 9 to 14,
# what is no face at most 0.2. Below it all attempts are made and every face that any of them confirmed counts.
SURE_MESH_LOGIT = 6.0

# A second face is often fainter to the detector than the first, small or dark ones most: those from this score on count
# if the landmark net is sure of them (19 and more on renders, at most 1 for what is no face on real photos), and if
# they are large enough to bear on the photo: a 25th of the first one's area, and the best few.
FAINT_SCORE = 0.18
_FAINT_AREA, _FAINT_COUNT = 0.04, 3

_SAME_FACE_IOU = 0.3  # of boxes around landmarks


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A detection that the landmark net confirmed."""

    found: Detection
    mesh: Mesh
    by: FoundBy

    @property
    def box(self) -> NDArray[np.float64]:
        """The box (4,) around the landmarks."""
        points = self.mesh.points.astype(np.float64)
        return np.concatenate([points.min(0), points.max(0)])


class EmbeddedFaces:
    """Finds faces with MediaPipe's nets; safe to call from several threads, keeps nothing from photo to photo.

    `sampling` "reference" and `looks` 1 give exactly what MediaPipe's own graphs give, for comparisons with it.
    `detectors` are used instead of the nets here, one for each name that `ATTEMPTS` asks for.
    """

    name = "embedded"

    def __init__(
        self,
        settings: Settings,
        *,
        sampling: Sampling = "exact",
        looks: int = 2,
        detectors: Mapping[str, Finder] | None = None,
    ) -> None:
        self._detectors = detectors or {
            layout.name: Detector(layout, litert.load(layout.model, settings)) for layout in (SHORT_RANGE, FULL_RANGE)
        }
        self._mesh = MeshNet(litert.load(landmarks.MODEL, settings), looks)
        self._iris = IrisNet(litert.load(iris.MODEL, settings))
        self._sampling: Sampling = sampling

    def find(self, photo: Photo) -> tuple[Face, ...]:
        """Every confirmed face, largest first; an empty tuple if there is none.

        The attempts of `ATTEMPTS` are made until one gives a face beyond doubt; if none does, the doubtful ones
        of all attempts count. `Face.found_by` says which attempt it was.
        """
        picture = Picture(photo.pyramid, self._sampling)
        faces = [self._measured(photo, picture, c) for c in self._search(picture)]
        return tuple(sorted(faces, key=lambda f: -f.area_px))

    def follow(self, pixels: NDArray[np.uint8], guess: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Landmarks (468, 2) on pixels (H, W, 3) of a face that is about at `guess` (468, 2); None if it is not.

        One invoke of the landmark net.
        """
        mesh = self._mesh.find(Picture(Pyramid(pixels), self._sampling), roi_of_landmarks(guess))
        return mesh.points if mesh.logit >= MIN_MESH_LOGIT else None

    def _search(self, picture: Picture) -> list[_Candidate]:
        doubtful: list[_Candidate] = []
        for attempt in ATTEMPTS:
            seen = self._look(picture, attempt)
            if any(c.mesh.logit >= SURE_MESH_LOGIT for c in seen):
                return self._counted(picture, seen, attempt)
            doubtful = _distinct([*doubtful, *seen])
        return doubtful

    def _look(self, picture: Picture, attempt: Attempt) -> list[_Candidate]:
        """The faces of one attempt, each confirmed by its landmarks; faint ones beside a sure one."""
        detector = self._detectors[attempt.detector]
        candidates, faint = [], []
        for roi in attempt.rois(picture.size_wh):
            for found in detector.find(picture, roi, faint_from=FAINT_SCORE):
                if found.score < MIN_SCORE:
                    faint.append((found, roi.turn_deg))
                    continue
                mesh = self._mesh.read(picture, roi_of_detection(found), roi.turn_deg)
                if mesh.logit >= MIN_MESH_LOGIT:
                    candidates.append(_Candidate(found, mesh, attempt.found_by))
        sure = max((c.found.size_px for c in candidates if c.mesh.logit >= SURE_MESH_LOGIT), default=np.inf)
        large = [one for one in faint if one[0].size_px ** 2 >= _FAINT_AREA * sure**2]
        for found, turn_deg in large[:_FAINT_COUNT]:
            mesh = self._mesh.read(picture, roi_of_detection(found), turn_deg)
            if mesh.logit >= SURE_MESH_LOGIT:
                candidates.append(_Candidate(found, mesh, attempt.found_by))
        return _distinct(candidates)

    def _counted(self, picture: Picture, seen: list[_Candidate], attempt: Attempt) -> list[_Candidate]:
        """The same faces, and others that the attempt's net is too coarse to see where all faces are small."""
        share = max(c.found.size_px for c in seen) / max(picture.size_wh)
        more = [Attempt("full_range", quarter_turns=attempt.quarter_turns)] if share < COUNT_SMALL else []
        more += [Attempt("full_range", "tiles")] if share < COUNT_TINY else []
        for again in more:
            if again != attempt:
                seen = _distinct([*seen, *self._look(picture, again)], keep=len(seen))
        return seen

    def _measured(self, photo: Photo, picture: Picture, candidate: _Candidate) -> Face:
        points = candidate.mesh.points
        x0, y0, x1, y1 = (float(v) for v in candidate.found.box)
        return Face(
            landmarks=points,
            irises=self._iris.find(picture, points),
            box_xyxy=(x0, y0, x1, y1),
            score=candidate.found.score,
            mesh_score=candidate.mesh.score,
            pose=calibrated(pose_of(points, photo.size_wh, photo.source.focal_35mm)),
            depth=candidate.mesh.depth,
            found_by=candidate.by,
        )


def _distinct(candidates: Iterable[_Candidate], keep: int = 0) -> list[_Candidate]:
    """One candidate a face, the most certain reading of each; the first `keep` stay whatever comes."""
    given = list(candidates)
    if len(given) < 2:
        return given
    kept = given[:keep]
    for one in sorted(given[keep:], key=lambda c: -c.mesh.logit):
        boxes = np.array([c.box for c in kept]).reshape(-1, 4)
        if overlaps(one.box, boxes).max(initial=0.0) <= _SAME_FACE_IOU:
            kept.append(one)
    return kept
