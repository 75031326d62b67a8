"""Sentences: the same keys and placeholders in both languages, a sentence for every code, a code for every sentence."""

from __future__ import annotations

import ast
import errno
import os
import re
import string
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from ephoto.core import errors
from ephoto.core.messages import LANGUAGES, codes, outline, phrase
from ephoto.liveness.values import EvidenceState, Outcome, Prompt
from ephoto.matting.rembg_session import refused
from ephoto.quality.gate import limits
from ephoto.specs.model import MEASURES
from ephoto.workflow.findings import Level
from ephoto.workflow.reported import Status

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))
import make_errors  # noqa: E402

PARTS = {
    "error": {"message", "hint"},
    "finding": {"title", "hint"},
    "label": {"text"},
    "prompt": {"title", "text"},
    "guidance": {"text"},
    "reason": {"text"},
    "cue": {"title", "text"},
    "phrase": {"text"},
    "wf": {"message", "hint"},
}
OTHER_CODES = {"frame_" + measure for measure in MEASURES}  # findings whose code is put together


def table(lang):
    return tomllib.loads((ROOT / "ephoto" / "core" / "messages" / f"{lang}.toml").read_text("utf-8"))


def placeholders(sentence):
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def sentences(lang):
    for kind, entries in table(lang).items():
        for code, parts in entries.items():
            for part, sentence in parts.items():
                yield (kind, code, part), sentence


def test_both_languages_have_the_same_keys():
    assert {k for k, _ in sentences("en")} == {k for k, _ in sentences("zh")}
    assert list(table("en")) == list(table("zh"))


def test_both_languages_have_the_same_placeholders():
    english = {k: placeholders(s) for k, s in sentences("en")}
    assert {k: placeholders(s) for k, s in sentences("zh")} == english


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_entry_has_its_parts_and_no_other(lang):
    for kind, entries in table(lang).items():
        for code, parts in entries.items():
            assert set(parts) == PARTS[kind], (kind, code)


def test_chinese_is_chinese():
    """No sentence of the Chinese table was left in English."""
    words = {k: "".join(part for part, *_ in string.Formatter().parse(s)) for k, s in sentences("zh")}
    english = {k for k, s in words.items() if re.search("[a-z]", s) and not re.search("[\u4e00-\u9fff]", s)}
    assert english == set()


def of_the_workflow():
    return {f"wf.{code}" for code in codes("wf")}


def test_every_error_that_is_raised_has_a_sentence():
    assert set(make_errors.raised()) - codes("error") - of_the_workflow() == set()


def test_every_sentence_belongs_to_an_error_that_is_raised():
    assert codes("error") - set(make_errors.raised()) == set()


def data_of_the_workflow():
    """What its files of data say: policies, mappings, schemas."""
    for path in (ROOT / "ephoto" / "workflow").rglob("*.toml"):
        if path.name != "levels.toml":
            yield path.read_text("utf-8")


def test_every_sentence_of_the_workflow_is_said_somewhere_and_has_a_level():
    named = set(strings_in_source()) | set(re.findall(r"wf\.[a-z_]+", " ".join(data_of_the_workflow())))
    assert of_the_workflow() - named == set()
    levels = tomllib.loads((ROOT / "ephoto" / "workflow" / "levels.toml").read_text("utf-8"))
    assert set(levels) == codes("wf")


def strings_in_source():
    for path in (ROOT / "ephoto").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def pieces_in_source():
    """What errors and findings say of their own in English: the constants given as problem or reason.

    What a parser met inside a broken file is for experts and stays as it is.
    """
    for path in (ROOT / "ephoto").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or (node.args and ast.unparse(node.args[0]) == "'corrupt'"):
                continue
            for keyword in node.keywords:
                if keyword.arg not in ("problem", "reason"):
                    continue
                value = keyword.value
                if isinstance(value, ast.JoinedStr):
                    value = value.values[0]  # what is in front of the first value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value.rstrip()


def test_what_the_source_says_within_a_sentence_is_said_in_chinese_too():
    assert {piece for piece in pieces_in_source() if phrase(piece, "zh") == piece} == set()


def causes():
    """What limits.toml says of rules that another one blocks, and rembg.toml of sessions that must not run."""
    return {rule.cause for rule in limits().values() if rule.cause} | set(refused().values())


def test_why_a_rule_is_blocked_or_a_session_refused_is_said_in_chinese_too():
    assert causes()
    assert {cause for cause in causes() if phrase(cause, "zh") == cause} == set()


