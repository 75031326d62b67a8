"""From what happened on the road to a Report: facts by step, findings by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ephoto.core.colour import hex_of
from ephoto.core.errors import UnmetError
from ephoto.core.findings import Finding, Report, judge
from ephoto.core.types import Framing
from ephoto.core.units import mm_from_px
from ephoto.framing.limits import limits as frame_limits
from ephoto.framing.measures import Build, measure, nearly
from ephoto.pipeline.render import frame
from ephoto.pipeline.toning import facts_of, finding_of, toning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ephoto.codec.encode import Encoded
    from ephoto.codec.probe import FileFacts
    from ephoto.core.types import Face
    from ephoto.pipeline.analyse import Analysis
    from ephoto.pipeline.checks import Checks
    from ephoto.pipeline.recheck import Checked
    from ephoto.pipeline.render import Made
    from ephoto.pipeline.request import Request
    from ephoto.pipeline.whole import WholeMatte
    from ephoto.specs.model import Rule, Spec

__all__ = ["card_report", "check_report", "photo_facts", "plan_report", "report_of"]

# Shares of the subject's face area: below, another face is a mere fact; from 25 % on it is refused before.
BYSTANDER_FACT = 0.04


def plan_report(analysis: Analysis, request: Request, framing: Framing) -> Report:
    """What would be made: facts of the photo, the face and the frame, and the rules as predicted."""
    facts = _facts(analysis, request, framing)
    findings = [*_photo_findings(analysis, framing), *_frame_findings(request.spec, framing, framing.measures)]
    toned = toning(analysis, request)
    if toned is not None:
        facts["tone"] = facts_of(toned)
        findings.append(finding_of(toned, request))
    return Report(request.spec.id, facts, tuple(findings))


def check_report(analysis: Analysis, request: Request, checks: Checks) -> tuple[Report, Framing | None]:
    """What the photo's own checks say, and the frame that the card would have; that there is none is a finding."""
    facts = photo_facts(analysis) | _measured(checks)
    try:
        framing = frame(analysis, request)
    except UnmetError as error:
        return Report(request.spec.id, facts, (*checks.findings, _unmet(error))), None
    planned = plan_report(analysis, request, framing)
    fits = Finding("frame_fits", "pass", "photo")
    return Report(request.spec.id, facts | planned.facts, (*checks.findings, fits, *planned.findings)), framing


def _unmet(error: UnmetError) -> Finding:
    """Why there is no frame: the photo does not reach as far as the card, or has too few pixels for it."""
    if error.code == "enlarge_forbidden":
        return Finding("enlarged", "fail", "photo", error.values["factor"], "times", None, 1.0, remedy="retake")
    sides = ", ".join(str(side) for side in error.values.get("sides", ()))
    return Finding("frame_fits", "fail", "photo", sides or None, remedy="retake", values={"error": error.code})


def card_report(analysis: Analysis, request: Request, file: FileFacts, checks: Checks) -> tuple[Report, Framing | None]:
    """A finished card that somebody made: its file and geometry against the spec, and the photo's own checks.

    Geometry is judged on a card of the spec's own size only.
    """
    spec, head = request.spec, analysis.head
    x, y = (float(v) for v in head.eye_mid)
    fits = analysis.photo.size_wh == spec.size_wh and not analysis.turned
    measures = measure(Build.of(head, analysis.hair_px), 1.0, x, y, spec.size_wh) if fits else None
    cut = ("hair_top_gap",) if analysis.contact.top else ()
    framing = Framing(np.eye(2, 3), spec.size_wh, measures or {}, cut, identity=True)
    facts = photo_facts(analysis) | _measured(checks)
    facts |= {
        "card": {
            "size_wh": list(file.size_wh),
            "dpi": file.dpi,
            "measures_px": _rounded(measures or {}),
            "roll_deg": round(head.roll_deg, 2),
        }
    }
    ground = _ground_finding(spec, analysis.photo.pixels, replaced=False)
    frames = _frame_findings(spec, framing, measures, "the card has another size")
    report = Report(spec.id, facts, (*checks.findings, *frames, *_file_findings(spec, file), ground))
    return report, framing if fits else None


