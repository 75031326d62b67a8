"""`ephoto adapters`: the files by which the workflow talks to other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ephoto.cli import office_words as w
from ephoto.cli import options as o

__all__ = ["SCHEMA", "app"]

SCHEMA = "ephoto.adapters/1"
MOST_CHARS = 400  # of a line: pictures are long

app = typer.Typer(
    help="Mapping files: check one, see what goes over the line.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A mapping file.")],
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Check a mapping file key by key, run it on a sample of nobody's data, and show the bytes that would be sent.

    Exit: 0 right, 2 something in it is wrong, 3 unreadable.
    """
    from ephoto.cli.office_voice import tell_findings
    from ephoto.cli.voice import speaking
    from ephoto.core.messages import visible
    from ephoto.core.settings import Settings

    voice = speaking(lang, as_json)
    with w.extra():
        from ephoto.workflow.adapters.checking import check_mapping
    shown = check_mapping(Path(file), Settings.from_env())
    if as_json:
        listed = [
            {"name": one.name, "url": one.url, "content_type": one.content_type, "body": one.text,
             "left_out": list(one.left_out), "findings": [finding.to_dict(voice.lang) for finding in one.findings]}
            for one in shown
        ]  # fmt: skip
        voice.json({"schema": SCHEMA, "file": file, "shown": listed})
        return 0
    for one in shown:
        voice.say(f"-- {one.name}: {one.url} {one.content_type}")
        for line in one.text.splitlines():
            voice.say(visible(line)[:MOST_CHARS])
        tell_findings(one.findings, voice)
        if one.left_out:
            voice.say(voice.label("mapping_left_out", places=", ".join(one.left_out)))
    voice.say(voice.label("mapping_right", path=file))
    return 0
