"""What other packages make of the same photos; each is left out where it, or its weights, are not there."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from benchmarks.matting.ours import Cut, known_on_card
from benchmarks.matting.scenes import on_card

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.matting.setting import Setting
    from ephoto.core.types import MattingEngine

__all__ = ["peers"]


def peers(selfie: MattingEngine) -> dict[str, Callable[[Setting], Cut]]:
    """By name, those that can run here."""
    return _pymatting(selfie) | _rembg()


def _pymatting(selfie: MattingEngine) -> dict[str, Callable[[Setting], Cut]]:
    try:
        from pymatting import estimate_alpha_cf, estimate_foreground_ml
    except ImportError:
        return {}

    def closed_form(setting: Setting) -> Cut:
        person, unknown = known_on_card(setting, selfie)
        trimap = np.where(unknown, 0.5, person.astype(np.float64))
        picture = setting.pixels.astype(np.float64) / 255
        start = time.perf_counter()
        alpha = estimate_alpha_cf(picture, trimap)
        foreground = estimate_foreground_ml(picture, alpha)
        ms = 1e3 * (time.perf_counter() - start)
        return Cut(alpha, 255 * alpha[..., None] * foreground, ms, ms)

    return {"closed form + multi-level": closed_form}


def _rembg() -> dict[str, Callable[[Setting], Cut]]:
    folder = Path(os.environ.get("U2NET_HOME", Path.home() / ".u2net"))
    names = [name for name in ("u2netp", "u2net") if (folder / f"{name}.onnx").exists()]
    try:
        import onnxruntime as ort
        from rembg.bg import decontaminate_cutout, naive_cutout
        from rembg.sessions import sessions_class
    except ImportError:
        return {}
    classes = {cls.name(): cls for cls in sessions_class}
    found: dict[str, Callable[[Setting], Cut]] = {}
    for name in names:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = classes[name](name, options, ["CPUExecutionProvider"])
        cache = _LastMask(session)
        for label, finish in (("", naive_cutout), (" + clean-up", decontaminate_cutout)):
            found[f"rembg {name}{label}"] = _cutout(cache, finish)
    return found


class _LastMask:
    """One mask a photo: both ways of finishing it share the network's pass, each is charged for it."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._photo: Any = None
        self._mask: Any = None
        self._ms = 0.0

    def of(self, setting: Setting, image: Any) -> tuple[Any, float]:
        if self._photo is not setting.photo:
            start = time.perf_counter()
            self._mask = self._session.predict(image)[0]
            self._ms = 1e3 * (time.perf_counter() - start)
            self._photo = setting.photo
        return self._mask, self._ms


def _cutout(cache: _LastMask, finish: Callable[[Any, Any], Any]) -> Callable[[Setting], Cut]:
    def cut(setting: Setting) -> Cut:
        image = Image.fromarray(setting.photo.pixels)
        mask, net_ms = cache.of(setting, image)
        start = time.perf_counter()
        rgba = np.asarray(finish(image, mask), np.float32)
        ms = 1e3 * (time.perf_counter() - start)
        alpha = rgba[..., 3] / 255
        card = setting.frames.card
        premultiplied = on_card(
            np.ascontiguousarray(alpha[..., None] * rgba[..., :3]), card.photo_to_card, card.size_wh
        )
        return Cut(on_card(alpha, card.photo_to_card, card.size_wh), premultiplied, net_ms + ms, ms)

    return cut
