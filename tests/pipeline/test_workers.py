"""Worker processes: what is asked is answered or named, whoever is killed, and none is left behind."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.pipeline.workers import NotBuilt, RemoteBug, Workers

ROOT = Path(__file__).resolve().parents[2]
CREW = "tests.pipeline.crew:"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")


def pool(count=1, factory="obedient", recipe=None, **others):
    return Workers(CREW + factory, recipe, count, **others)


def is_running(pid):
    """Whether that process is there: a zombie is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ends(pid, within_s=10.0):
    until = time.monotonic() + within_s
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_running(pid)


def appears(path, within_s=30.0):
    until = time.monotonic() + within_s
    while not Path(path).exists():
        assert time.monotonic() < until, path
        time.sleep(0.005)


@pytest.mark.parametrize(
    "value", [None, b"\0" * 3_000_000, {"a": (1, 2.5, "张三")}], ids=["nothing", "large", "nested"]
)
def test_an_answer_comes_back_as_it_was_given(value):
    with pool() as workers:
        assert workers.call(("echo", value)) == value


def test_one_process_serves_many_messages_and_none_is_there_before_the_first(tmp_path):
    with pool(2, "counted", str(tmp_path)) as workers:
        assert workers.pids == ()
        assert {workers.call(("pid", None)) for _ in range(5)} == set(workers.pids)
    assert len(list(tmp_path.iterdir())) == 1


def test_many_threads_share_the_workers_and_each_gets_its_own_answer():
    with pool(2) as workers, ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda n: workers.call(("echo", n)), range(200))) == list(range(200))
        assert len(workers.pids) == 2


def test_our_errors_come_back_as_themselves():
    with pool() as workers:
        with pytest.raises(InputError) as caught:
            workers.call(("refuse", "a.jpg"))
        assert (caught.value.code, caught.value.values) == ("not_found", {"path": "a.jpg"})
        assert workers.call(("echo", 1)) == 1


def test_a_bug_comes_back_with_its_trace_and_the_worker_goes_on():
    with pool() as workers:
        first = workers.call(("pid", None))
        with pytest.raises(RemoteBug, match="ZeroDivisionError: by nothing") as caught:
            workers.call(("stumble", "by nothing"))
        assert "_stumble" in str(caught.value)
        assert workers.call(("pid", None)) == first


def test_what_a_worker_prints_or_reads_does_not_disturb_the_answers(capfd):
    with pool() as workers:
        assert workers.call(("print", "noise")) == ""
        assert workers.call(("echo", 1)) == 1
    assert "noise" in capfd.readouterr().err


def test_a_message_whose_worker_is_killed_is_answered_by_another(tmp_path):
    with pool() as workers:
        before = workers.call(("pid", None))
        assert workers.call(("die once", str(tmp_path / "flag"))) == "alive"
        after = workers.call(("pid", None))
        assert before != after
        assert not is_running(before)
        assert workers.pids == (after,)


@pytest.mark.parametrize(
    ("deed", "problem"),
    [
        pytest.param(("die", signal.SIGKILL), "it was ended by SIGKILL", id="as the system does when memory is short"),
        pytest.param(("die", signal.SIGSEGV), "it was ended by SIGSEGV", id="crash"),
        pytest.param(("leave", 3), "it ended with code 3", id="code"),
    ],
)
def test_one_that_kills_every_worker_is_named_after_two_and_the_next_is_answered(tmp_path, deed, problem):
    with pool(1, "counted", str(tmp_path)) as workers:
        with pytest.raises(EnvironmentFault) as caught:
            workers.call(deed)
        assert (caught.value.code, caught.value.values) == ("worker_died", {"problem": problem})
        assert len(list(tmp_path.iterdir())) == 2
        assert workers.call(("echo", 1)) == 1
        dead = {int(path.name) for path in tmp_path.iterdir()} - set(workers.pids)
    assert len(dead) == 2
    assert not any(map(is_running, dead))


def test_a_worker_killed_from_outside_while_it_works_is_replaced(tmp_path):
    flag = tmp_path / "begun"
    with pool() as workers, ThreadPoolExecutor(1) as thread:
        answer = thread.submit(workers.call, ("wait", (0.3, str(flag))))
        appears(flag)
        os.kill(workers.pids[0], signal.SIGKILL)
        assert answer.result(30) == 0.3


