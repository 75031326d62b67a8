"""The engines rembg:NAME with the real package and real weights."""

from __future__ import annotations

import shutil
import socket
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ephoto.core.errors import EnvironmentFault
from ephoto.core.settings import Settings
from ephoto.matting import engines
from ephoto.matting.rembg_session import refused, sessions
from ephoto.pipeline.converter import Converter
from samples.render import Portrait, cached
from tests.extras.conftest import PORTRAIT

# What rembg and what it stands on warn of in their own code is theirs.
pytestmark = [pytest.mark.usefixtures("rembg"), pytest.mark.filterwarnings("default:::(?!ephoto)")]


@pytest.fixture
def engine(u2net_home):
    return engines.build("rembg:u2netp", Settings())


@pytest.fixture(scope="module")
def portrait():
    return cached(Portrait(size_wh=(420, 560), head=0.5))


def test_every_session_of_rembg_is_allowed_or_refused_with_a_reason():
    """A release that brings a new session, perhaps one that uploads, does not slip in."""
    from rembg.sessions import sessions as theirs

    assert set(sessions()) | set(refused()) == set(theirs)
    assert not set(sessions()) & set(refused())


def test_what_is_allowed_runs_on_this_machine_and_needs_no_key():
    from rembg.sessions import sessions as theirs

    for name, entry in sessions().items():
        assert theirs[name].is_local(), name
        assert not theirs[name].requires_credentials(), name
        assert not theirs[name].has_usage_cost(), name
        assert entry.file == f"{theirs[name].name()}.onnx"


def test_the_sums_are_those_that_rembg_expects():
    import inspect

    from rembg.sessions import sessions as theirs

    for name, entry in sessions().items():
        assert f'"md5:{entry.md5}"' in inspect.getsource(theirs[name].download_models), name


def test_the_mask_is_the_sessions_own(engine, portrait):
    from PIL import Image
    from rembg import new_session

    mask = engine.person(portrait.image)
    assert (engine.name, engine.view) == ("rembg:u2netp", "photo")
    assert mask.shape == portrait.alpha.shape
    assert mask.dtype == np.float32
    assert 0 <= mask.min() < 0.1 < 0.9 < mask.max() <= 1
    (theirs,) = new_session("u2netp", providers=["CPUExecutionProvider"]).predict(Image.fromarray(portrait.image))
    assert np.abs(mask * 255 - np.asarray(theirs, np.float32)).max() <= 1


def test_the_mask_is_the_person(engine, portrait):
    assert np.abs(engine.person(portrait.image) - portrait.alpha).mean() < 0.06


def test_threads_share_one_engine(engine, portrait):
    views = [np.ascontiguousarray(np.roll(portrait.image, 40 * n, axis=1)) for n in range(3)]
    alone = [engine.person(view) for view in views]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(engine.person, views * 2))
    for n, mask in enumerate(together):
        assert (mask == alone[n % 3]).all()


def test_one_thread_and_the_processor_only(engine):
    session = engine._session.inner_session
    assert session.get_providers() == ["CPUExecutionProvider"]
    assert session.get_session_options().intra_op_num_threads == 1


def test_missing_weights_are_told_and_not_fetched(rembg, tmp_path, monkeypatch):
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    monkeypatch.setattr(socket, "socket", None)  # whoever tries a connection crashes
    with pytest.raises(EnvironmentFault) as caught:
        engines.build("rembg:birefnet-portrait", Settings())
    assert caught.value.code == "weights_missing"
    assert str(tmp_path) in caught.value.message()
    assert caught.value.message().rstrip(".").endswith("birefnet-portrait.onnx")
    assert "new_session('birefnet-portrait')" in caught.value.hint()
    assert list(tmp_path.iterdir()) == []


def test_weights_are_taken_from_the_place_that_the_error_names(u2net_home, tmp_path, monkeypatch):
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    with pytest.raises(EnvironmentFault) as caught:
        engines.build("rembg:u2netp", Settings())
    place = caught.value.values["file"]
    assert place.startswith(str(tmp_path))
    (tmp_path / "models" / "u2netp").mkdir(parents=True)
    shutil.copy(u2net_home / "u2netp.onnx", place)
    assert engines.build("rembg:u2netp", Settings()).name == "rembg:u2netp"


def test_other_weights_under_the_name_are_refused(rembg, u2net_home, tmp_path, monkeypatch):
    spoilt = bytearray((u2net_home / "u2netp.onnx").read_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    (tmp_path / "u2netp.onnx").write_bytes(spoilt)
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    with pytest.raises(EnvironmentFault) as caught:
        engines.build("rembg:u2netp", Settings())
    assert caught.value.code == "weights_corrupt"


@pytest.mark.parametrize("way", ["{}", "u2netp={}"])
def test_a_file_by_its_path_from_anywhere(way, engine, u2net_home, portrait, tmp_path, monkeypatch):
    """Also outside rembg's own folder; the result is that of the session it was copied from."""
    own = tmp_path / "my model = 1.onnx"
    shutil.copy(u2net_home / "u2netp.onnx", own)
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "elsewhere"))
    by_path = engines.build("rembg:" + way.format(own), Settings())
    assert by_path.name == "rembg:my model = 1.onnx"
    assert (by_path.person(portrait.image) == engine.person(portrait.image)).all()


@pytest.mark.parametrize("content", [None, b"", b"no onnx at all"])
def test_a_file_that_is_no_network_is_told(content, rembg, tmp_path):
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EnvironmentFault) as caught:
        engines.build(f"rembg:{path}", Settings())
    assert caught.value.code == "weights_unfit"
    assert str(path) in caught.value.message()


def test_a_network_that_wants_another_size_is_told(u2net_home):
    """u2netp takes 320 px; prepared for as isnet, it would be given 1024."""
    with pytest.raises(EnvironmentFault) as caught:
        engines.build(f"rembg:isnet-general-use={u2net_home / 'u2netp.onnx'}", Settings())
    assert caught.value.code == "weights_unfit"


def test_a_card_comes_out_right(u2net_home):
    """Every required rule passes, and the cut-out is that of the embedded engine but for its edge."""
    card = Converter(engine="rembg:u2netp").convert(PORTRAIT)
    assert card.report.passed
    assert card.report.facts["matte"]["engine"] == "rembg:u2netp"
    away = np.abs(card.image.astype(int) - Converter().convert(PORTRAIT).image.astype(int)).max(2)
    assert (away > 40).mean() < 0.01
