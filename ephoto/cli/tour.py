"""`ephoto sandbox FOLDER --try PHOTO`: the whole road of a card, command by command, on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import CheckError, EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ephoto.cli.voice import Voice
    from ephoto.sandbox.prepare import Prepared

__all__ = ["tour"]

SCHEMA = "ephoto.tour/1"
WAIT_S = 60.0  # for a counterpart that must do something; it needs a second or two
LOOK_S = 0.2
PIXELS = (1011, 638)  # of the stand-ins for the two sides of an ID card: 85.6 x 54 mm at 300 dpi


def tour(prepared: Prepared, photo: Path, voice: Voice) -> int:
    """Go the road once, with the sandbox and a receiver of webhooks as programs of their own.

    Each step is a command of ephoto, shown with what it says. All stays in the folder; both programs end with the tour.

    Raises
    ------
    CheckError
        "tour_failed" with the step that did not end well.
    EnvironmentFault
        "tour_failed": a counterpart did not start, or did nothing in time.
    """
    folder, office = prepared.folder, str(prepared.office)
    card, person = folder / "card.jpg", folder / "person.json"
    _write_person(person)
    _write_sides(folder)
    with (
        _running("cards", "listen", "--port", "0", "--json", "--office", office) as listener,
        _running("sandbox", str(folder), "--callback", f"{listener['listening']}/v1/events", "--json"),
    ):
        steps = _Steps(office, voice)
        steps.go("convert", str(photo), "-o", str(card), "--force", at_office=False)
        steps.go("apply", "new", str(person))
        name = steps.newest()
        steps.go("apply", "attach-photo", name, str(card))
        sides = (str(folder / "id-front.jpg"), "--back", str(folder / "id-back.jpg"))
        steps.go("apply", "attach-id-card", name, "--front", *sides)
        steps.go("apply", "submit", name)
        drops = folder / "packages"
        drops.mkdir(exist_ok=True)
        steps.go("package", "--accepted", "-o", str(drops), "--send")
        _await("production", lambda: _state(prepared, name) == "produced")
        steps.go("cards", "receive")
        steps.until(name, "ready_for_pickup")
        event = {"type": "financial_activated", "application_id": name, "channel": "branch_terminal"}
        _post(f"{prepared.url}/control/events", event)
        voice.say(voice.label("tour_activates"))
        case = steps.until(name, "received")
        steps.go("cards", "notify")
        steps.go("cards", "show", name)
    usable = case.card is not None and case.card["usable"]
    if not usable:
        raise CheckError("tour_failed", step="financial_activated")
    voice.say(voice.label("tour_done", folder=folder))
    return 0


class _Steps:
    """Commands, each said and then done in this process."""

    def __init__(self, office: str, voice: Voice) -> None:
        self._office, self._voice = office, voice

    def go(self, *words: str, at_office: bool = True) -> None:
        from ephoto.cli.app import main

        said = [*words, *(("--office", self._office) if at_office else ())]
        self._voice.say(f"\n$ ephoto {' '.join(said)}")
        if main([*said, "--lang", self._voice.lang]) != 0:
            raise CheckError("tour_failed", step=" ".join(words[:2]))

    def newest(self) -> str:
        """The id of the application that was opened last."""
        from ephoto.cli.office_words import opened

        with opened(self._office) as here:
            return max(here.office.cases(), key=lambda case: case.created_at).application_id

    def until(self, name: str, state: str) -> Any:
        """The case when it has come to a state: what brings it there comes by webhook."""
        from ephoto.cli.office_words import opened

        with opened(self._office) as here:
            _await(state, lambda: here.office.case(name).state == state)
            return here.office.case(name)


@contextmanager
def _running(*words: str) -> Iterator[dict[str, Any]]:
    """A command of ephoto as a program of its own, until the block ends; gives what it said when it was ready."""
    command = [sys.executable, "-m", "ephoto.cli.app", *words]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        line = program.stdout.readline() if program.stdout is not None else ""
        if not line:
            raise EnvironmentFault("tour_failed", step=" ".join(words[:2]))
        yield _first_object(line, program)
    finally:
        program.terminate()
        try:
            program.communicate(timeout=WAIT_S)
        except subprocess.TimeoutExpired:
            program.kill()
            program.communicate()


def _first_object(line: str, program: subprocess.Popen[str]) -> dict[str, Any]:
    """The JSON object that begins with this line: it may have several."""
    text = line
    while True:
        try:
            told: dict[str, Any] = json.loads(text)
        except ValueError:
            more = program.stdout.readline() if program.stdout is not None else ""
            if not more:
                raise EnvironmentFault("tour_failed", step="sandbox") from None
            text += more
        else:
            return told


def _await(step: str, true: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not true():
        if time.monotonic() > end:
            raise EnvironmentFault("tour_failed", step=step)
        time.sleep(LOOK_S)


def _state(prepared: Prepared, name: str) -> str:
    """What the sandbox knows of an application."""
    listed: Sequence[dict[str, Any]] = _get(f"{prepared.url}/control/state")["applications"]["list"]
    return next((str(one["state"]) for one in listed if one["application_id"] == name), "")


def _get(url: str) -> Any:
    return json.loads(_answer(urllib.request.Request(url)))


def _post(url: str, document: dict[str, Any]) -> None:
    _answer(urllib.request.Request(url, json.dumps(document).encode(), {"Content-Type": "application/json"}))


def _answer(request: urllib.request.Request) -> bytes:
    """What the sandbox says, past any proxy of the machine's."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=WAIT_S) as answer:
        data: bytes = answer.read()
    return data


def _write_person(path: Path) -> None:
    """Somebody who does not exist, and who has agreed to everything just now."""
    template = files("ephoto.sandbox").joinpath("templates", "person.json").read_text("utf-8")
    now = datetime.fromtimestamp(int(time.time()), UTC).isoformat()  # noqa: TID251  where clocks come from
    path.write_text(Template(template).substitute(now=now), encoding="utf-8")


def _write_sides(folder: Path) -> None:
    """Stand-ins for the pictures of an ID card."""
    import cv2
    import numpy as np

    for side in ("front", "back"):
        picture = np.full((PIXELS[1], PIXELS[0], 3), 235, np.uint8)
        cv2.putText(picture, f"SPECIMEN {side}", (180, 330), cv2.FONT_HERSHEY_SIMPLEX, 2.4, (120, 120, 120), 4)
        cv2.imwrite(str(folder / f"id-{side}.jpg"), picture)
