"""The command line: words in, words and an exit code out. `main` is the only place that ends the process."""

from __future__ import annotations

import os
import sys
from traceback import walk_tb
from typing import TYPE_CHECKING, Annotated

import typer

from ephoto import __version__
from ephoto.cli import (
    adapters,
    apply,
    batch,
    cards,
    check,
    convert,
    liveness,
    matte,
    models,
    package,
    purge,
    roster,
    sandbox,
    sheet,
    specs,
    watch,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.cli.voice import Voice
    from ephoto.core.errors import EphotoError

__all__ = ["app", "main"]

INTERRUPTED = 130

app = typer.Typer(
    name="ephoto",
    help="ID photos that meet the specification to the pixel, offline.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(convert.convert)
app.command()(batch.batch)
app.command()(watch.watch)
app.command()(check.check)
app.command()(matte.matte)
app.command()(sheet.sheet)
app.command()(liveness.liveness)
app.command()(sandbox.sandbox)
app.command()(package.package)
app.command()(purge.purge)
apply.app.command()(roster.roster)
app.add_typer(apply.app, name="apply")
app.add_typer(cards.app, name="cards")
app.add_typer(adapters.app, name="adapters")
app.add_typer(specs.app, name="specs")
app.add_typer(models.app, name="models")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"ephoto {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code. No exception leaves it."""
    from ephoto.cli.voice import overheard

    words = list(sys.argv[1:] if argv is None else argv)
    voice = overheard(words, os.environ)
    try:
        code = int(app(args=words, prog_name="ephoto", standalone_mode=False) or 0)
        # Typer turns Ctrl-C into an exit code of its own, without a word.
        return _failed(KeyboardInterrupt(), voice) if code == INTERRUPTED else code
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 0
    except BaseException as error:
        return _failed(error, voice)


def _failed(error: BaseException, voice: Voice) -> int:
    """Tell of an error; where stdout is closed or full, its JSON is given up and the code stands."""
    from ephoto.core.errors import EphotoError

    try:
        return _told(error, voice)
    except EphotoError as second:
        voice.error(second)
        return second.exit_code


def _told(error: BaseException, voice: Voice) -> int:
    from ephoto.core.errors import EphotoError

    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return _tell(EphotoError("interrupted"), voice, INTERRUPTED)
    if isinstance(error, EphotoError):
        return _tell(error, voice)
    if hasattr(error, "format_message"):  # what Typer raises for words that it cannot parse, in all its versions
        if type(error).__name__ == "NoArgsIsHelpError":
            voice.warn(error.format_message())
            return 2
        return _tell(_translated(error), voice)
    from ephoto.cli.bug import told_as_bug

    return _tell(told_as_bug(error, private=_may_tell_of_people(error)), voice)


def _may_tell_of_people(error: BaseException) -> bool:
    """Whether the text of an exception may hold somebody's data: it passed through the card workflow."""
    frames = walk_tb(error.__traceback__)
    return any(frame.f_globals.get("__name__", "").startswith("ephoto.workflow.") for frame, _ in frames)


def _tell(error: EphotoError, voice: Voice, code: int | None = None) -> int:
    from ephoto.cli.voice import ERROR_SCHEMA

    code = error.exit_code if code is None else code
    voice.error(error)
    if voice.as_json:
        voice.json(
            {"schema": ERROR_SCHEMA, "exit_code": code, "error": error.to_dict(voice.lang) | {"exit_code": code}}
        )
    return code


def _translated(error: BaseException) -> EphotoError:
    """Typer's own error as one of ours, so that it has a code and both languages."""
    from ephoto.core.errors import UsageError

    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "ephoto"
    option = getattr(error, "option_name", None)
    if option and type(error).__name__ == "NoSuchOption":
        return UsageError("option_unknown", option=option, command=command)
    if type(error).__name__ == "MissingParameter":
        param = getattr(error, "param", None)
        name = str(getattr(param, "metavar", None) or getattr(param, "name", None) or "PHOTO")
        return UsageError("argument_missing", name=name, command=command)
    problem = str(error.format_message()).rstrip(".")  # type: ignore[attr-defined]
    return UsageError("usage", problem=problem, command=command)


if __name__ == "__main__":
    sys.exit(main())
