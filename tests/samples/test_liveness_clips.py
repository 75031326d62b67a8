"""Liveness clips: people do what the truth says, attacks obey geometry, and no half clip stays on disk."""

from __future__ import annotations

import collections
import dataclasses
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples.liveness import plans, store
from samples.liveness.__main__ import contact_sheet
from samples.liveness.acts import GESTURES, Event, Manner, Performance, clip_of, level, perform
from samples.liveness.attacks import SPECIES, Attack
from samples.liveness.cast import PROOF, SKIN_TONES, TUNING, head_height
from samples.liveness.optics import Bend, Pose, Sheet, from_bent, from_flat, lens, sheet_to_frame
from samples.liveness.replays import framed
from samples.liveness.sets import QUICK_ATTACKS, attacks, bona_fide
from samples.liveness.stills import Picture
from samples.portrait.camera import PIVOT, stage
from samples.portrait.clip import value_at
from samples.portrait.parameters import Portrait

FACE = Portrait(size_wh=(80, 60), focal_35mm=30, distance_mm=480, position=(0.5, 0.45), hair="none", noise=0.0, seed=4)
BLINK = Event("blink", 0.2, 0.55, 1.0, (0.32, 0.4))
LEFT = Event("turn-left", 0.65, 1.25, 25.0, (0.9, 1.0))
STEADY = Manner(shake_deg=0.0)


def performance(*events: Event, seconds: float = 1.4, **change: Any) -> Performance:
    given = {"fps": 10.0, "seconds": seconds, "manner": STEADY}
    return Performance("proof-0", FACE, tuple(e.kind for e in events), events, **{**given, **change})


@dataclasses.dataclass(frozen=True)
class Squares:
    """A take of plain frames; it ends in the middle where `stops_at` says, or dawdles."""

    count: int = 5
    grey: int = 60
    fps: float = 15.0
    stops_at: int | None = None
    pause_s: float = 0.0

    def parameters(self) -> dict[str, Any]:
        return {"count": self.count, "grey": self.grey}

    def truth(self) -> dict[str, Any]:
        return {"species": "squares"}

    def film(self, folder: Path) -> Iterator[store.Shown]:
        for k in range(self.count):
            if k == self.stops_at:
                raise RuntimeError("the lens cap")
            time.sleep(self.pause_s)
            yield store.Shown(np.full((48, 64, 3), (self.grey + 20 * k, 90, 30), np.uint8), {"number": k})


# the cast


def test_no_head_is_in_both_sets() -> None:
    for unlike in ("name", "portrait.seed", "portrait.proportions"):
        values = [
            {getattr(p, unlike) if "." not in unlike else getattr(p.portrait, unlike[9:]) for p in cast}
            for cast in (TUNING, PROOF)
        ]
        assert not values[0] & values[1]
    assert len(TUNING) >= 14
    assert len(PROOF) >= 45


@pytest.mark.parametrize("cast", [TUNING, PROOF], ids=["tuning", "proof"])
def test_skin_tones_are_even_and_a_quarter_wears_glasses(cast: tuple[Any, ...]) -> None:
    tones = collections.Counter(min(SKIN_TONES, key=lambda t: abs(t - p.portrait.skin_lightness)) for p in cast)
    assert max(tones.values()) - min(tones.values()) <= 1
    worn = sum(p.portrait.glasses != "none" for p in cast)
    assert worn == pytest.approx(len(cast) / 4, abs=1)
    assert {p.portrait.hair for p in cast} == {"short", "long", "tall", "strands", "none", "covering"}


# what people do


