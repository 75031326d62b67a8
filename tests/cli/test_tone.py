"""`ephoto convert --tone`: what is done is told, and nothing is done unasked."""

from __future__ import annotations

from PIL import Image

from samples.render import Portrait, cached


def test_tone_is_corrected_only_where_it_is_asked_for(run, photo):
    """A portrait two thirds of a stop too dark: told in the report, in both languages, and foreseen by a dry run."""
    dark = photo.with_name("dark.png")
    Image.fromarray(cached(Portrait(size_wh=(420, 560), seed=5, exposure_ev=-0.7)).image).save(dark)
    plain = run("convert", dark, "-o", photo.with_name("plain.jpg"), "--json").json["cards"][0]["report"]
    assert "tone" not in plain["facts"]
    assert "tone_corrected" not in {f["code"] for f in plain["findings"]}
    for words in (["-o", photo.with_name("toned.jpg")], ["--dry-run"]):
        report = run("convert", dark, "--tone", "auto", "--json", *words).json["cards"][0]["report"]
        assert report["passed"]
        assert report["facts"]["tone"]["mode"] == "auto"
        assert 0.2 < report["facts"]["tone"]["ev"] <= 0.5
        (told,) = (f for f in report["findings"] if f["code"] == "tone_corrected")
        assert (told["status"], told["native"], told["required"]) == ("warn", "exposure", False)
        assert told["values"]["ev"] == report["facts"]["tone"]["ev"]
    assert photo.with_name("toned.jpg").read_bytes() != photo.with_name("plain.jpg").read_bytes()
    text = run("convert", dark, "--tone", "auto", "--dry-run", "--lang", "zh").text
    assert "光线与色彩" in text
    assert "曝光" in text