def report_of(
    analysis: Analysis, request: Request, made: Made, checked: Checked, checks: Checks | None = None
) -> Report:
    """The whole report of a finished card; `checks` are the photo's own, if they were made."""
    facts = photo_facts(analysis) | _measured(checks) | _facts(analysis, request, made.framing)
    matte = made.matte
    if matte is not None:
        facts["matte"] = {
            "engine": matte.engine,
            "method": matte.method,
            "unknown_share": round(float(np.count_nonzero(matte.unknown) / matte.unknown.size), 4),
        }
    if made.toning is not None:
        facts["tone"] = facts_of(made.toning)
    facts["compose"] = {
        "background": "keep" if made.kept else request.background.name,
        "edited": not made.kept,
        "edit_rule": request.spec.background.edit,
    }
    encoded, window = made.encoded, request.spec.window
    facts["encode"] = {
        "format": request.spec.format,
        "bytes": len(encoded.data),
        "quality": encoded.quality,
        "subsampling": encoded.subsampling,
        "tries": encoded.tries,
        "profile": window.name,
        "window_bytes": [window.low, window.high],
        "preferred_bytes": [window.prefer_low, window.prefer_high],
    }
    facts["card"] = {
        "size_wh": list(checked.file.size_wh),
        "dpi": checked.file.dpi,
        "measures_px": _rounded(checked.measures or {}),
        "roll_deg": None if checked.roll_deg is None else round(checked.roll_deg, 2),
    }
    findings = [
        *(() if checks is None else checks.findings),
        *_photo_findings(analysis, made.framing),
        *_frame_findings(request.spec, made.framing, checked.measures),
        *_file_findings(request.spec, checked.file, encoded),
        _ground_finding(request.spec, checked.pixels, replaced=made.matte is not None and not made.kept),
        *(() if made.toning is None else (finding_of(made.toning, request),)),
    ]
    return Report(request.spec.id, facts, tuple(findings))


def _facts(analysis: Analysis, request: Request, framing: Framing) -> dict[str, dict[str, Any]]:
    return photo_facts(analysis) | {
        "frame": {
            "spec": request.spec.id,
            "size_wh": list(framing.size_wh),
            "photo_to_card": [[round(float(v), 5) for v in row] for row in framing.photo_to_card],
            "predicted_px": _rounded(framing.measures),
            "gave_way": list(framing.gave_way),
            "uncovered_px": {side: round(v, 2) for side, v in framing.uncovered_px},
            "enlargement": round(framing.enlargement, 3),
            "kept_frame": framing.identity,
        },
    }


def photo_facts(analysis: Analysis | WholeMatte) -> dict[str, dict[str, Any]]:
    """What was known of the photo's file, and of the face in it."""
    source, face = analysis.photo.source, analysis.subject.face
    return {
        "photo": {
            "format": source.format,
            "mode": source.mode,
            "size_wh": list(source.size_wh),
            "orientation": source.orientation,
            "icc": source.icc,
            "decoded_scale": analysis.photo.scale,
            "quarter_turns": analysis.turned,
            "flattened": source.flattened,
        },
        "face": {
            "score": round(face.score, 3),
            "detector": face.found_by.detector,
            "padded": face.found_by.padded,
            "quarter_turns": face.found_by.quarter_turns,
            "box_xyxy": [round(v, 1) for v in face.box_xyxy],
            "inter_eye_px": round(analysis.head.ied_px, 1),
            "yaw_deg": round(face.pose.yaw_deg, 1),
            "pitch_deg": round(face.pose.pitch_deg, 1),
            "roll_deg": round(face.pose.roll_deg, 1),
            "blendshapes": _blendshapes(face),
            "bystanders": [
                {"box_xyxy": [round(v, 1) for v in b.box_xyxy], "score": round(b.score, 3), "area_share": b.area_share}
                for b in analysis.subject.bystanders
            ],
        },
    }


def _blendshapes(face: Face) -> dict[str, float] | None:
    """The expression's coefficients; None where the engine has none."""
    shapes = face.blendshapes
    return None if shapes is None else {name: round(v, 3) for name, v in shapes.items()}


def _measured(checks: Checks | None) -> dict[str, dict[str, Any]]:
    """Every measure of the checks, judged or not; no step where nothing was checked."""
    return {} if checks is None else {"quality": checks.measures}


def _rounded(measures: dict[str, float]) -> dict[str, float]:
    return {k: round(v, 1) for k, v in measures.items()}


def _photo_findings(analysis: Analysis, framing: Framing) -> Iterator[Finding]:
    """What the photo itself is like, as far as it bears on the conversion."""
    near = [b for b in analysis.subject.bystanders if b.area_share >= BYSTANDER_FACT and _in_frame(b.box_xyxy, framing)]
    share = max((b.area_share for b in near), default=0.0)
    yield Finding(
        "single_face", "fail" if near else "pass", "photo", round(share, 3), "area share", 0.0, BYSTANDER_FACT,
        remedy="retake" if near else "none",
    )  # fmt: skip
    yield Finding(
        "orientation", "warn" if analysis.turned else "pass", "photo", 90 * analysis.turned, "deg", 0, 0,
        remedy="conversion" if analysis.turned else "none", required=False,
    )  # fmt: skip
    limit = frame_limits().enlarge_warn
    yield Finding(
        "enlarged", "pass" if framing.enlargement <= limit else "warn", "photo", round(framing.enlargement, 2),
        "times", None, limit, remedy="retake" if framing.enlargement > limit else "none", required=False,
    )  # fmt: skip
    if framing.uncovered_px:
        side, px = max(framing.uncovered_px, key=lambda one: one[1])
        yield Finding("background_added", "warn", "photo", round(px, 1), "px", None, 0.0, remedy="conversion",
                      required=False, values={"side": side})  # fmt: skip