@pytest.mark.parametrize("which", ["tuning", "proof"])
def test_bona_fide_clips_keep_to_what_people_do(which: Any) -> None:
    lasts = {
        "blink": (0.12, 0.38),
        "turn-left": (0.8, 2.05),
        "turn-right": (0.8, 2.05),
        "nod": (0.5, 1.0),
        "open-mouth": (0.4, 0.9),
        "move-closer": (0.7, 2.8),
    }
    reaches = {
        "blink": (1, 1),
        "turn-left": (18, 32),
        "turn-right": (18, 32),
        "nod": (12, 22),
        "open-mouth": (0.45, 0.9),
        "move-closer": (0.22, 0.35),
    }
    for clip in bona_fide(which):
        asked = [e for e in clip.events if e.asked]
        assert tuple(e.kind for e in asked) == clip.asked
        assert any(kind.startswith("turn") for kind in clip.asked)
        assert len(set(clip.asked)) == len(clip.asked)
        assert 4.0 <= clip.seconds <= 8.1
        now = 0.8
        for k, event in enumerate(asked):
            pause = event.start_s - now
            assert 0.35 - 1e-3 <= pause <= (0.9 if k else 1.3) + 1e-3
            now = event.end_s
        assert clip.seconds - now >= 0.4 - 1e-3
        for event in clip.events:
            low, high = lasts[event.kind]
            assert low - 2e-3 <= event.end_s - event.start_s <= high + 2e-3
            low, high = reaches[event.kind]
            assert low <= event.amplitude <= high
        for spare in (e for e in clip.events if not e.asked):
            assert spare.kind == "blink"
            assert all(spare.end_s < e.start_s or spare.start_s > e.end_s for e in asked)


def test_the_proof_is_large_even_and_fits_its_frames() -> None:
    clips = bona_fide("proof")
    assert len(clips) >= 156
    assert sum(clip.fps == 30 for clip in clips) >= 20
    assert {clip.person for clip in clips} == {p.name for p in PROOF}
    asked = collections.Counter(kind for clip in clips for kind in clip.asked)
    assert set(asked) == set(GESTURES)
    assert max(asked.values()) <= 1.3 * min(asked.values())
    heights = [head_height(clip.portrait) for clip in clips if clip.portrait.size_wh[0] > clip.portrait.size_wh[1]]
    assert 0.4 <= min(heights) <= max(heights) <= 0.62


def test_a_blink_falls_faster_than_it_rises() -> None:
    for clip in bona_fide("proof"):
        for event in clip.events:
            if event.kind == "blink":
                assert event.peak_s[0] - event.start_s < event.end_s - event.peak_s[1] + 1e-3


def test_events_grow_hold_and_end() -> None:
    assert [level(LEFT, t) for t in (0.0, 0.65, 0.9, 0.95, 1.0, 1.25, 2.0)] == [0, 0, 1, 1, 1, 0, 0]
    assert 0 < level(LEFT, 0.7) < level(LEFT, 0.8) < 1
    near = Event("move-closer", 0.2, 0.8, 0.3, (0.6, 0.8))
    assert level(near, 5.0) == 1


def test_the_truth_is_what_is_drawn() -> None:
    facts = [shown.facts for shown in performance(BLINK, LEFT).film(Path())]
    gaps = np.array([f["lid_gap_px"] for f in facts])
    assert gaps[4].max() < 0.25 * gaps[0].min()
    assert gaps[6].min() > 0.9 * gaps[0].min()
    yaw = [f["yaw_deg"] for f in facts]
    assert max(yaw) == yaw[9] == 25.0
    assert yaw[0] == yaw[13] == 0.0
    eyes = np.array([f["eyes"] for f in facts])
    assert eyes[9].mean(0)[0] > eyes[0].mean(0)[0] + 3  # the own left is the image right
    assert np.ptp(eyes[9], 0)[0] < np.ptp(eyes[0], 0)[0]


@pytest.mark.parametrize(
    "event",
    [
        LEFT,
        Event("turn-right", 0.2, 1.2, 31.0, (0.6, 0.8)),
        Event("nod", 0.2, 1.2, 20.0, (0.6, 0.8)),
    ],
    ids=lambda e: e.kind,
)
def test_the_neck_stays_while_the_head_turns(event: Event) -> None:
    """Where the head turns about is the same point before the camera in every frame."""
    clip = clip_of(performance(event, manner=dataclasses.replace(STEADY, turn_pitch=0.1, turn_roll=-0.1)))
    rest = stage(FACE)[1].to_camera(PIVOT)
    moved = 0.0
    for seconds in np.arange(clip.frames) / clip.fps:
        now = {name: value_at(keys, seconds) for name, keys in clip.curves.items()}
        position = now["position_x"], now["position_y"]
        posed = dataclasses.replace(
            FACE,
            position=position,
            **{name: now[name] for name in ("yaw_deg", "pitch_deg", "roll_deg", "distance_mm")},
        )
        assert stage(posed)[1].to_camera(PIVOT) == pytest.approx(rest, abs=1e-6)
        moved = max(moved, float(np.hypot(*(np.array(position) - FACE.position) * FACE.size_wh)))
    assert moved > 2


