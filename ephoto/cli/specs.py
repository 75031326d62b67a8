"""`ephoto specs`: which documents are known, and what each wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ephoto.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ephoto.core.messages import Language
    from ephoto.specs.model import Spec

__all__ = ["LIST_SCHEMA", "SHOW_SCHEMA", "app"]

LIST_SCHEMA, SHOW_SCHEMA = "ephoto.specs/1", "ephoto.spec/1"

app = typer.Typer(help="Documents: list them, show one.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_specs(as_json: o.Json = False, lang: o.Lang = None) -> int:
    """All documents, one a line: id, size, bytes, title."""
    from ephoto.cli.voice import speaking
    from ephoto.report.table import columns
    from ephoto.specs import load

    voice = speaking(lang, as_json)
    specs = load.listing()
    if as_json:
        voice.json({"schema": LIST_SCHEMA, "specs": [_row(spec, voice.lang) for spec in specs]})
    else:
        voice.say(columns([_line(spec, voice.lang) for spec in specs]))
    return 0


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID|FILE", help="An id, an alias, or a TOML file.")],
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """One document resolved: every number with its source and grade."""
    from ephoto.cli.voice import speaking
    from ephoto.quality.restated import restated
    from ephoto.specs import load

    voice = speaking(lang, as_json)
    spec = load.get(name)
    restated(spec)  # a check that there is not is told here too
    shown = load.show(spec)
    if as_json:
        voice.json({"schema": SHOW_SCHEMA, "id": spec.id, "spec": shown})
    else:
        voice.say("\n".join([f"# {spec.id}: {_title(spec, voice.lang)}", *_toml(shown)]))
    return 0


def _title(spec: Spec, lang: Language) -> str:
    return spec.title_zh if lang == "zh" else spec.title_en


def _row(spec: Spec, lang: Language) -> dict[str, Any]:
    return {
        "id": spec.id,
        "title": _title(spec, lang),
        "aliases": spec.aliases,
        "size_px": spec.size_wh,
        "size_mm": spec.size_mm,
        "dpi": spec.dpi,
        "bytes": [spec.window.low, spec.window.high],
        "profiles": [p.name for p in spec.profiles],
        "format": spec.format,
        "edit": spec.background.edit,
    }


def _line(spec: Spec, lang: Language) -> tuple[str, ...]:
    w, h = spec.size_wh
    low, high = spec.window.low, spec.window.high
    window = "" if low is None and high is None else f"{low or 0}-{high or ''} B"
    return spec.id, f"{w}x{h}", f"{spec.dpi} dpi", window, _title(spec, lang)


def _toml(table: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The tables as TOML lines: values first, then the tables within."""
    inner = {k: v for k, v in table.items() if isinstance(v, dict)}
    for key, value in table.items():
        if key not in inner:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in inner.items():
        name = f"{path}.{_key(key)}" if path else _key(key)
        if any(not isinstance(v, dict) for v in value.values()):
            yield ""
            yield f"[{name}]"
        yield from _toml(value, name)


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else _value(key)


def _value(value: Any) -> str:
    """A TOML value; its strings and finite numbers are written as JSON writes them."""
    import json
    import math

    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return json.dumps(value, ensure_ascii=False)
