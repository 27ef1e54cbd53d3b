"""A rank that exits, hangs or is killed: the others end too, in bounded time, and report why."""

from __future__ import annotations

import re
import shutil
import tempfile
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from launch import HERE, can_limit_shared_memory, launch, with_shared_memory_of

PROGRAM = """
import os, signal, sys, time
import gradtape as tf
tf.distributed.init()
tf.distributed.barrier()
if tf.distributed.rank() == 1:
    {}
tf.distributed.allreduce(tf.ones([3]), name="loss")
print("went on")
"""

SUMS = """
import gradtape as tf
tf.distributed.init()
own = tf.fill([300000], tf.distributed.rank() + 1.0)
kept = [tf.distributed.allreduce(own + turn - turn, op=tf.distributed.Sum) for turn in range(12)]
print(f"from {min(float(tf.reduce_min(total)) for total in kept)} to {max(total.numpy().max() for total in kept)}")
"""

NAMES = """
import os
import gradtape as tf
tf.distributed.init()
for turn in range(3):
    tf.distributed.allreduce(tf.fill([300000], 1.0))
print("names:", [name for name in os.listdir("/dev/shm") if name.startswith("gradtape-")], flush=True)
"""

# Rank 1 does something when its sweep reaches the first layer; the others wait for gradients already being sent.
SWEEP = """
import os, signal, time
import gradtape as tf
tf.distributed.init()
w = [tf.Variable(tf.ones([200, 200]), name=name) for name in ("first", "last")]
@tf.custom_gradient
def watched(x):
    def gradient(cotangent):
        if turn == 3 and tf.distributed.rank() == 1:
            {}
        return cotangent
    return tf.identity(x), gradient
for turn in range(5):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(watched(w[0] * 2.0) @ w[1])
    tf.distributed.DistributedGradientTape(tape).gradient(loss, w)
print("went on")
"""

FORK = """r = os.fork()
    if r == 0:
        try: tf.distributed.allreduce(1.0)
        except tf.errors.FailedPreconditionError as e: print(str(e)[:36], flush=True)
        os._exit(0)
    os.waitpid(r, 0)"""

WITHOUT_MPI4PY = """
import sys
sys.modules["mpi4py"] = None
import gradtape as tf
tf.distributed.init()
"""

AHEAD = 2  # tests whose programs run while a test awaits its own: most of them mostly wait

LIMITS = {"GRADTAPE_STALL_CHECK_TIME_SECONDS": "0.5", "GRADTAPE_STALL_SHUTDOWN_TIME_SECONDS": "1"}


def starts(program: Callable):
    """What the fixture `done` calls for a test, with its parameter if it has one."""

    def started(test):
        test.program = program
        return test

    return started


@pytest.fixture(scope="module")
def running():
    """Threads, and what they have started, by names of tests."""
    with ThreadPoolExecutor(AHEAD + 1) as threads:
        yield threads, {}


@pytest.fixture
def done(request, running):
    """What this test's program returned."""
    threads, started = running
    tests = [item for item in request.session.items if item.path == request.path]
    place = tests.index(request.node)
    for item in tests[place : place + 1 + AHEAD]:
        if item.name not in started:
            given = [item.callspec.params["done"]] if hasattr(item, "callspec") else []
            started[item.name] = threads.submit(item.function.program, *given)
    return started[request.node.name].result()


def run(behaviour: str, count: int = 2, **environment: str):
    return launch(count, "-c", textwrap.dedent(PROGRAM).format(behaviour), **environment)


@starts(run)
@pytest.mark.parametrize(
    ("done", "said"),
    [
        (
            "raise ValueError('broken')",
            ["ValueError: broken", "rank 1 ends by ValueError, and with it the other ranks"],
        ),
        ("sys.exit(3)", ["rank 0 is at allreduce", "rank 1 at the end of the program"]),
        ("sys.exit()", ["rank 0 is at allreduce", "rank 1 at the end of the program"]),
        ("os.kill(os.getpid(), signal.SIGKILL)", ["(?i)signal:? 9"]),
    ],
    indirect=["done"],
)
def test_a_rank_that_ends_ends_the_others(done, said):
    assert done.returncode != 0 and "went on" not in done.stdout
    for words in said:
        assert re.search(words, done.stdout + done.stderr)


# Ranks 0 and 2 wait: the second to begin must have warned before the first ends both.
@starts(lambda: run("time.sleep(50)", 3, **{**LIMITS, "GRADTAPE_STALL_SHUTDOWN_TIME_SECONDS": "3"}))
def test_a_rank_that_hangs_is_named_and_waiting_ends(done):
    assert done.returncode != 0 and "went on" not in done.stdout
    waited = re.search(r"Rank 0 has waited ([\d.]+) s for allreduce", done.stderr)
    assert waited and float(waited[1]) >= 0.5 and "rank 1 has not come." in done.stderr
    assert "DeadlineExceededError" in done.stderr