def test_coming_closer_enlarges_the_head_in_place() -> None:
    near = Event("move-closer", 0.1, 0.9, 0.3, (0.5, 0.9))
    clip = clip_of(performance(near, seconds=1.0))
    assert clip.curves["distance_mm"][-1][1] == pytest.approx(0.7 * 480)
    assert clip.curves["position_x"][-1][1] == pytest.approx(FACE.position[0])
    assert clip.curves["position_y"][-1][1] == pytest.approx(FACE.position[1])


def test_the_same_performance_gives_the_same_frames() -> None:
    one, two = (performance(BLINK, seconds=0.5) for _ in range(2))
    assert store.digest(one) == store.digest(two)
    for a, b in zip(one.film(Path()), two.film(Path()), strict=True):
        assert np.array_equal(a.pixels, b.pixels)
        assert a.facts == b.facts
    assert perform("x", FACE, ("nod", "turn-left"), 5) == perform("x", FACE, ("nod", "turn-left"), 5)
    darker = dataclasses.replace(one, portrait=dataclasses.replace(FACE, skin_lightness=30.0))
    assert store.digest(darker) != store.digest(one)


# on disk


def test_a_stored_clip_plays_as_it_was_filmed(tmp_path: Path) -> None:
    clip = store.stored(Squares(), tmp_path)
    assert clip.truth == {
        **{"species": "squares", "size_wh": [64, 48], "fps": 15.0, "count": 5},
        "frames": [{"number": k} for k in range(5)],
    }
    seen = list(store.frames(clip.path))
    assert [round(seconds * 15) for _, seconds in seen] == [0, 1, 2, 3, 4]
    for k, (pixels, _) in enumerate(seen):
        assert pixels.shape == (48, 64, 3)
        assert np.abs(pixels.astype(int) - (60 + 20 * k, 90, 30)).max() <= 4  # RGB, but for the compression


def test_a_clip_on_disk_is_not_filmed_again(tmp_path: Path) -> None:
    store.stored(Squares(), tmp_path)
    assert store.is_stored(Squares(), tmp_path)
    assert store.stored(Squares(stops_at=0), tmp_path).truth["count"] == 5  # it would raise
    assert not store.is_stored(Squares(grey=10), tmp_path)


def test_a_clip_that_fails_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="lens cap"):
        store.stored(Squares(stops_at=3), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_killed_leaves_no_half_clip(tmp_path: Path) -> None:
    """What it left is swept when the clip is filmed again."""
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]);"
        "from tests.samples.test_liveness_clips import Squares; from samples.liveness import store;"
        "store.stored(Squares(pause_s=30.0), Path(sys.argv[1]))"
    )
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(root)], cwd=root) as process:
        for _ in range(600):
            if list(tmp_path.glob(".partial-*")):
                break
            time.sleep(0.05)
        process.kill()
    assert [p.name.startswith(".partial-") for p in tmp_path.iterdir()] == [True]
    assert not store.is_stored(Squares(), tmp_path)
    assert store.stored(Squares(), tmp_path).truth["count"] == 5
    assert [p.name for p in tmp_path.iterdir()] == [store.digest(Squares())]


def test_what_is_missing_is_filmed_by_processes(tmp_path: Path) -> None:
    takes = [performance(BLINK, seconds=0.3), performance(LEFT, seconds=0.3)]
    store.stored(takes[0], tmp_path)
    assert list(store.fill(takes, 1, tmp_path)) == [(0, 1), (1, 1)]
    assert all(store.is_stored(take, tmp_path) for take in takes)
    assert list(store.fill(takes, 1, tmp_path)) == [(0, 0)]


