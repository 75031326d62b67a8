"""Writes docs/errors.md from the message tables and the tree of errors: python docs/make_errors.py

A test fails when the page is not what they say.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ephoto.core import errors  # noqa: E402
from ephoto.core.messages import LANGUAGES, codes  # noqa: E402

TABLES = [
    tomllib.loads((ROOT / "ephoto" / "core" / "messages" / f"{lang}.toml").read_text("utf-8")) for lang in LANGUAGES
]
PAGE = ROOT / "docs" / "errors.md"
INTRO = """\
<!-- Written by docs/make_errors.py from ephoto/core/messages: change those files, then run it again. -->

# Errors and findings

Codes are part of the public interface: they are added, never renamed. Every error is an `EphotoError` with `.code`,
`.values`, `.message(lang)` and `.hint(lang)`; the command line prints all of them and ends with the exit code of the
error's class, the highest one where there were several photos.

| exit | class | meaning |
|---|---|---|
| 0 | | done |
| 1 | `CheckError` | a required rule fails or stays unknown (`--strict`); not live (`liveness`) |
| 2 | `UsageError`, `SpecError` | what was asked for makes no sense, or is forbidden |
| 3 | `InputError` | the photo cannot be read |
| 4 | `FaceError` | no usable face, or several comparable ones |
| 5 | `UnmetError` | this photo cannot meet this spec |
| 6 | `EnvironmentFault` | output, models, engines, disk, cameras |
| 7 | | inconclusive (`liveness`): nothing could be said, begin again |
| 70 | | a bug in ephoto: one line, and the file in which the trace was saved |
| 130 | | interrupted |
"""
LIVENESS = """
## Liveness

What a session asks, advises and decides; [liveness.md](liveness.md) tells how.
"""
WORKFLOW = """
## The card workflow

Findings on applications, errors, and codes in answers to other systems, as `wf.` and the code.
"""
KINDS = {"prompt": "Prompts", "guidance": "Guidance", "reason": "Reasons", "cue": "Signs of an attack"}
ORDER = ("UsageError", "SpecError", "InputError", "FaceError", "UnmetError", "CheckError", "EnvironmentFault")


def raised() -> dict[str, set[str]]:
    """Every error code that the source names, with the classes that carry it."""
    found: dict[str, set[str]] = {}
    kinds = set(errors.__all__)
    for path in sorted((ROOT / "ephoto").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first: Any = node.args[0]
            if name in kinds and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.setdefault(first.value, set()).add(name)
    return found


def page() -> str:
    """The whole of docs/errors.md."""
    by_code = raised()
    parts = [INTRO, "\n## Errors\n\n| code | class | message | hint |\n|---|---|---|---|\n"]
    for code in sorted(codes("error"), key=lambda c: (_rank(by_code.get(c, set())), c)):
        kinds = ", ".join(f"`{kind}`" for kind in sorted(by_code.get(code, ())))
        parts.append(f"| `{code}` | {kinds} | {_both('error', code, 'message')} | {_both('error', code, 'hint')} |\n")
    parts.append("\n## Findings\n\n| code | title | hint |\n|---|---|---|\n")
    parts += [
        f"| `{code}` | {_both('finding', code, 'title')} | {_both('finding', code, 'hint')} |\n"
        for code in sorted(codes("finding"))
    ]
    parts.append(LIVENESS)
    for kind, heading in KINDS.items():
        told = sorted(codes(kind), key=list(TABLES[0][kind]).index)
        parts.append(f"\n### {heading}\n\n| code | sentence |\n|---|---|\n")
        parts += [f"| `{code}` | {_both(kind, code, 'text')} |\n" for code in told]
    parts.append(WORKFLOW + "\n| code | message | hint |\n|---|---|---|\n")
    parts += [f"| `wf.{c}` | {_both('wf', c, 'message')} | {_both('wf', c, 'hint')} |\n" for c in sorted(codes("wf"))]
    return "".join(parts)


def _rank(kinds: set[str]) -> int:
    return min((ORDER.index(kind) for kind in kinds if kind in ORDER), default=len(ORDER))


def _both(kind: str, code: str, part: str) -> str:
    """Both languages, with the placeholders as they stand."""
    sentences = [table[kind][code][part] for table in TABLES]
    return "<br>".join(s.replace("{{", "{").replace("}}", "}").replace("|", "\\|") for s in sentences)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
