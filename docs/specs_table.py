"""Writes docs/specs.md and the index of aliases from the spec files: python docs/specs_table.py

A test fails when either of them is not what the files say.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ephoto.core.messages import text  # noqa: E402
from ephoto.quality.gate import limits  # noqa: E402
from ephoto.specs import load  # noqa: E402
from ephoto.specs.files import DATA, INDEX, folded, ids, read  # noqa: E402
from ephoto.specs.schema import reference  # noqa: E402

if TYPE_CHECKING:
    from ephoto.specs.model import ByteWindow, PhotoRule, Rule, Spec

PAGE = ROOT / "docs" / "specs.md"
INTRO = """\
<!-- Written by docs/specs_table.py from ephoto/specs/data: change those files, then run it again. -->

# Specs

`ephoto convert photo.jpg --spec ID` takes an id or an alias from this page, in any case. `ephoto specs show ID`
prints one of them resolved, and `--spec my.toml` takes one of your own: see the end of the page. The default is
`{default}`.

Every number has a grade:

| grade | meaning |
|---|---|
| A | the issuing authority's own page or guideline, text seen |
| A' | a public body repeats the rule, text seen |
| B | several independent secondary sources agree |
| C | one secondary source |
| D | derived by arithmetic, or chosen by us |
| M | known content of a paid standard, text not opened |
| X | sources conflict: the value satisfies as many as possible |

Edits: `forbidden` means that the ground may not be replaced, so the photo is only cropped, scaled and encoded;
`silent` means that no rule was found; `ok` that there is nothing to break.

"""
OWN = """\
## Your own spec

`--spec my.toml` reads a file like this one. What it does not state comes from `same_as`, or, where it neither
inherits nor states geometry, from ISO/IEC 19794-5. Geometry needs a rule for the scale of the face and one for its
height. Numbers without `source` and `grade` count as grade C.

```toml
[title]
en = "Staff badge"

[size]
mm = [30, 40]
dpi = 300

[geometry.crown_chin]
unit = "mm"
min = 24
max = 28

[geometry.hair_top_gap]
unit = "mm"
min = 2
max = 6

[bytes.default]
max = 100000
```

A byte limit of your region for a document that is here needs no more than this:

```toml
same_as = "cn-social-security-card"

[bytes.default]
min = 9216
max = 20000
```

`[quality.RULE]` says what a document asks of the photo itself, where that is not what [checks.md](checks.md) has for
everybody. RULE is a code of that page, and numbers are in its unit:

```toml
same_as = "cn-1inch"

[quality.head_yaw]
fail = [-8.0, 8.0] # refused outside, both ends still allowed; -inf or inf where one end is open
warn = [-5.0, 5.0] # warned about outside; inside fail
source = "the school's sheet of 2026"
grade = "A"

[quality.smile]
fail = [0.0, 1.1] # a rule that only advises elsewhere decides here

[quality.lids_open]
asked = false # not judged at all; true asks for a rule that is judged for some documents only

[quality.mouth_closed]
required = false # advice here
```

What such a table does not state stays as in checks.md, but a warning is never further out than the refusal. A rule with
a table is asked unless it says `asked = false`, and one with `fail` is required. `--allow` and `--limit` on the command
line win over all of them.

What a file states replaces what it inherits: one measure of `geometry`, one rule of `quality`, one entry of `size` or
`file`, and any other key as a whole, so that no number keeps the source of another one. `mm`, `inch`, `px` and `range`
of `size` belong together: stating one drops those that were inherited, and geometry in px has to be stated anew. Every
value of `size`, `file.quality` and `max_compression_ratio` may also be written with its origin:
`dpi = {{ value = 300, source = "...", grade = "B" }}`.