def test_a_file_that_is_no_video_is_told(tmp_path: Path) -> None:
    (tmp_path / "clip.avi").write_bytes(b"no video")
    with pytest.raises(OSError, match=r"clip\.avi"):
        next(store.frames(tmp_path / "clip.avi"))


def test_a_contact_sheet_shows_twelve_frames(tmp_path: Path) -> None:
    sheet = contact_sheet(store.stored(Squares(count=12, grey=0), tmp_path).path)
    assert sheet.shape == (3 * 240, 4 * 320, 3)
    assert np.abs(sheet[-100, -100].astype(int) - (220, 90, 30)).max() <= 4


# paper before the camera

angles = st.floats(-45, 45)
poses = st.builds(
    Pose,
    yaw_deg=angles,
    pitch_deg=angles,
    roll_deg=st.floats(-10, 10),
    pivot_mm=st.tuples(st.floats(-60, 60), st.floats(-60, 60), st.floats(300, 700)),
)
CAMERA = lens((64, 48), 30)
PAPER = Sheet(np.zeros((100, 80, 3), np.float32), np.ones((100, 80), np.float32), 2.0, (38.0, 44.0))


@given(pose=poses, x=st.floats(0, 80), y=st.floats(0, 100))
def test_a_flat_sheet_is_seen_where_its_points_are(pose: Pose, x: float, y: float) -> None:
    in_space = pose.turn @ ((x - 38) * 2, (y - 44) * 2, 0) + pose.pivot_mm
    u, v, depth = sheet_to_frame(PAPER, pose, CAMERA) @ (x, y, 1)
    assert depth == pytest.approx(in_space[2])
    assert (u / depth, v / depth) == pytest.approx(tuple(CAMERA.project(in_space)), abs=1e-6)


@given(pose=poses)
@settings(max_examples=25)
def test_each_sample_of_a_flat_sheet_is_seen_through_its_pixel(pose: Pose) -> None:
    x, y, normal = from_flat(PAPER, pose, CAMERA, 2)
    seen = np.isfinite(x) & (np.abs(x) < 500) & (np.abs(y) < 500)
    u, v, depth = sheet_to_frame(PAPER, pose, CAMERA) @ np.stack([x[seen], y[seen], np.ones(seen.sum())])
    row, column = np.nonzero(seen)
    assert np.abs(u / depth - (column + 0.5) / 2).max(initial=0) < 0.02
    assert np.abs(v / depth - (row + 0.5) / 2).max(initial=0) < 0.02
    assert normal == pytest.approx(pose.turn @ (0, 0, -1), abs=1e-6)


@given(
    pose=poses,
    radius=st.floats(80, 400),
    hollow=st.booleans(),
    slant=st.floats(-30, 30),
)
@settings(max_examples=40)
def test_each_sample_of_a_bent_sheet_is_seen_through_its_pixel(
    pose: Pose, radius: float, hollow: bool, slant: float
) -> None:
    """Points of the sheet, wound round the cylinder by their length along it, project to where they were found."""
    radius = -radius if hollow else radius
    x, y, normals = from_bent(PAPER, pose, Bend(1 / radius, slant), CAMERA, 1)
    a = np.radians(slant)
    across, along = np.array([np.cos(a), np.sin(a)]), np.array([-np.sin(a), np.cos(a)])
    on_sheet = np.stack([(x - 38) * 2, (y - 44) * 2], -1).astype(float)
    arc, q = on_sheet @ across, on_sheet @ along
    seen = np.isfinite(arc) & (np.abs(arc) < abs(radius)) & (np.abs(q) < 400)
    angle = arc[seen] / radius
    p, z = radius * np.sin(angle), radius * (1 - np.cos(angle))
    flat = np.outer(across, p) + np.outer(along, q[seen])
    in_space = pose.turn @ np.vstack([flat, z]) + np.array(pose.pivot_mm)[:, None]
    front = in_space[2] > 50
    found = CAMERA.project(in_space[:, front])
    row, column = (n[front] for n in np.nonzero(seen))
    assert np.abs(found[0] - column - 0.5).max(initial=0) < 0.05
    assert np.abs(found[1] - row - 0.5).max(initial=0) < 0.05
    lengths = np.linalg.norm(normals[seen], axis=-1)
    assert np.abs(lengths - 1).max(initial=0) < 1e-4


