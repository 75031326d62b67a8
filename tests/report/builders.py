"""Reports to be shown in tests."""

from __future__ import annotations

from ephoto.core.findings import Finding, Report

__all__ = ["report"]


def report(*findings: Finding) -> Report:
    """A report with some facts of every kind, and these findings."""
    facts = {
        "photo": {"format": "JPEG", "size_wh": [900, 1200], "flattened": False, "icc": None},
        "face": {"score": 0.93, "bystanders": [{"score": 0.8}, {"score": 0.6}], "box_xyxy": [1.0, 2.0, 3.0, 4.0]},
        "frame": {"gave_way": ["hair_top_gap"], "uncovered_px": {"image_left": 3.25}, "kept_frame": True},
        "encode": {"bytes": 20000, "window_bytes": [14336, 40000], "preferred_bytes": [None, 30000]},
    }
    return Report("cn-social-security-card", facts, findings)
