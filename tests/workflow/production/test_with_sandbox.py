"""Packages, receipts and jobs with the sandbox's bureau and printer, which know nothing of this room."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from ephoto.core.settings import Settings
from ephoto.sandbox.prepare import prepare
from ephoto.sandbox.serve import running
from ephoto.workflow.adapters.production.config import production_rules
from ephoto.workflow.adapters.production.hot_folder import HotFolder
from ephoto.workflow.adapters.production.package import write_package
from ephoto.workflow.adapters.production.receipts import Batch, events_of
from ephoto.workflow.adapters.registry import PRODUCTION, Around
from ephoto.workflow.wire.mapping import load_mapping
from tests.images import REAL_JPEG
from tests.workflow.production.people import CREATED, HEAD, picture, row

BATCH = Batch(HEAD.batch_no, 1, CREATED, {k + 1: f"APP-TEST-{k:05}" for k in range(5)})


def people(count):
    return [row(k, photo=picture(REAL_JPEG)) for k in range(count)]