def test_a_worker_killed_while_it_idles_is_replaced():
    with pool() as workers:
        os.kill(workers.call(("pid", None)), signal.SIGKILL)
        assert workers.call(("echo", 1)) == 1


def test_a_stuck_worker_is_killed_and_named_and_not_tried_again(tmp_path):
    with pool(1, "counted", str(tmp_path), patience_s=3) as workers:
        start = time.monotonic()
        with pytest.raises(EnvironmentFault) as caught:
            workers.call(("wait", (60, str(tmp_path / "flag"))))
        assert time.monotonic() - start < 20
        assert caught.value.values == {"problem": "it took more than 3 s"}
        (tmp_path / "flag").unlink()
        (pid,) = map(int, (path.name for path in tmp_path.iterdir()))
        assert not is_running(pid)
        assert workers.call(("echo", 1)) == 1


def test_an_engine_that_cannot_be_built_is_told_before_any_work_and_each_time():
    with pool(1, "unbuilt", {"name": "x", "path": "y"}) as workers:
        for _ in range(2):
            with pytest.raises(EnvironmentFault) as caught:
                workers.warm_up()
            assert caught.value.code == "model_missing"
        with pytest.raises(NotBuilt) as failure:  # no fault of the message
            workers.call(("echo", 1))
        assert failure.value.error.code == "model_missing"


def test_workers_that_die_while_they_are_built():
    with pool(1, "stillborn") as workers, pytest.raises(EnvironmentFault) as caught:
        workers.warm_up()
    assert caught.value.values == {"problem": "it ended with code 7"}


def test_a_worker_that_is_killed_while_it_is_built_is_replaced_too(tmp_path):
    with pool(1, "stillborn_once", str(tmp_path / "flag")) as workers:
        workers.warm_up()
        assert workers.call(("echo", 1)) == 1


def test_a_message_that_cannot_be_sent_harms_no_other():
    with pool() as workers:
        with pytest.raises((AttributeError, TypeError, pickle.PicklingError)):
            workers.call(("echo", [b"\0" * 100_000, lambda: None]))
        assert workers.call(("echo", 1)) == 1


def test_an_answer_that_was_not_waited_for_is_nobody_elses(tmp_path, monkeypatch):
    """Ctrl-C while a photo is with a worker: the next photo must not get that card."""

    def interrupted(file):
        raise KeyboardInterrupt

    with pool() as workers:
        workers.warm_up()
        with monkeypatch.context() as patch:
            patch.setattr("ephoto.pipeline.workers.pickle.load", interrupted)
            with pytest.raises(KeyboardInterrupt):
                workers.call(("echo", "of the one before"))
        assert workers.call(("echo", "mine")) == "mine"


def test_no_process_is_left_when_the_pool_is_closed():
    with pool(2) as workers, ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda n: workers.call(("echo", n)), range(20)))
        pids = workers.pids
    assert pids
    assert not any(map(is_running, pids))
    assert workers.pids == ()
    with pytest.raises(EnvironmentFault, match="told to end"):
        workers.call(("echo", 1))


def test_who_waits_for_a_worker_is_told_when_the_pool_is_closed_at_once(tmp_path):
    """The second Ctrl-C."""
    flag, faults = tmp_path / "begun", []

    def ask():
        try:
            workers.call(("wait", (60, str(flag))))
        except EnvironmentFault as fault:
            faults.append(fault.code)

    workers = pool(1)
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    appears(flag)
    (pid,) = workers.pids
    start = time.monotonic()
    workers.close(at_once=True)
    for thread in threads:
        thread.join(30)
    assert time.monotonic() - start < 5
    assert faults == ["worker_died"] * 3
    assert not is_running(pid)


@pytest.mark.parametrize("deed", ["idle", "wait"])
def test_workers_end_when_their_parent_is_killed(tmp_path, deed):
    """kill -9 of the driver, its workers idle or in the middle of a photo."""
    flag = tmp_path / "begun"
    code = (
        "import sys, time\n"
        "from ephoto.pipeline.workers import Workers\n"
        f"workers = Workers({CREW + 'obedient'!r}, None, 1)\n"
        "workers.warm_up(); print(*workers.pids, flush=True)\n"
        f"workers.call(('wait', (60, {str(flag)!r}))) if {deed == 'wait'} else time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    with parent:
        pid = int(parent.stdout.readline())
        if deed == "wait":
            appears(flag)
        parent.kill()
    assert ends(pid)
