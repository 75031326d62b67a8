"""Options that several commands share, and what their words mean. One word means one thing everywhere."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ephoto.core.errors import UsageError

if TYPE_CHECKING:
    from ephoto.specs.model import Spec

__all__ = [
    "All",
    "Allow",
    "Annotate",
    "AsCard",
    "Background",
    "BatchIn",
    "BatchOut",
    "Checks",
    "Columns",
    "Csv",
    "CutoutOutput",
    "Dpi",
    "DryRun",
    "Encoding",
    "Engine",
    "Faces",
    "Force",
    "ForceBatch",
    "Html",
    "Json",
    "Kb",
    "Lang",
    "LedgerFile",
    "Limits",
    "MatteQuality",
    "NamingTemplate",
    "Nudge",
    "OnFail",
    "Output",
    "Photos",
    "Poll",
    "Profile",
    "ReportFile",
    "Resume",
    "Retry",
    "RunOn",
    "SheetName",
    "Size",
    "SpecName",
    "SpecNames",
    "Strict",
    "Tone",
    "Verify",
    "WatchIn",
    "WatchOut",
    "Workers",
    "one_spec",
    "parse_columns",
    "parse_dpi",
    "parse_limits",
    "parse_mm",
    "parse_nudge",
    "parse_on_fail",
    "parse_rules",
    "parse_whole",
    "parse_workers",
]

_MOST_DIGITS = 1000  # Python reads no more than 4300 into a number

Photos = Annotated[list[str], typer.Argument(metavar="PHOTO", help="Photos; - reads one from stdin.")]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="CARD",
        help="File, folder, or a name with {stem} and {spec} in it; - writes to stdout. "
        "Default: <stem>.<spec>.jpg beside the photo.",
    ),
]
CutoutOutput = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="CUTOUT",
        help="PNG file, folder, or a name with {stem} in it; - writes to stdout. "
        "Default: <stem>.cutout.png beside the photo.",
    ),
]
SpecNames = Annotated[
    str | None,
    typer.Option("--spec", metavar="ID|FILE[,...]", help="What the card is for. Default: cn-social-security-card."),
]
Size = Annotated[
    str | None, typer.Option("--size", metavar="25x35mm|295x413px", help="A size of your own instead of --spec.")
]
Dpi = Annotated[str | None, typer.Option("--dpi", metavar="N", help="Print resolution of --size. Default: 300.")]
Kb = Annotated[str | None, typer.Option("--kb", metavar="MIN-MAX", help="Bounds on the file of --size, in K.")]
Profile = Annotated[str | None, typer.Option("--profile", metavar="NAME", help="One of the spec's byte windows.")]
Background = Annotated[
    str | None,
    typer.Option(
        "--background",
        metavar="COLOUR",
        help="white, blue, red, #RRGGBB, #TOP:#BOTTOM, keep or transparent. Default: as the spec says.",
    ),
]
Nudge = Annotated[
    str | None,
    typer.Option(
        "--nudge", metavar="DX,DY,SCALE", help="Move (mm, right and down) and scale within the bounds: 0.5,0,1.02"
    ),
]
Engine = Annotated[str, typer.Option("--engine", metavar="NAME", help="What cuts the person out.")]
Faces = Annotated[str, typer.Option("--faces", metavar="NAME", help="What finds the face.")]
MatteQuality = Annotated[str, typer.Option("--matte", metavar="fast|high", help="How finely hair is cut out.")]
Tone = Annotated[
    str, typer.Option("--tone", metavar="auto|none", help="Correct exposure and white balance, within narrow bounds.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be made; write nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are already there.")]
Strict = Annotated[bool, typer.Option("--strict", help="Write no card that fails a required rule (exit 1).")]
Checks = Annotated[bool, typer.Option("--checks/--no-checks", help="Check the photo itself as well.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")]
Allow = Annotated[
    list[str] | None, typer.Option("--allow", metavar="RULE", help="A rule that shall only advise; may be repeated.")
]
AsCard = Annotated[
    bool, typer.Option("--as-card", help="The files are finished cards: check size, dpi, bytes, metadata and geometry.")
]
Csv = Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Write every rule of every photo as CSV.")]
Html = Annotated[
    str | None, typer.Option("--html", metavar="FILE", help="Write one page with the tables and the annotated photos.")
]
Annotate = Annotated[
    str | None, typer.Option("--annotate", metavar="FILE", help="Write the photo with what was measured drawn on it.")
]
All = Annotated[bool, typer.Option("--all", help="List every measure besides, also what no rule judges.")]
Limits = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="RULE=VALUE", help="Another limit, in the rule's own unit; may be repeated."),
]
BatchIn = Annotated[
    str,
    typer.Argument(
        metavar="IN",
        help="A folder (with all below it), a zip, a table with an id and a photo in each row (CSV, JSONL, XLSX), "
        "a quoted pattern such as 'in/*.jpg', or a URL (s3://...).",
    ),
]
BatchOut = Annotated[
    str, typer.Argument(metavar="OUT", help="A folder, a name that ends in .zip, or a URL. Never IN itself.")
]
SpecName = Annotated[
    str | None,
    typer.Option("--spec", metavar="ID|FILE", help="What the cards are for. Default: cn-social-security-card."),
]
Workers = Annotated[
    str | None, typer.Option("--workers", metavar="N", help="Processes that work. Default: one a processor.")
]
RunOn = Annotated[str, typer.Option("--run-on", metavar="local|ray", help="This machine, or a Ray cluster.")]
NamingTemplate = Annotated[
    str | None,
    typer.Option(
        "--naming",
        metavar="TEMPLATE",
        help="Such as '{id}.jpg', '{folder}/{stem}-{spec}.jpg', '{id}{name}.jpg'; words are columns of the table, too. "
        "Default: the id where there is one, else the photo's own path.",
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="id=NAME|photo=NAME", help="A column of the table whose name does not tell."),
]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="NAME", help="Of a CSV or JSONL table. Default: UTF-8 or GB18030, as it is."),
]
SheetName = Annotated[
    str | None, typer.Option("--sheet", metavar="NAME", help="Of an XLSX table. Default: the first with text.")
]
OnFail = Annotated[
    str,
    typer.Option(
        "--on-fail", metavar="skip|quarantine|stop", help="A photo without a card: go on, copy it aside, or stop."
    ),
]
ReportFile = Annotated[
    str | None, typer.Option("--report", metavar="FILE", help="A table of all photos: .csv, .jsonl, .parquet or .xlsx.")
]
LedgerFile = Annotated[
    str | None,
    typer.Option("--ledger", metavar="FILE", help="Where the ledger is kept. Default: in OUT, or beside a zip."),
]
WatchIn = Annotated[str, typer.Argument(metavar="IN", help="The folder that photos arrive in, with all below it.")]
WatchOut = Annotated[str, typer.Argument(metavar="OUT", help="A folder or a URL. Never IN itself.")]
Poll = Annotated[
    bool,
    typer.Option("--poll", help="Look again every second: for network shares, whose changes the system does not tell."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a batch that was cut short.")]
Retry = Annotated[bool, typer.Option("--retry", help="Try photos again that failed and did not change.")]
Verify = Annotated[
    bool, typer.Option("--verify", help="Compare the bytes of photos and cards, not just sizes and times.")
]
ForceBatch = Annotated[
    bool, typer.Option("--force", help="Replace files that are already there, and cards that were made otherwise.")
]
Lang = Annotated[str | None, typer.Option("--lang", metavar="en|zh", help="Language. Default: EPHOTO_LANG, or en.")]


def parse_dpi(words: str | None) -> int | None:
    """A whole number above 0.

    Raises
    ------
    UsageError
        "bad_option".
    """
    return parse_whole("--dpi", words)


def parse_whole(option: str, words: str | None, least: Literal[0, 1] = 1) -> int | None:
    """A whole number, `least` or more.

    Raises
    ------
    UsageError
        "bad_option".
    """
    if words is None:
        return None
    if not (words.isascii() and words.isdecimal() and len(words) < _MOST_DIGITS and int(words) >= least):
        raise UsageError("bad_option", option=option, value=words, allowed=("0, 1, 2, ...", "1, 2, 3, ...")[least])
    return int(words)


def parse_mm(option: str, words: str | None) -> float | None:
    """Millimetres, 0 or more.

    Raises
    ------
    UsageError
        "bad_option".

    >>> parse_mm("--gap", "1.5")
    1.5
    """
    if words is None:
        return None
    try:
        number = float(words)
    except ValueError:
        number = math.nan
    if not 0.0 <= number < math.inf:
        raise UsageError("bad_option", option=option, value=words, allowed="0, 1.5, 2, ... (mm)")
    return number


def parse_rules(allow: list[str] | None, limit: list[str] | None) -> dict[str, Any]:
    """--allow and --limit as a converter takes them."""
    return {"allow": tuple(allow or ()), "limit": parse_limits(limit)}


def parse_limits(words: list[str] | None) -> dict[str, float]:
    """Limits by rule.

    Raises
    ------
    UsageError
        "bad_option".

    >>> parse_limits(["head_yaw=15"])
    {'head_yaw': 15.0}
    """
    limits = {}
    for word in words or ():
        code, equals, value = word.partition("=")
        try:
            limits[code] = float(value)
        except ValueError:
            limits[code] = float("nan")
        if not (code and equals and math.isfinite(limits[code])):
            raise UsageError("bad_option", option="--limit", value=word, allowed="RULE=VALUE, such as head_yaw=15")
    return limits


def parse_columns(words: list[str] | None) -> dict[str, str]:
    """Columns of a table by what they hold.

    Raises
    ------
    UsageError
        "bad_option".

    >>> parse_columns(["id=No."])
    {'id': 'No.'}
    """
    columns = {}
    for word in words or ():
        what, equals, name = word.partition("=")
        if what not in ("id", "photo") or not equals or not name:
            raise UsageError("bad_option", option="--column", value=word, allowed="id=NAME or photo=NAME")
        columns[what] = name
    return columns


def parse_on_fail(words: str) -> Literal["skip", "quarantine", "stop"]:
    """What becomes of the batch when a photo fails.

    Raises
    ------
    UsageError
        "bad_option".
    """
    for known in ("skip", "quarantine", "stop"):
        if words == known:
            return known
    raise UsageError("bad_option", option="--on-fail", value=words, allowed="skip, quarantine, stop")


def parse_workers(words: str | None) -> int:
    """A whole number above 0; as many as there are processors for this process where nothing is said.

    Raises
    ------
    UsageError
        "bad_option".
    """
    if words is None:
        import os

        counted = getattr(os, "sched_getaffinity", None)
        return len(counted(0)) if counted else os.cpu_count() or 1
    return parse_whole("--workers", words) or 1


def one_spec(specs: tuple[Spec, ...]) -> Spec:
    """The one spec of a batch.

    Raises
    ------
    UsageError
        "bad_option": several specs are several batches.
    """
    if len(specs) > 1:
        named = ",".join(spec.id for spec in specs)
        raise UsageError("bad_option", option="--spec", value=named, allowed="one document; run a batch for each")
    return specs[0]


def parse_nudge(words: str | None) -> tuple[float, float, float]:
    """Millimetres to the right and down, and a factor; a part that is left out moves nothing.

    Raises
    ------
    UsageError
        "bad_option".

    >>> parse_nudge("0.5,-1")
    (0.5, -1.0, 1.0)
    """
    if words is None:
        return 0.0, 0.0, 1.0
    parts = words.split(",")
    wrong = UsageError("bad_option", option="--nudge", value=words, allowed="DX,DY,SCALE (mm, mm, > 0)")
    try:
        given = [float(part) for part in parts]
    except ValueError:
        raise wrong from None
    if len(given) not in (2, 3) or any(v != v or abs(v) == float("inf") for v in given):
        raise wrong
    dx, dy, scale = (*given, 1.0)[:3]
    if scale <= 0:
        raise wrong
    return dx, dy, scale
