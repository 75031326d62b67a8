"""A liveness session: fed with frames, it asks, guides, and in the end decides. See docs/liveness.md."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ephoto.core.errors import UsageError
from ephoto.core.settings import Settings
from ephoto.faces import engines
from ephoto.liveness import continuity, rest
from ephoto.liveness.best import Candidates
from ephoto.liveness.eyes import openness
from ephoto.liveness.gestures import Episode, found
from ephoto.liveness.guidance import guide
from ephoto.liveness.memory import Memory
from ephoto.liveness.mouth import mouth_likeness, mouth_picture
from ephoto.liveness.observe import Observer, small
from ephoto.liveness.relief import anchored
from ephoto.liveness.rules import rules
from ephoto.liveness.screening import limits
from ephoto.liveness.values import Evidence, Update, Verdict
from ephoto.liveness.verdict import decided

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.liveness.best import BestFrame
    from ephoto.liveness.challenge import Challenge
    from ephoto.liveness.observe import FacePart, Look
    from ephoto.liveness.passive import PassiveEngine
    from ephoto.liveness.values import Prompt

__all__ = ["Session"]

_PICTURES = 30  # of the eyes while the face at rest is learnt: a second's, at the most


class Session:
    """One person, one challenge, one verdict.

    Parameters
    ----------
    challenge : what to ask (liveness.challenge.draw)
    faces : a face engine's name, or an Observer to share the loaded nets between sessions
    passive : a further score that never decides alone
    keep_best : how many frames at rest are kept for a card; 0 keeps no frame
    """

    def __init__(
        self,
        challenge: Challenge,
        *,
        faces: str | Observer = "embedded",
        settings: Settings | None = None,
        passive: PassiveEngine | None = None,
        keep_best: int = 0,
    ) -> None:
        self._observer = (
            faces if isinstance(faces, Observer) else Observer(engines.build(faces, settings or Settings()))
        )
        self._passive = passive
        self._memory = Memory(challenge)
        self._best = Candidates(keep_best)

    @property
    def challenge(self) -> Challenge:
        return self._memory.challenge

    @property
    def verdict(self) -> Verdict | None:
        return self._memory.verdict

    def best_frames(self) -> tuple[BestFrame, ...]:
        """The frames kept for a card, best first; none unless `keep_best` asked for them."""
        return self._best.frames()

    def feed(self, pixels: NDArray[np.uint8], seconds: float) -> Update:
        """Look at one frame.

        Parameters
        ----------
        pixels : (H, W, 3) uint8 RGB, not mirrored; it is not changed
        seconds : when it was taken, on any clock that runs forward

        Raises
        ------
        UsageError
            "bad_array"; "clock_backwards" where a frame is not later than the one before, or its time is not finite.
        """
        m = self._memory
        if m.verdict is not None:
            return self._update(seconds, ())
        _refuse(pixels, seconds, m.last_s)
        before, m.last_s = m.last_s, seconds
        m.started_s = seconds if m.started_s is None else m.started_s
        look = self._look(np.ascontiguousarray(pixels), seconds)
        whole = small(look.pyramid)
        guidance = guide(look, m.series, still=m.prompt == "look", rest=m.rest)
        restarted = self._broken(look, before)
        if restarted is None:
            close = m.screening.see(look, whole, guidance)
            if close and m.anchor_small is not None and m.at_rest is not None:
                m.screening.surrounded(m.anchor_small, m.at_rest, look, whole)
            if look.face is not None:
                self._measure(look, look.face, before)
                guidance += self._go_on(look, look.face, whole, guidance)
        if m.verdict is None:
            self._overdue(seconds)
        return replace(self._update(seconds, guidance), restarted=restarted)

    def finish(self) -> Verdict:
        """The stream is over: the verdict on what was seen."""
        if self._memory.verdict is None:
            self._decide("stream_ended")  # after the last gesture, too: who made it is known at rest
        verdict = self._memory.verdict
        if verdict is None:
            raise RuntimeError("a decision leaves a verdict")
        return verdict

    def to_state(self, *, pixels: bool = False) -> bytes:
        """The session as JSON, to be held elsewhere between two frames.

        With `pixels` it holds small grey pictures of the face and the frame, and goes on where it was. Without them no
        picture is in it, and `from_state` begins anew: nobody could tell whether it is the same person who goes on.
        Frames kept for a card are never in it.
        """
        return self._memory.to_state(pixels=pixels)

    @classmethod
    def from_state(
        cls,
        state: bytes,
        *,
        faces: str | Observer = "embedded",
        settings: Settings | None = None,
        passive: PassiveEngine | None = None,
        keep_best: int = 0,
    ) -> Session:
        """The session that `to_state` told.

        Raises
        ------
        UsageError
            "state_unfit" where it is not one, or of another version.
        """
        memory = Memory.from_state(state)
        session = cls(memory.challenge, faces=faces, settings=settings, passive=passive, keep_best=keep_best)
        session._memory = memory
        return session

    def _look(self, pixels: NDArray[np.uint8], seconds: float) -> Look:
        m = self._memory
        every = rules().lost_search_s if m.landmarks is None else rules().search_every_s
        search = seconds - m.searched_s >= every
        look = self._observer.look(pixels, seconds, m.landmarks, search=search)
        m.searched_s = seconds if look.searched else m.searched_s
        m.landmarks = None if look.face is None else look.face.landmarks
        return look

    def _broken(self, look: Look, before: float | None) -> str | None:
        """Why the session begins anew with this frame, if it does.

        What is not under way yet forgets what it saw as well, but nobody need be told.
        """
        m, r = self._memory, rules()
        under_way = m.prompt != "look" or m.step > 0
        reason = None
        if look.face is None and m.lost_s is None:
            m.lost_s = look.seconds if before is None else before
        if any(share >= r.other_face for share in look.others):
            reason = "second_face"
        elif before is not None and look.seconds - before > r.longest_gap_s:
            reason = "time_gap"
        elif m.size_wh is not None and tuple(m.size_wh) != look.size_wh:
            reason = "size_changed"  # lengths are in px: who came closer could not be told from more px
        elif m.lost_s is not None and look.seconds - m.lost_s >= r.lost_s:
            reason = "no_face"
        if look.face is not None:
            m.lost_s = None
        m.size_wh = look.size_wh
        if reason is None:
            return None
        if not under_way:
            m.clear()
            return None
        self._best.clear()
        m.restart(look.seconds)
        if m.restarts > r.most_restarts:
            self._decide("too_many_restarts")
        return reason

    def _measure(self, look: Look, face: FacePart, before: float | None) -> None:
        """The frame's row, and how far it is from the one before."""
        m = self._memory
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        changed = 0.0 if m.view is None else continuity.change(m.view, face.view.grey)
        if len(m.series) and before is not None and m.view is not None:
            last = m.series.last(1)
            way = float(np.hypot(x - last["x"][0], y - last["y"][0]))
            m.screening.speed = max(m.screening.speed, way / face.width_px / max(look.seconds - before, 1 / 60))
        m.view = face.view.grey
        eyes = None if m.eyes is None else openness(face.eyes, m.eyes)
        nan = float("nan")
        m.series.add(
            seconds=look.seconds,
            yaw=face.pose.yaw_deg,
            pitch=face.pose.pitch_deg,
            roll=face.pose.roll_deg,
            x=x,
            y=y,
            width=face.width_px,
            length=face.length_px,
            lid_right=face.lids[0],
            lid_left=face.lids[1],
            mouth=face.mouth,
            mouth_like=nan if m.mouth is None else mouth_likeness(face.view, m.mouth),
            open_right=nan if eyes is None else eyes.right,
            open_left=nan if eyes is None else eyes.left,
            like_right=nan if eyes is None else eyes.right_like,
            like_left=nan if eyes is None else eyes.left_like,
            change=changed,
            fingerprint=float(look.fingerprint),
        )
        if self._passive is not None:
            score = self._passive.score(look.pyramid.pixels, face.landmarks)
            m.screening.passive += [] if score is None else [score]

    def _go_on(
        self, look: Look, face: FacePart, whole: NDArray[np.uint8], guidance: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The challenge's next step with this frame; what else the person should mend."""
        m = self._memory
        if m.rest is None:
            return self._learn(look, face, whole, guidance)
        if rest.near(m.series, m.rest):
            if m.anchor_view is not None and m.at_rest is not None:
                m.screening.alike.append(continuity.likeness(m.anchor_view, face.view.grey))
                own, now = continuity.signature(m.at_rest), continuity.signature(face.landmarks)
                m.screening.unlike.append(continuity.unlike(own, now))
            self._best.offer(look, face, m.rest, m.series)
        if m.prompt == "look":
            last = m.step == len(m.challenge.gestures)
            if rest.settled(m.series, m.rest, m.prompt_s, rules().last_back_s if last else rules().back_s):
                self._next(look.seconds)
            return ()
        self._screen_turn(face)
        self._answered(look)
        return ()

    def _next(self, seconds: float) -> None:
        m = self._memory
        if m.step == len(m.challenge.gestures):
            self._decide(None)
        else:
            m.ask(m.challenge.gestures[m.step], seconds)

    def _learn(
        self, look: Look, face: FacePart, whole: NDArray[np.uint8], guidance: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The person's own face at rest, once it is steady and well seen."""
        m = self._memory
        if guidance:
            m.pictures, m.steady_s = [], None
            return ()
        m.pictures = [*m.pictures[-_PICTURES:], face.eyes]
        m.steady_s = look.seconds if m.steady_s is None else m.steady_s
        learnt = rest.learn(m.series.since(m.steady_s), m.pictures)
        if learnt is None:
            return ()
        if learnt[1] is None:  # eyes that cannot be seen cannot be asked to blink
            return ("uncover_face",)
        m.rest, m.eyes, m.pictures = learnt[0], learnt[1], []
        m.anchor, m.anchor_view, m.anchor_small = anchored(face.view, face.pose), face.view.grey, whole
        m.mouth, m.at_rest = mouth_picture(face.view), face.landmarks
        m.ask(m.challenge.gestures[m.step], look.seconds)
        return ()

    def _screen_turn(self, face: FacePart) -> None:
        """While a turn is asked, some looks at the turned head are compared with the one at rest."""
        m, lim = self._memory, limits()
        if m.anchor is None or not m.prompt.startswith("turn-") or m.looks >= lim.relief_most_looks:
            return
        if lim.relief_from_deg <= abs(face.pose.yaw_deg - m.anchor.yaw_deg) <= lim.relief_to_deg:
            m.looks += 1
            m.screening.turned(m.anchor, face)

    def _answered(self, look: Look) -> None:
        """Whether the asked gesture, or another one, has come since the prompt."""
        m = self._memory
        if m.rest is None or m.prompt_s is None:
            return
        columns = m.series.since(m.prompt_s)
        for episode in found(columns, m.rest, m.base_size):
            if not episode.whole or episode.end_s is None:
                continue
            if episode.gesture == m.prompt:
                if episode.start_s >= m.prompt_s + rules().reaction_s:
                    self._done(episode, look.seconds)
                    return
            elif episode.unmistakable and episode.start_s > m.prompt_s:
                m.evidence.append(_evidence(m.challenge.gestures[m.step], "wrong", episode))
                self._decide("gesture_wrong")
                return

    def _done(self, episode: Episode, seconds: float) -> None:
        m = self._memory
        m.evidence.append(_evidence(episode.gesture, "done", episode))
        m.step += 1
        m.ask("look", seconds)

    def _overdue(self, seconds: float) -> None:
        """What was asked did not come in time, or the whole takes too long."""
        m, r = self._memory, rules()
        since = m.prompt_s if m.prompt_s is not None else m.started_s
        if since is None or m.started_s is None:
            return
        if seconds - m.started_s > r.most_seconds:
            self._decide("time_over")
        elif m.prompt == "look" and seconds - since > r.look_s:
            self._decide("not_at_rest" if m.landmarks is not None else "no_face")
        elif m.prompt not in ("look", "done") and seconds - since > m.challenge.seconds_each:
            m.evidence.append(Evidence(m.challenge.gestures[m.step], "missing"))
            self._decide("gesture_missing")

    def _decide(self, reason: str | None) -> None:
        m = self._memory
        m.verdict = decided(m, reason)
        m.prompt = "done"
        if m.verdict.outcome != "live":
            self._best.clear()
        m.forget()

    def _update(self, seconds: float, guidance: tuple[str, ...]) -> Update:
        m, r = self._memory, rules()
        prompt: Prompt = "done" if m.verdict is not None else m.prompt
        limit = r.look_s if prompt == "look" else m.challenge.seconds_each
        since = m.prompt_s if m.prompt_s is not None else m.started_s
        left = 0.0 if prompt == "done" or since is None else max(limit - (seconds - since), 0.0)
        steps = len(m.challenge.gestures)
        done = (m.step + (m.rest is not None)) / (steps + 1)
        return Update(
            seconds=seconds,
            prompt=prompt,
            guidance=() if prompt == "done" else guidance,
            step=m.step,
            steps=steps,
            progress=1.0 if prompt == "done" else done,
            seconds_left=left,
            verdict=m.verdict,
        )


def _evidence(asked: Any, state: Any, episode: Episode) -> Evidence:
    return Evidence(
        asked,
        state,
        round(episode.start_s, 3),
        None if episode.end_s is None else round(episode.end_s, 3),
        round(episode.amplitude, 3),
        episode.unit,
        episode.gesture if episode.gesture != asked else None,
    )


def _refuse(pixels: NDArray[np.uint8], seconds: float, last: float | None) -> None:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or min(pixels.shape[:2]) < 32:
        raise UsageError("bad_array", problem=f"{pixels.dtype} {pixels.shape}, and a frame is uint8 (H, W, 3)")
    if not math.isfinite(seconds) or (last is not None and seconds <= last):
        raise UsageError("clock_backwards", seconds=seconds, before=last)
