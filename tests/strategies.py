"""What Hypothesis draws in the tests of several rooms."""

from __future__ import annotations

from hypothesis import strategies as st

from ephoto.core.findings import Finding, Report
from ephoto.core.messages import codes

__all__ = ["findings", "plain_values", "reports"]

_REMEDIES = ("none", "conversion", "retake")
_UNITS = ("px", "mm", "inch", "ratio", "deg", "bytes", "dpi", "times", "area share", "")
_STEPS = ("photo", "face", "frame", "matte", "tone", "compose", "encode", "card")

_numbers = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9)
_bounds = st.none() | _numbers
_words = st.text(max_size=12)


def plain_values() -> st.SearchStrategy:
    """Whatever JSON has a word for."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


def findings() -> st.SearchStrategy[Finding]:
    """A finding of any rule, with any value, bounds and status."""
    return st.builds(
        Finding,
        code=st.sampled_from(sorted(codes("finding"))),
        status=st.sampled_from(("pass", "warn", "fail", "unknown")),
        scope=st.sampled_from(("photo", "card")),
        native=st.none() | _numbers | _words,
        unit=st.sampled_from(_UNITS),
        low=_bounds,
        high=_bounds,
        remedy=st.sampled_from(_REMEDIES),
        required=st.booleans(),
        reason=st.none() | _words,
        source=_words,
    )


def reports() -> st.SearchStrategy[Report]:
    """A report with facts of any shape, and any findings."""
    value = st.none() | st.booleans() | _numbers | _words | st.lists(_numbers, max_size=3)
    facts = st.dictionaries(_words, value | st.dictionaries(_words, _numbers | _words, max_size=3), max_size=4)
    return st.builds(
        Report,
        spec=_words,
        facts=st.dictionaries(st.sampled_from(_STEPS), facts, max_size=4),
        findings=st.lists(findings(), max_size=4).map(tuple),
    )
