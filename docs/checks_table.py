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
