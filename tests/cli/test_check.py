"""`ephoto check`: verdicts as a table, as JSON and as an exit code."""

from __future__ import annotations

import json

import pytest

CARD = "cn-social-security-card"


def test_a_good_photo_passes(run, photo):
    ended = run("check", photo)
    assert (ended.code, ended.err) == (0, "")
    assert "facing the camera" in ended.text
    assert "eyes open" in ended.text


def test_nothing_is_written(run, photo):
    run("check", photo)
    assert [p.name for p in photo.parent.iterdir()] == ["me.jpg"]


def test_json_holds_every_rule_with_value_bounds_and_source(run, photo):
    told = run("check", photo, "--json").json
    (entry,) = told["checks"]
    assert (told["schema"], told["exit_code"], entry["spec"]) == ("ephoto.check/1", 0, CARD)
    found = {f["code"]: f for f in entry["report"]["findings"]}
    yaw = found["head_yaw"]
    assert (yaw["status"], yaw["unit"], yaw["bounds"]) == ("pass", "deg", [-12.0, 12.0])
    assert yaw["source"]
    assert 90 <= yaw["scalar"] <= 100
    assert yaw["values"]["component"] == "HeadPoseYaw"
    assert found["frame_face_width"]["status"] == "pass"


def test_a_failed_rule_is_exit_1_and_says_what_to_do(run, photo):
    ended = run("check", photo, "--limit", "inter_eye_distance=5000")
    assert ended.code == 1
    assert "take the photo from nearer" in ended.text


def test_an_allowed_rule_does_not_decide(run, photo):
    assert run("check", photo, "--limit", "inter_eye_distance=5000", "--allow", "inter_eye_distance").code == 0


@pytest.mark.parametrize(
    "words",
    [["--limit", "nose=1"], ["--limit", "head_yaw"], ["--limit", "head_yaw=x"], ["--limit", "=3"], ["--allow", "nose"]],
    ids=" ".join,
)
def test_what_is_no_rule_or_no_number_is_a_usage_error(run, photo, words):
    assert run("check", photo, *words).code == 2


@pytest.fixture
def strict(photo):
    """A spec of one's own that the good photo fails by the pixels between its eyes."""
    path = photo.parent / "strict.toml"
    path.write_text("same_as = 'cn-1inch'\n[quality.inter_eye_distance]\nfail = [5000, inf]\n", "utf-8")
    return path


def test_a_limit_in_the_spec_refuses(run, photo, strict):
    told = run("check", photo, "--spec", f"{strict},cn-1inch", "--json").json
    one, other = ({f["code"]: f for f in entry["report"]["findings"]} for entry in told["checks"])
    assert (one["inter_eye_distance"]["status"], one["inter_eye_distance"]["bounds"]) == ("fail", [5000.0, None])
    assert other["inter_eye_distance"]["status"] != "fail"


@pytest.mark.parametrize(
    "words", [["--allow", "inter_eye_distance"], ["--limit", "inter_eye_distance=60"]], ids=" ".join
)
def test_the_command_line_wins_over_the_spec(run, photo, strict, words):
    assert run("check", photo, "--spec", strict).code == 1
    assert run("check", photo, "--spec", strict, *words).code == 0


@pytest.mark.parametrize("command", ["check", "convert"])
def test_a_check_that_there_is_not_is_told_before_any_work(run, photo, command):
    own = photo.parent / "own.toml"
    own.write_text("same_as = 'cn-1inch'\n[quality.head_yawn]\nfail = [0, 1]\n", "utf-8")
    ended = run(command, photo, "--spec", own)
    assert ended.code == 2
    assert "own.toml: quality.head_yawn: unknown key, did you mean head_yaw" in ended.err


def test_all_measures_are_told_when_asked_for(run, photo):
    assert "LuminanceVariance" not in run("check", photo).text
    assert "LuminanceVariance" in run("check", photo, "--all").text
    report = run("check", photo, "--json").json["checks"][0]["report"]
    assert list(report["facts"])[:3] == ["photo", "face", "quality"]
    assert set(report["facts"]["quality"]["HeadSize"]) == {"native", "unit", "scalar", "reason"}


def test_a_photo_that_cannot_be_read_does_not_stop_the_others(run, photo):
    bad = photo.with_name("bad.jpg")
    bad.write_bytes(b"no picture")
    ended = run("check", bad, photo, "--json")
    first, second = ended.json["checks"]
    assert ended.code == 3
    assert first["report"] is None
    assert first["error"]["exit_code"] == 3
    assert second["error"] is None
    assert second["report"]["passed"]


def test_several_specs_are_checked_one_by_one(run, photo):
    told = run("check", photo, "--spec", f"{CARD},cn-1inch", "--json").json
    assert [entry["spec"] for entry in told["checks"]] == [CARD, "cn-1inch"]


def test_a_photo_comes_through_the_pipe(process, photo):
    ended = process("check", "-", "--json", stdin=photo.read_bytes())
    assert ended.code == 0
    assert json.loads(ended.text)["checks"][0]["photo"] == "-"


def test_chinese(run, photo):
    assert "正对镜头" in run("check", photo, "--lang", "zh").text


def test_a_finished_card_is_judged_as_a_file(run, photo):
    assert run("convert", photo, "-o", photo.with_name("card.jpg")).code == 0
    good = run("check", photo.with_name("card.jpg"), "--as-card", "--json").json
    codes = {f["code"] for f in good["checks"][0]["report"]["findings"]}
    assert good["exit_code"] == 0
    assert {"size_px", "dpi", "bytes", "format", "metadata", "frame_face_width", "eyes_open"} <= codes
    assert run("check", photo, "--as-card").code == 1


def test_files_are_written_beside_the_table(run, photo):
    folder = photo.parent
    words = ["--csv", folder / "a.csv", "--html", folder / "a.html", "--annotate", folder / "a.png"]
    ended = run("check", photo, *words)
    assert ended.code == 0
    assert (folder / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfphoto,")
    assert b"data:image/jpeg;base64," in (folder / "a.html").read_bytes()
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")
    assert f"Written: {folder / 'a.csv'}" in ended.text


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["--annotate", "x.txt"], 2, id="no picture's name"),
        pytest.param(["--csv", "same", "--html", "same"], 2, id="one name for two"),
        pytest.param(["--csv", "me.jpg"], 6, id="a file that is there"),
        pytest.param(["--csv", "me.jpg", "--force"], 2, id="the photo itself"),
        pytest.param(["--csv", "gone/x.csv"], 6, id="no folder"),
    ],
)
def test_files_that_cannot_be_written_are_refused(run, photo, monkeypatch, words, code):
    monkeypatch.chdir(photo.parent)
    before = photo.read_bytes()
    assert run("check", photo, *words).code == code
    assert photo.read_bytes() == before
    assert [p.name for p in photo.parent.iterdir()] == ["me.jpg"]


def test_one_picture_cannot_show_two_photos(run, photo, tmp_path):
    other = photo.with_name("other.jpg")
    other.write_bytes(photo.read_bytes())
    assert run("check", photo, other, "--annotate", tmp_path / "a.png").code == 2
