"""Writes docs/checks.md: every rule of the photo checks with its bounds and source."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ephoto.core.messages import text
from ephoto.quality.gate import Limit, limits
from ephoto.quality.scalar import components

PAGE = Path(__file__).with_name("checks.md")
HEAD = """<!-- Written by docs/checks_table.py from ephoto/quality/limits.toml; edit those. -->
# The photo checks

Rules are judged on native values, never on scalars. Inside `pass` a photo is fit; outside, but inside `accepted`, it is
accepted with a warning; outside that it is refused. Rules that only advise refuse nothing. A rule whose measure could
not be taken is `unknown`, with the reason, and an unknown required rule does not pass.

Documents may have other limits, and may ask for rules that are not asked of everybody: [specs.md](specs.md). `--allow`
and `--limit` win over both. Where a rule under `blocked by` fails, by the limit on this page too, the measure means
nothing: the rule is `unknown` because of that one. Measures that no rule judges are in the report as well; `ephoto
check --all` lists them.

Measures with the name of a component of ISO/IEC 29794-5 follow its definition as far as our landmarks and masks allow:
they are OFIQ-like, and no conformance is claimed. Where the standard has a 0 to 100 scalar it is given beside the
native value; the mappings reproduce OFIQ's published table exactly.

## How limits were set

The house's own limits stand between what photos with a defect and photos without it measure: on twenty rendered heads
(skins from L* 25 to 85, six kinds of hair, five grounds, clear glasses on some; `CALIBRATION` in `samples/defects.py`)
and on labelled real portraits. What each rule then does on twenty other heads, with the defect and without, and on the
real portraits is printed by `python -m benchmarks.checks PHOTOS --renders`; only the heads are held out, the real
portraits were in view throughout. `samples/defects.toml` lists the defects, and which other rules each of them may
touch and why.

- **Pitch**: the fit reads 4.2 degrees on a level head and sees 0.81 of a nod; both were fitted on half of the renders
  (`ephoto/faces/pose.toml`). Official portraits that face the camera read -8 to 16 degrees, by anatomy and by how the
  camera stood, so that a photo is refused from 17 on only.
- **Eyes and mouth**: OFIQ's limits are for other landmarks. On ours closed lids stay half open, so that eyes are
  judged by how dark the iris is beside the white; the mouth's limit is between the widest closed mouth of the real
  portraits and the narrowest open one.
- **Exposure and coloured light** are read off the whites of the eyes, and a lighter ground vouches for the exposure.
  In the same light the reference varies by a seventh between the darkest and the fairest skin, while the face's own
  mean varies tenfold.
- **Below 40 px between the eyes** nothing is said of eyes, glasses and hair, below 60 px nothing of sharpness.

What is known to be missed: white woollen hats over no dark hair (they have the colour and grain of white hair), raised
brows (the mesh follows them by a third), the shadow of a bald head on the wall (the matte takes it for hair), frames
of the skin's own colour, displays finer than about 1.5 camera px a pixel and prints without dots, and beards and
turned heads that light one cheek more than the other.

## The rules

| rule | measure | unit | pass | accepted | blocked by | remedy | source |
|---|---|---|---|---|---|---|---|
"""


def page() -> str:
    return HEAD + "".join(map(_row, limits().values()))


def _row(rule: Limit) -> str:
    title = f"{text('finding', rule.code, 'title')}<br>{text('finding', rule.code, 'title', 'zh')}"
    measure = rule.component if rule.component in components() else f"{rule.component} (the house's own)"
    accepted = _bounds(rule.fail) if rule.required else "advice only"
    asked = "" if rule.asked else "<br>only where a document or `--limit` asks for it"
    blocked = ", ".join(f"`{code}`" for code in rule.blocked_by)
    cells = [
        f"`{rule.code}`<br>{title}{asked}", measure, rule.unit, _bounds(rule.warn), accepted, blocked, rule.remedy,
        rule.source,
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |\n"


def _bounds(pair: tuple[float, float]) -> str:
    low, high = pair
    if high == float("inf"):
        return f">= {low:g}"
    return f"{low:g} .. {high:g}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