| key | takes |
|---|---|
{keys}
"""


def index() -> str:
    """Every alias, folded, and the id that it stands for."""
    rows = sorted((folded(alias), name) for name in ids() for alias in read(DATA / f"{name}.toml").get("aliases", ()))
    lines = [f'"{alias}" = "{name}"' for alias, name in rows]
    return (
        "# Written by docs/specs_table.py: aliases as they are compared, and their specs.\n" + "\n".join(lines) + "\n"
    )


def page() -> str:
    """The whole of docs/specs.md."""
    specs = load.listing()
    head = ["| id | document | size | px | dpi | bytes | edits | enlarging |", "|---|---|---|---|---|---|---|---|"]
    rows = [_row(spec) for spec in specs]
    keys = "\n".join(f"| `{key}` | {takes} |" for key, takes in reference())
    parts = [INTRO.format(default=load.DEFAULT), "\n".join(head + rows), "\n\n"]
    parts += [_section(spec) for spec in specs]
    return "".join(parts) + OWN.format(keys=keys)


def _row(spec: Spec) -> str:
    w, h = spec.size_wh
    cells = [
        f"[{spec.id}](#{spec.id})", f"{spec.title_en}<br>{spec.title_zh}", _size(spec), f"{w} x {h}", str(spec.dpi),
        _bytes(spec.window), spec.background.edit, spec.enlarge,
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def _size(spec: Spec) -> str:
    """The size in the unit that its authority states."""
    stated = {f.name: f.value for f in spec.figures}
    for unit in ("inch", "mm"):
        if f"size.{unit}" in stated:
            return "{:g} x {:g} ".format(*stated[f"size.{unit}"]) + unit
    return "px only"


def _bytes(window: ByteWindow) -> str:
    if window.low is None and window.high is None:
        return "-"
    low = "" if window.low is None else str(window.low)
    return f"{low}-{'' if window.high is None else window.high}" if low else f"up to {window.high}"


def _section(spec: Spec) -> str:
    lines = [f"## {spec.id}", "", f"{spec.title_en}; {spec.title_zh}.", ""]
    facts = [
        ("aliases", ", ".join(spec.aliases)),
        ("inherits from", spec.same_as or ""),
        ("priority, the last gives way first", ", ".join(spec.priority)),
        ("hair", "may be cut" if spec.hair_may_be_cut else "stays inside the frame"),
        ("upload", "the portal wants the uncropped photo" if spec.portal_crops else ""),
        ("file names", ", ".join(f"`{n}`" for n in spec.names)),
        ("checked", spec.checked),
    ]
    lines += [f"- {name}: {value}" for name, value in facts if value]
    lines += ["", "| what | value | unit | source | grade |", "|---|---|---|---|---|"]
    for figure in spec.figures:
        value = " x ".join(f"{v:g}" for v in figure.value)
        lines.append(f"| {figure.name} | {value} | {figure.unit} | {figure.source} | {figure.grade} |")
    ground = spec.background
    colour = "#{:02X}{:02X}{:02X}".format(*ground.rgb)
    least = "" if ground.min_rgb is None else ", at least #{:02X}{:02X}{:02X}".format(*ground.min_rgb)
    lines.append(f"| ground | {colour}{least}; edits {ground.edit} | sRGB | {ground.source} | {ground.grade} |")
    for rule in spec.rules:
        lines += _rule_rows(rule)
    for window in spec.profiles:
        lines.append(f"| bytes.{window.name} | {_bytes(window)} | bytes | {window.source} | {window.grade} |")
        if window.prefer_low is not None:
            prefer = f"{window.prefer_low}-{window.prefer_high}"
            why = window.prefer_source
            lines.append(f"| bytes.{window.name}, preferred | {prefer} | bytes | {why} | {window.prefer_grade} |")
    lines += [_photo_row(rule) for rule in spec.photo_rules]
    if spec.notes:
        lines += ["", *(f"- {note}" for note in spec.notes)]
    return "\n".join(lines) + "\n\n"


def _rule_rows(rule: Rule) -> list[str]:
    low, high, aim = rule.stated
    ends = {(True, False): "at least {0:g}", (False, True): "at most {1:g}"}
    bounds = ends.get((low is not None, high is not None), "{0:g} to {1:g}").format(low, high)
    soft = " (soft)" if rule.soft else ""
    note = f"; {rule.note}" if rule.note else ""
    rows = [f"| {rule.measure}{soft} | {bounds} | {rule.unit} | {rule.source}{note} | {rule.grade} |"]
    if aim is not None:
        rows.append(f"| {rule.measure}, aim | {aim:g} | {rule.unit} | {rule.aim_source} | {rule.aim_grade} |")
    return rows


def _photo_row(rule: PhotoRule) -> str:
    """What the document says of a check of the photo."""
    said = [
        "" if rule.warn is None else f"{_range(rule.warn)} passes",
        "" if rule.fail is None else f"{_range(rule.fail)} accepted",
        {True: "required", False: "only advice", None: ""}[rule.required],
        {True: "asked", False: "not asked", None: ""}[rule.asked],
    ]
    what = f"photo: {text('finding', rule.code, 'title')} (`{rule.code}`)"
    return f"| {what} | {', '.join(filter(None, said))} | {limits()[rule.code].unit} | {rule.source} | {rule.grade} |"


def _range(pair: tuple[float, float]) -> str:
    low, high = pair
    if high == float("inf"):
        return f"{low:g} and more"
    return f"up to {high:g}" if low == -float("inf") else f"{low:g} to {high:g}"


if __name__ == "__main__":
    (DATA / INDEX).write_text(index(), "utf-8", newline="\n")
    PAGE.write_text(page(), "utf-8", newline="\n")