def _in_frame(box: tuple[float, float, float, float], framing: Framing) -> bool:
    """Whether any part of a photo box would be seen on the card."""
    import numpy as np

    from ephoto.core.geometry import apply

    x0, y0, x1, y1 = box
    on_card = apply(framing.photo_to_card, np.array([[x0, y0], [x1, y0], [x0, y1], [x1, y1]]))
    (left, top), (right, bottom) = on_card.min(0), on_card.max(0)
    w, h = framing.size_wh
    return bool(right > 0 and bottom > 0 and left < w and top < h)


def _frame_findings(
    spec: Spec, framing: Framing, measures: dict[str, float] | None, unseen: str = "no face was found on the card"
) -> Iterator[Finding]:
    """Each geometric rule of the spec against what was measured; native values in the authority's own unit."""
    for rule in spec.rules:
        code = f"frame_{rule.measure}"
        if measures is None:
            yield Finding(code, "unknown", "card", reason=unseen, required=not rule.soft)
            continue
        value = measures[rule.measure]
        status = judge(value, rule.low, rule.high, soft=rule.soft)
        if status == "fail" and nearly(rule, value):
            status = "warn"
        if (
            status != "pass"
            and rule.measure in framing.gave_way
            and rule.measure == "hair_top_gap"
            and spec.hair_may_be_cut
        ):
            yield _native("hair_cut", "warn", rule, value, spec, required=False)
            continue
        yield _native(code, status, rule, value, spec, required=not rule.soft)


def _native(code: str, status: Any, rule: Rule, value_px: float, spec: Spec, *, required: bool) -> Finding:
    low, high, _ = rule.stated
    native = {
        "px": value_px,
        "mm": mm_from_px(value_px, spec.dpi),
        "inch": value_px / spec.dpi,
        "ratio": value_px / spec.side_px(rule.measure),
    }[rule.unit]
    digits = {"px": 1, "mm": 2, "inch": 3, "ratio": 3}[rule.unit]
    return Finding(
        code, status, "card", round(native, digits), rule.unit, low, high,
        remedy="none" if status == "pass" else "retake", required=required, source=rule.source,
        values={"px": round(value_px, 1)},
    )  # fmt: skip


def _file_findings(spec: Spec, file: FileFacts, encoded: Encoded | None = None) -> Iterator[Finding]:
    """A card's file against the spec; `encoded` says how we made it, if we did."""
    window, size = spec.window, file.size_bytes
    wh = f"{file.size_wh[0]}x{file.size_wh[1]}"
    yield Finding("size_px", "pass" if file.size_wh == spec.size_wh else "fail", "card", wh, "px",
                  values={"wanted": f"{spec.size_wh[0]}x{spec.size_wh[1]}"})  # fmt: skip
    dpi = None if file.dpi is None else round(file.dpi[0])
    yield Finding("dpi", "pass" if dpi == spec.dpi else "fail", "card", dpi, "dpi", spec.dpi, spec.dpi)
    yield Finding("format", "pass" if file.format == spec.format else "fail", "card", file.format)
    yield Finding("bytes", judge(size, window.low, window.high), "card", size, "bytes", window.low, window.high,
                  source=window.source)  # fmt: skip
    quality = file.quality if encoded is None else encoded.quality
    if quality is not None and spec.quality is not None:
        yield Finding("quality_low", "warn" if quality < spec.quality else "pass", "card",
                      quality, "quality", spec.quality, None, required=False)  # fmt: skip
    yield Finding(
        "metadata", "fail" if file.has_metadata else "pass", "card", "present" if file.has_metadata else "none"
    )
    if spec.portal_crops:
        yield Finding("portal_crops", "warn", "card", required=False, source=spec.background.source)


def _ground_finding(spec: Spec, pixels: NDArray[np.uint8], *, replaced: bool) -> Finding:
    """The ground's colour at the card's upper border, as the median of its samples."""
    ground = spec.background
    card = pixels[..., :3]
    w = card.shape[1]
    strip = np.concatenate([card[:4, : w // 8].reshape(-1, 3), card[:4, -w // 8 :].reshape(-1, 3)])
    middle = np.sort(strip, axis=0)[[(len(strip) - 1) // 2, len(strip) // 2]].mean(axis=0)
    r, g, b = (int(v) for v in middle)
    median = (r, g, b)
    if replaced:
        return Finding("background_colour", "pass", "card", hex_of(median), "sRGB", values={"replaced": True})
    if ground.min_rgb is None:
        return Finding("background_colour", "pass", "card", hex_of(median), "sRGB", required=False)
    inside = all(v >= m for v, m in zip(median, ground.min_rgb, strict=True))
    inside = inside and (ground.max_spread is None or max(median) - min(median) <= ground.max_spread)
    return Finding(
        "background_colour", "pass" if inside else "warn", "card", hex_of(median), "sRGB", required=False,
        remedy="none" if inside else "retake", source=ground.source,
        values={"wanted": hex_of(ground.rgb)},
    )  # fmt: skip