def test_every_phrase_is_said_somewhere():
    """By the source, by the limits, by the operating system, or put together from pieces."""
    elsewhere = {"unknown key", "unknown key, did you mean", "No such command", "Got unexpected extra argument(s)"}
    said = {word.rstrip() for text in strings_in_source() for word in (text, text.removeprefix("image_"))}
    said |= causes()
    said |= {os.strerror(number) for number in errno.errorcode}
    unsaid = {entry["text"] for entry in table("en")["phrase"].values()} - said
    assert unsaid <= elsewhere or os.name == "nt"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("it is a folder", "它是文件夹", id="whole"),
        pytest.param("top 3.2 mm", "上方 3.2 mm", id="with a value"),
        pytest.param("unknown key, did you mean dpi", "未知的键，是不是指 dpi", id="the longest that fits"),
        pytest.param("topmost", "topmost", id="not a part of a word"),
        pytest.param("whatever else", "whatever else", id="unknown"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_phrases(words, expected):
    assert phrase(words, "zh") == expected
    assert phrase(words, "en") == words


def test_sides_and_rules_are_named_in_the_language():
    missing = errors.UnmetError("frame_uncovered", spec="x", sides=["top 3.2 mm", "left 1.0 mm"])
    assert missing.message("zh") == "照片对 x 来说取景太紧：缺少 上方 3.2 mm, 左侧 1.0 mm。"
    nudged = errors.UsageError("nudge_too_far", rule="eye_mid_x", allowed="162 to 196 px")
    assert "双眼居中" in nudged.message("zh")
    assert "eyes in the middle" in nudged.message("en")
    assert nudged.values["rule"] == "eye_mid_x"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_reason_of_a_batch_has_lost_its_subject(lang):
    """In a summary the sentence stands without the values of one photo."""
    photos = {"InputError", "FaceError", "UnmetError", "CheckError"}
    fails = {code for code, kinds in make_errors.raised().items() if kinds & photos} | {"output_exists", "worker_died"}
    fails = {code for code in fails if not code.startswith("wf.")}  # batches know nothing of the workflow
    told = {code: outline("error", code, "message", lang) for code in fails if f"reason_{code}" not in codes("label")}
    of_tables = {code for code in told if code.startswith("table_")}  # these end a batch before its summary
    assert {code for code, said in told.items() if said.startswith("…")} - of_tables == set()


def test_every_label_is_used():
    """By its whole name in the source, or put together with a prefix that the source names."""
    said = set(strings_in_source())
    together = ("fact_", "step_", "status_", "unit_", "side_", "column_", "word_", "verdict_", "foreseen_", "reason_")
    together += tuple(f"liveness_{outcome}" for outcome in get_args(Outcome))
    together += tuple(f"state_{state}" for state in get_args(EvidenceState))
    together += tuple(f"level_{level}" for level in get_args(Level))
    together += tuple(f"event_{status}" for status in get_args(Status))
    assert {code for code in codes("label") if code not in said and not code.startswith(together)} == set()


def listed_in(name):
    """The strings that a module of liveness lists: in tuples, lists, tables, and by appending."""
    for node in ast.walk(ast.parse((ROOT / "ephoto" / "liveness" / name).read_text("utf-8"))):
        parts = list(node.elts) if isinstance(node, (ast.List, ast.Tuple)) else []
        parts += [*node.keys, *node.values] if isinstance(node, ast.Dict) else []
        parts += node.args if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "append" else []
        yield from (part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))


def reasons_in_source():
    """What verdict.py calls the ends of a session, and why session.py ends one or begins it anew."""
    yield from set(listed_in("verdict.py")) - {"decided"} - set(get_args(Outcome)) - codes("cue")
    for node in ast.walk(ast.parse((ROOT / "ephoto" / "liveness" / "session.py").read_text("utf-8"))):
        given = node.args if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_decide" else []
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "reason":
            given = [node.value]
        for value in given:
            parts = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
            yield from (part.value for part in parts if isinstance(part, ast.Constant) and part.value is not None)


def test_what_a_session_asks_advises_and_decides_has_sentences():
    assert codes("prompt") == set(get_args(Prompt))
    advice = set(listed_in("guidance.py")) - {"guide"}
    assert {"no_face", "hold_still"} <= advice <= codes("guidance")
    reasons = set(reasons_in_source())
    assert {"flat", "second_face", "no_face", "gesture_wrong", "stream_ended"} <= reasons <= codes("reason")


def test_every_sentence_of_a_session_is_said_somewhere():
    said = set(strings_in_source())
    assert {code for kind in ("guidance", "reason", "cue") for code in codes(kind)} - said == set()


def findings_in_source():
    """Codes that are given to a Finding, or to the function that makes one."""
    for path in (ROOT / "ephoto").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
            if named and node.func.id in ("Finding", "_native") and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value


def test_every_finding_has_a_sentence_and_every_sentence_a_finding():
    used = set(findings_in_source()) | OTHER_CODES | set(limits())
    assert {code for code in used if not code.startswith("wf.")} == codes("finding")
    assert {code for code in used if code.startswith("wf.")} <= of_the_workflow()


def test_every_error_class_has_an_exit_code_of_its_own():
    kinds = [getattr(errors, name) for name in errors.__all__]
    exits = {kind.__name__: kind.exit_code for kind in kinds}
    assert exits.pop("SpecError") == exits["UsageError"] == 2
    assert len(set(exits.values())) == len(exits)


def test_placeholders_are_given_where_errors_are_raised():
    """Each raise names every value that its sentence needs."""
    needed = {code: set() for code in codes("error") | of_the_workflow()}
    for (kind, code, _), sentence in sentences("en"):
        if kind in ("error", "wf"):
            needed[code if kind == "error" else f"wf.{code}"] |= placeholders(sentence)
    for path in (ROOT / "ephoto").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in errors.__all__ and not any(k.arg is None for k in node.keywords):
                given = {k.arg for k in node.keywords}
                assert needed[node.args[0].value] <= given, f"{path.name}:{node.lineno}"


def test_the_page_of_errors_is_what_the_tables_say():
    """docs/errors.md is generated: python docs/make_errors.py"""
    assert make_errors.PAGE.read_text("utf-8") == make_errors.page()


def facts_in_source():
    """Keys of the mappings that the report's facts are made of."""
    for path in (ROOT / "ephoto" / "pipeline").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Dict):
                yield from (k.value for k in node.keys if isinstance(k, ast.Constant) and isinstance(k.value, str))
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                yield node.slice.value


@pytest.mark.parametrize("kind", ["fact", "step"])
def test_labels_of_facts_and_steps_belong_to_some(kind):
    labels = {code.removeprefix(f"{kind}_") for code in codes("label") if code.startswith(f"{kind}_")}
    assert labels - set(facts_in_source()) == set()