@given(pose=poses)
@settings(max_examples=25)
def test_a_sheet_that_is_hardly_bent_is_flat(pose: Pose) -> None:
    flat = from_flat(PAPER, pose, CAMERA, 1)
    bent = from_bent(PAPER, pose, Bend(1e-8), CAMERA, 1)
    near = np.isfinite(bent[0]) & (np.abs(flat[0]) < 300) & (np.abs(flat[1]) < 300)
    assert near.any()
    for k in (0, 1):
        assert np.abs(flat[k] - bent[k])[near].max() < 0.05


def test_a_photo_is_framed_by_its_face() -> None:
    pixels = np.zeros((400, 500, 3), np.uint8)
    pixels[178:182, 208:212], pixels[178:182, 248:252] = 255, 255
    picture = Picture(pixels, np.array([[210.0, 180], [250, 180]]), 120.0)
    seen = framed(picture, (320, 240), 0.5)[..., 0]
    _, _, boxes, middles = cv2.connectedComponentsWithStats((seen > 128).astype(np.uint8))
    assert len(boxes) == 3
    assert middles[1:].mean(0) + 0.5 == pytest.approx((160, 0.46 * 240), abs=0.6)
    assert abs(middles[2][0] - middles[1][0]) == pytest.approx(40)  # the head of 120 px becomes half of 240


# the attacks


@dataclasses.dataclass(frozen=True)
class Board:
    """A photo of nothing: a coloured ramp with dark eyes."""

    def parameters(self) -> dict[str, Any]:
        return {}

    def open(self, folder: Path) -> Picture:
        y, x = np.mgrid[:160, :128]
        pixels = np.stack([x * 2, 255 - y, y], -1).astype(np.uint8)
        pixels[66:74, 40:52], pixels[66:74, 76:88] = 20, 20
        return Picture(pixels, np.array([[46.0, 70], [82, 70]]), 110.0)


OTHER = dataclasses.replace(performance(BLINK), person="proof-1", portrait=dataclasses.replace(FACE, seed=9))
VARIANTS = {
    "still": ("frozen", "panned", "flickering"),
    "tilted-print": ("filling", "bordered", "held"),
    "bent-print": ("filling/steady", "held/flexed", "bordered/hollow"),
    "eye-holes": ("bordered",),
    "screen-replay": ("bezel", "close", "still-close"),
    "loop": ("round-fresh",),
    "wrong-challenge": ("order",),
    "swap": ("neutral-aligned",),
    "injection": ("burst-into-other",),
}


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.mark.parametrize(
    ("species", "variant"), [(s, v) for s, variants in VARIANTS.items() for v in variants], ids=lambda v: v
)
def test_each_species_gives_a_file_that_plays(species: str, variant: str, filmed: Path) -> None:
    clips = (performance(BLINK), OTHER)[: 2 if species in ("swap", "injection") else 1]
    photo = species in ("still", "tilted-print", "bent-print", "eye-holes") or variant.startswith("still")
    plan = ((0, 2), (0, 3), (0, 4), (-1, 4), (len(clips) - 1, 3)) if species not in VARIANTS or not photo else ()
    attack = Attack(
        species,
        variant,
        "proof-0",
        7,
        ("blink", "turn-left"),
        (BLINK,),
        (96, 72),
        15.0,
        5 / 15,
        Board() if photo else None,
        () if photo and species != "eye-holes" else clips,
        plan,
    )
    clip = store.stored(attack, filmed)
    seen = list(store.frames(clip.path))
    video = cv2.VideoCapture(str(clip.path))
    assert video.get(cv2.CAP_PROP_FPS) == 15
    video.release()
    assert len(seen) == clip.truth["count"] == len(clip.truth["frames"]) == 5
    assert {pixels.shape for pixels, _ in seen} == {(72, 96, 3)}
    assert clip.truth["species"] == species
    assert all(pixels.std() > 5 for pixels, _ in seen[:3])


