"""rembg's u2netp on the same photos: its cut-out alone, neither face nor frame nor card."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from benchmarks.batch.floor import rate_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["rembg_rate"]


def rembg_rate(data: bytes, workers: int, photos: int) -> float | None:
    """Photos a second, `workers` processes of one thread each; None where rembg or its weights are not there."""
    folder = Path(os.environ.get("U2NET_HOME", Path.home() / ".u2net"))
    try:
        import rembg  # noqa: F401
    except ImportError:
        return None
    return rate_of(_cut, data, workers, photos) if (folder / "u2netp.onnx").exists() else None


def _cut(data: bytes) -> Callable[[], Any]:
    import onnxruntime as ort
    from rembg import remove
    from rembg.sessions import sessions_class

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    known = {cls.name(): cls for cls in sessions_class}
    session = known["u2netp"]("u2netp", options, ["CPUExecutionProvider"])
    return lambda: remove(Image.open(io.BytesIO(data)), session=session)