def run_without_rank_1(instead: str):
    program = f"import os, sys, time\nif os.environ['OMPI_COMM_WORLD_RANK'] == '1':\n    {instead}\n" + SUMS
    return launch(2, "-c", program, GRADTAPE_START_TIMEOUT_SECONDS="1")


@starts(run_without_rank_1)
@pytest.mark.parametrize("done", ["time.sleep(50)", "sys.exit()"], indirect=True)
def test_a_rank_that_does_not_start_is_not_waited_for_forever(done):
    assert done.returncode != 0 and "from" not in done.stdout
    assert "Timeout (0:00:01)!" in done.stderr and "in _wait_for_all_ranks_to_start" in done.stderr


@starts(lambda: launch(2, "-c", SWEEP.format("os.kill(os.getpid(), signal.SIGKILL)")))
def test_a_rank_that_is_killed_within_an_exchange_ends_the_others(done):
    assert done.returncode != 0 and "went on" not in done.stdout
    assert re.search("(?i)signal:? 9", done.stdout + done.stderr)


@starts(lambda hanging: launch(2, "-c", SWEEP.format(hanging), **LIMITS))
@pytest.mark.parametrize("done", ["time.sleep(50)", "os.kill(os.getpid(), signal.SIGSTOP)"], indirect=True)
def test_a_rank_that_hangs_within_an_exchange_is_named(done):
    assert done.returncode != 0 and "went on" not in done.stdout
    assert "Rank 0 has waited" in done.stderr and "rank 1 has not come." in done.stderr
    assert "DeadlineExceededError" in done.stderr


@starts(lambda: run("pass", 2))
def test_programs_that_end_together_end_well(done):
    assert done.returncode == 0 and done.stdout.count("went on") == 2 and not done.stderr


def run_within(room: str, program: str):
    """With this much shared memory, and whether it could be limited."""
    limited = can_limit_shared_memory()
    return limited, launch(2, "-c", program, within=with_shared_memory_of(room) if limited else ())


@starts(lambda room: (room, *run_within(room, SUMS)))
# Too little for MPI, for gradtape in addition, for all tensors.
@pytest.mark.parametrize("done", ["1m", "12m", "40m"], indirect=True)
def test_ranks_that_cannot_share_memory_say_so_and_exchange_by_messages(done):
    room, limited, ended = done
    if limited:  # otherwise there is enough room, and sums are right
        warned = "could not be allocated: [Errno 28] No space left on device" in ended.stderr
        assert warned == (room != "40m"), ended.stderr
    assert ended.returncode == 0 and ended.stdout.count("from 3.0 to 3.0") == 2, ended.stderr


@starts(lambda: run_within("100m", NAMES))
def test_memory_that_ranks_share_has_no_name_that_could_stay(done):
    limited, ended = done  # otherwise names of other programs may come and go in the same folder
    assert ended.returncode == 0 and ended.stdout.count("names: [" + "]" * limited) == 2, ended.stdout + ended.stderr


@starts(lambda: run(FORK))
def test_a_forked_process_is_told_that_it_cannot_exchange(done):
    assert done.returncode == 0 and "This process was forked off rank 1 " in done.stdout, done.stderr


@starts(lambda: launch(2, "-c", WITHOUT_MPI4PY))
def test_without_mpi4py_several_processes_are_told_what_to_install(done):
    assert done.returncode != 0 and "pip install 'gradtape[mpi]'" in done.stderr


def run_trainings():
    """One that is not interrupted, and one that is and goes on with two, three and one ranks."""
    program = str(HERE / "elastic.py")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AHEAD + 1) as threads:
        whole = threads.submit(launch, 2, program, f"{folder}/whole", "6")
        interrupted = launch(2, program, f"{folder}/2", "6", "die")
        for count in (3, 1):
            shutil.copytree(f"{folder}/2", f"{folder}/{count}")
        resumed = [threads.submit(launch, count, program, f"{folder}/{count}", "6") for count in (2, 3, 1)]
        return interrupted, [training.result() for training in (whole, *resumed)]


@starts(run_trainings)
def test_training_goes_on_with_any_number_of_ranks(done):
    def weights(training) -> bytes:
        assert training.returncode == 0, training.stderr
        text, iterations = training.stdout.split()
        assert iterations == "6"
        return bytes.fromhex(text)

    interrupted, trainings = done
    assert interrupted.returncode != 0
    # With the same number of ranks the same bits; otherwise the same batches, with sums rounded in another order.
    whole, again, *others = map(weights, trainings)
    assert again == whole
    for found in others:
        np.testing.assert_allclose(np.frombuffer(found, np.float32), np.frombuffer(whole, np.float32), rtol=1e-5)