def test_every_species_is_tried() -> None:
    assert list(VARIANTS) == list(SPECIES)


@pytest.mark.parametrize("species", SPECIES)
def test_attacks_are_made_of_their_own_sets_heads(species: str) -> None:
    for which, cast, least in (("tuning", TUNING, 8), ("proof", PROOF, 30)):
        made = attacks(species, which)  # type: ignore[arg-type]
        names = {p.name for p in cast}
        assert len(made) >= least
        assert len({store.digest(attack) for attack in made}) == len(made)
        for attack in made:
            assert {attack.person, *(clip.person for clip in attack.clips)} <= names
            assert 3.0 <= attack.seconds <= 8.1
            assert len(attack.asked) >= 2
    quick = {clip for attack in attacks(species, "proof", quick=True) for clip in attack.clips}
    assert len(attacks(species, "proof", quick=True)) == QUICK_ATTACKS == 3
    assert quick <= set(bona_fide("proof", quick=True))


def shown(attack: Attack) -> list[str]:
    """The gestures whose peaks are seen, in the order of their frames."""
    out: list[str] = []
    for number, frame in attack.plan:
        if number < 0:
            continue
        clip = attack.clips[number]
        out += [event.kind for event in clip.events if frame == round(sum(event.peak_s) / 2 * clip.fps)]
    return out


def test_challenges_are_answered_in_order_only() -> None:
    assert plans.answers(["blink", "nod", "turn-left"], ["blink", "turn-left"])
    assert not plans.answers(["turn-left", "blink"], ["blink", "turn-left"])


@pytest.mark.parametrize("which", ["tuning", "proof"])
def test_a_wrong_challenge_is_not_answered(which: Any) -> None:
    for attack in attacks("wrong-challenge", which):
        assert not plans.answers(shown(attack), attack.asked)  # type: ignore[arg-type]
        assert sorted(attack.asked) == sorted(attack.clips[0].asked) or attack.variant == "gestures"
    for attack in attacks("screen-replay", which):
        done = [e.kind for e in sorted(attack.events, key=lambda e: e.start_s)]
        assert not plans.answers(done, attack.asked)


def test_a_loop_reaches_its_challenge_in_the_second_round() -> None:
    for attack in attacks("loop", "proof"):
        frames = [frame for _, frame in attack.plan]
        once = next(k for k in range(2, len(frames)) if frames[k : k + 2] == frames[:2])
        assert 1.0 <= once / attack.fps <= 6.0
        assert frames[once : 2 * once] == frames[: len(frames[once : 2 * once])]
        first_round = dataclasses.replace(attack, plan=attack.plan[:once])
        assert set(attack.asked) <= set(shown(first_round))
        if not attack.variant.startswith("ping-pong"):
            assert not plans.answers([g for g in shown(first_round) if g in attack.asked], attack.asked)  # type: ignore[arg-type, misc]


def test_a_swap_shows_two_persons_who_answer_together() -> None:
    for attack in attacks("swap", "proof"):
        first, second = attack.clips
        assert first.person != second.person
        assert first.portrait.proportions != second.portrait.proportions
        numbers = [number for number, _ in attack.plan if number >= 0]
        assert numbers == sorted(numbers)
        assert {0, 1} == set(numbers)
        assert ("empty" in attack.variant) == any(number < 0 for number, _ in attack.plan)
        if "turned" not in attack.variant:
            assert plans.answers(shown(attack), attack.asked)  # type: ignore[arg-type]


def test_injected_frames_are_of_another_stream() -> None:
    variants = collections.Counter()
    for attack in attacks("injection", "proof"):
        variants[attack.variant] += 1
        runs = sum(a != b + 1 for (_, a), (_, b) in zip(attack.plan[1:], attack.plan, strict=False))
        assert runs > 0
        if attack.variant == "duplicates":
            assert len(set(attack.plan)) < len(attack.plan)
            assert attack.asked[0] == attack.asked[-1]
    assert set(variants) == {"single-into-still-fresh", "burst-into-still-fresh", "burst-into-other", "duplicates"}
