"""A rank that exits, hangs or is killed: the others end too, in bounded time, and report why."""

from __future__ import annotations

import re
import shutil
import textwrap

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


def run(behaviour: str, count: int = 2, **environment: str):
    return launch(count, "-c", textwrap.dedent(PROGRAM).format(behaviour), **environment)


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (
            "raise ValueError('broken')",
            ["ValueError: broken", "rank 1 ends by ValueError, and with it the other ranks"],
        ),
        ("sys.exit(3)", ["rank 0 is at allreduce", "rank 1 at the end of the program"]),
        ("sys.exit()", ["rank 0 is at allreduce", "rank 1 at the end of the program"]),
        ("os.kill(os.getpid(), signal.SIGKILL)", ["(?i)signal:? 9"]),
    ],
)
def test_a_rank_that_ends_ends_the_others(behaviour, said):
    done = run(behaviour)
    assert done.returncode != 0 and "went on" not in done.stdout
    for words in said:
        assert re.search(words, done.stdout + done.stderr)


def test_a_rank_that_hangs_is_named_and_waiting_ends():
    limits = {"GRADTAPE_STALL_CHECK_TIME_SECONDS": "0.5", "GRADTAPE_STALL_SHUTDOWN_TIME_SECONDS": "1"}
    done = run("time.sleep(50)", 3, **limits)
    assert done.returncode != 0 and "went on" not in done.stdout
    assert "Rank 0 has waited 0.5 s for allreduce" in done.stderr and "rank 1 has not come." in done.stderr
    assert "DeadlineExceededError" in done.stderr


@pytest.mark.parametrize("instead", ["time.sleep(50)", "sys.exit()"])
def test_a_rank_that_does_not_start_is_not_waited_for_forever(instead):
    program = f"import os, sys, time\nif os.environ['OMPI_COMM_WORLD_RANK'] == '1':\n    {instead}\n" + SUMS
    done = launch(2, "-c", program, GRADTAPE_START_TIMEOUT_SECONDS="4")
    assert done.returncode != 0 and "from" not in done.stdout
    assert "Timeout (0:00:04)!" in done.stderr and "in _wait_for_all_ranks_to_start" in done.stderr


def test_a_rank_that_is_killed_within_an_exchange_ends_the_others():
    done = launch(2, "-c", SWEEP.format("os.kill(os.getpid(), signal.SIGKILL)"))
    assert done.returncode != 0 and "went on" not in done.stdout
    assert re.search("(?i)signal:? 9", done.stdout + done.stderr)


@pytest.mark.parametrize("hanging", ["time.sleep(50)", "os.kill(os.getpid(), signal.SIGSTOP)"])
def test_a_rank_that_hangs_within_an_exchange_is_named(hanging):
    limits = {"GRADTAPE_STALL_CHECK_TIME_SECONDS": "0.5", "GRADTAPE_STALL_SHUTDOWN_TIME_SECONDS": "1"}
    done = launch(2, "-c", SWEEP.format(hanging), **limits)
    assert done.returncode != 0 and "went on" not in done.stdout
    assert "Rank 0 has waited" in done.stderr and "rank 1 has not come." in done.stderr
    assert "DeadlineExceededError" in done.stderr


def test_programs_that_end_together_end_well():
    done = run("pass", 2)
    assert done.returncode == 0 and done.stdout.count("went on") == 2 and not done.stderr


@pytest.mark.parametrize("room", ["1m", "12m", "40m"])  # too little for MPI, for gradtape in addition, for all tensors
def test_ranks_that_cannot_share_memory_say_so_and_exchange_by_messages(room):
    limited = can_limit_shared_memory()  # otherwise there is enough room, and sums are right
    done = launch(2, "-c", SUMS, within=with_shared_memory_of(room) if limited else ())
    if limited:
        warned = "could not be allocated: [Errno 28] No space left on device" in done.stderr
        assert warned == (room != "40m"), done.stderr
    assert done.returncode == 0 and done.stdout.count("from 3.0 to 3.0") == 2, done.stderr


def test_memory_that_ranks_share_has_no_name_that_could_stay():
    limited = can_limit_shared_memory()  # otherwise names of other programs may come and go in the same folder
    done = launch(2, "-c", NAMES, within=with_shared_memory_of("100m") if limited else ())
    assert done.returncode == 0 and done.stdout.count("names: [" + "]" * limited) == 2, done.stdout + done.stderr


def test_a_forked_process_is_told_that_it_cannot_exchange():
    done = run(
        "r = os.fork()\n"
        "    if r == 0:\n"
        "        try: tf.distributed.allreduce(1.0)\n"
        "        except tf.errors.FailedPreconditionError as e: print(str(e)[:36], flush=True)\n"
        "        os._exit(0)\n"
        "    os.waitpid(r, 0)"
    )
    assert done.returncode == 0 and "This process was forked off rank 1 " in done.stdout, done.stderr


def test_without_mpi4py_several_processes_are_told_what_to_install():
    done = launch(2, "-c", "import sys; sys.modules['mpi4py'] = None\nimport gradtape as tf\ntf.distributed.init()")
    assert done.returncode != 0 and "pip install 'gradtape[mpi]'" in done.stderr


def test_training_goes_on_with_any_number_of_ranks(tmp_path):
    program = str(HERE / "elastic.py")

    def weights(count: int, folder: str) -> bytes:
        done = launch(count, program, str(tmp_path / folder), "6")
        assert done.returncode == 0, done.stderr
        text, iterations = done.stdout.split()
        assert iterations == "6"
        return bytes.fromhex(text)

    whole = weights(2, "whole")
    assert launch(2, program, str(tmp_path / "again"), "6", "die").returncode != 0
    for folder in ("three", "one"):
        shutil.copytree(tmp_path / "again", tmp_path / folder)
    # With the same number of ranks the same bits; otherwise the same batches, with sums rounded in another order.
    assert weights(2, "again") == whole
    for count, folder in ((3, "three"), (1, "one")):
        found = weights(count, folder)
        np.testing.assert_allclose(np.frombuffer(found, np.float32), np.frombuffer(whole, np.float32), rtol=1e-5)
