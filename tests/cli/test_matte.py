"""`ephoto matte`: photos in, cut-outs out."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ephoto.core.messages import codes
from ephoto.report.rows import FOR_MACHINES

ROOT = Path(__file__).resolve().parents[2]


def opened(data):
    return Image.open(io.BytesIO(data))


def test_a_photo_becomes_a_cutout(process, photo):
    """As a process of its own: a PNG as large as the photo, facts, nothing on stderr."""
    ended = process("matte", photo, "-o", "cutout.png", cwd=photo.parent)
    assert (ended.code, ended.err) == (0, "")
    cutout = opened((photo.parent / "cutout.png").read_bytes())
    assert (cutout.format, cutout.mode, cutout.size) == ("PNG", "RGBA", (420, 560))
    assert "cut-out" in ended.text
    assert ended.text.endswith("Written: cutout.png\n")
    assert "requires" not in ended.text  # no document, no verdict
    assert sorted(p.name for p in photo.parent.iterdir()) == ["cutout.png", "me.jpg"]


def test_the_default_name_stands_beside_the_photo(run, photo):
    assert run("matte", photo).code == 0
    assert opened(photo.with_name("me.cutout.png").read_bytes()).mode == "RGBA"


def test_json_is_one_object(run, photo):
    told = run("matte", photo, "--json").json
    (entry,) = told["cutouts"]
    assert (told["schema"], told["exit_code"]) == ("ephoto.matte/1", 0)
    assert (entry["photo"], entry["written"], entry["error"]) == (str(photo), True, None)
    assert Path(entry["output"]).is_file()
    assert entry["report"]["facts"]["photo"]["size_wh"] == [420, 560]
    assert (entry["report"]["spec"], entry["report"]["findings"]) == ("", [])


def test_every_fact_has_a_label_and_stands_in_the_docs(run, photo):
    page = (ROOT / "docs" / "report.md").read_text("utf-8")
    facts = run("matte", photo, "--json").json["cutouts"][0]["report"]["facts"]
    (line,) = re.findall(r"^- `cutout`: (.*?)(?=^- |\Z)", page, re.MULTILINE | re.DOTALL)
    assert set(facts["cutout"]) == {*re.findall(r"`(\w+)`", line)}
    assert "step_cutout" in codes("label")
    assert {f"fact_{key}" for key in facts["cutout"] if key not in FOR_MACHINES} <= codes("label")


def test_chinese(run, photo):
    text = run("matte", photo, "--lang", "zh").text
    assert "抠像" in text
    assert "人像占比" in text


def test_from_stdin_to_stdout(process, photo, portrait_bytes):
    """The PNG on stdout and nothing else, the facts on stderr; the same file as by name."""
    ended = process("matte", "-", stdin=portrait_bytes)
    assert ended.code == 0
    assert opened(ended.out).size == (420, 560)
    assert "selfie" in ended.err
    process("matte", photo, "-o", "cutout.png", cwd=photo.parent)
    assert (photo.parent / "cutout.png").read_bytes() == ended.out


def test_json_stands_aside_where_the_cutout_is_on_stdout(run, photo):
    ended = run("matte", photo, "-o", "-", "--json")
    assert opened(ended.out).format == "PNG"
    assert '"schema": "ephoto.matte/1"' in ended.err


def test_several_photos_do_not_stop_each_other(run, photo):
    bad = photo.with_name("bad.jpg")
    bad.write_bytes(b"text")
    ended = run("matte", bad, photo, photo.with_name("gone.jpg"), "-o", f"{photo.parent}/out/")
    assert ended.code == 3
    assert [p.name for p in (photo.parent / "out").iterdir()] == ["me.cutout.png"]
    assert "1 of 3 cut out." in ended.text
    assert "[not_a_picture]" in ended.err
    assert "[not_found]" in ended.err


def test_a_bug_that_one_photo_shows_does_not_lose_the_others(run, photo, monkeypatch, tmp_path):
    from ephoto.pipeline.converter import Converter

    bad = photo.with_name("bad.jpg")
    bad.write_bytes(photo.read_bytes())
    sound = Converter.matte
    monkeypatch.setattr(Converter, "matte", lambda self, p: 1 / 0 if p == str(bad) else sound(self, p))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = run("matte", bad, photo, "--json")
    assert ended.code == ended.json["exit_code"] == 70
    assert [c["error"] and c["error"]["code"] for c in ended.json["cutouts"]] == ["internal", None]
    assert photo.with_name("me.cutout.png").is_file()


def test_a_photo_without_a_face(run, photo):
    Image.new("RGB", (400, 500), (120, 130, 140)).save(photo)
    ended = run("matte", photo)
    assert ended.code == 4
    assert "[no_face]" in ended.err
    assert [p.name for p in photo.parent.iterdir()] == ["me.jpg"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["--matte", "slow"], "bad_option", id="matte"),
        pytest.param(["--engine", "magic"], "engine_unknown", id="engine"),
        pytest.param(["--faces", "magic"], "engine_unknown", id="faces"),
        pytest.param(["--lang", "xx"], "bad_option", id="language"),
        pytest.param(["--spec", "us-visa"], "option_unknown", id="a card's option"),
        pytest.param(["-o", "cutout.jpg"], "suffix_mismatch", id="a format without alpha"),
        pytest.param(["-o", "cutout"], "suffix_mismatch", id="no suffix"),
        pytest.param(["-o", "{stem}.webp"], "suffix_mismatch", id="a template's suffix"),
        pytest.param(["other.jpg", "-o", "one.png"], "several_outputs", id="two into one"),
    ],
)
def test_options_are_checked_before_any_work(words, code, run, photo):
    """Usage errors, and the photo is not even looked at: it need not exist."""
    for name in (photo, photo.with_name("gone.jpg")):
        ended = run("matte", name, *words)
        assert ended.code == 2
        assert f"[{code}]" in ended.err
    assert [p.name for p in photo.parent.iterdir()] == ["me.jpg"]


def test_an_existing_file_is_kept_unless_forced(run, photo):
    out = photo.with_name("cutout.png")
    out.write_bytes(b"precious")
    ended = run("matte", photo, "-o", out)
    assert ended.code == 6
    assert "[output_exists]" in ended.err
    assert out.read_bytes() == b"precious"
    assert run("matte", photo, "-o", out, "--force").code == 0
    assert opened(out.read_bytes()).size == (420, 560)


def test_a_cutout_is_not_thrown_at_a_terminal(run, photo, monkeypatch):
    monkeypatch.setattr("ephoto.cli.voice._is_terminal", lambda _: True)
    ended = run("matte", photo, "-o", "-")
    assert ended.code == 2
    assert "[card_on_terminal]" in ended.err


def test_high_differs_from_fast_at_the_edge_only(run, photo):
    pictures = []
    for quality in ("fast", "high"):
        run("matte", photo, "--matte", quality, "-o", photo.with_name(f"{quality}.png"))
        pictures.append(np.asarray(opened(photo.with_name(f"{quality}.png").read_bytes())))
    differ = (pictures[0] != pictures[1]).any(2)
    assert 0 < differ.mean() < 0.2
