"""Words of the contracts that the sandbox itself acts on, and those of its own files."""

from __future__ import annotations

from typing import Literal

__all__ = ["Answer", "CaseState", "Deliver", "Delivery", "FailType", "Order", "Produce"]

Answer = Literal["refuse", "reject", "later", "wait"]
Produce = Literal["at_once", "on_request"]
Delivery = Literal["pickup_branch", "mail_personal", "on_site", "employer_collect"]
FailType = Literal["bank", "data", "photo", "card"]
CaseState = Literal["submitted", "accepted", "rejected", "producing", "production_failed", "produced", "received"]
Deliver = Literal["webhook", "feed", "both"]
Order = Literal["as_made", "reversed", "shuffled"]
