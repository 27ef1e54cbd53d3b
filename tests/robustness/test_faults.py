"""Faults of processes: out of memory, interrupts, forks, exits, subinterpreters, recursion, reproducibility."""

from __future__ import annotations

import sys

import pytest

from .child import start
from .scripts import HEAD, script


def test_memory_runs_out_and_comes_back() -> None:
    output = script(
        HEAD
        + """
import resource
v = tf.Variable(np.ones(1 << 16, np.float32))
tf.nn.relu(v)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (256 << 20), resource.RLIM_INFINITY))
failed = 0
for attempt in range(4):
    try:
        with tf.GradientTape() as tape:
            y = v
            for _ in range(4000):
                y = tf.tanh(y) * v
        tape.gradient(y, v)
    except (MemoryError, tf.errors.ResourceExhaustedError):
        failed += 1
    y = tape = None
    with tf.GradientTape() as tape:
        z = tf.reduce_sum(v * v)
    assert tape.gradient(z, v).numpy()[0] == 2.0
    np.ones(1 << 22)            # what died is there for others too
print(failed)
"""
    )
    assert output.split() == ["4"]


def test_errors_of_memory_leave_some_to_handle_them() -> None:
    output = script(
        HEAD
        + """
import resource, sys
held = [tf.ones([1 << 16])]
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), resource.RLIM_INFINITY))
for attempt in range(3):
    blocks = []
    try:
        while True:
            held.append(tf.ones([1 << 16]))
    except Exception as error:
        import decimal, fractions                                     # namespaces that were not read before
        blocks = [bytes(400) for _ in range(2000)]                    # 0.9 MB of Python's small objects
        assert type(error) is tf.errors.ResourceExhaustedError, error
    print(len(blocks))
    blocks = None
    del held[: len(held) // 2]
"""
    )
    assert output.split() == ["2000"] * 3


def test_what_the_pool_keeps_idle_is_given_back_before_memory_is_said_to_be_out() -> None:
    output = script(
        HEAD
        + """
import resource
small = [tf.ones([1 << 20]) for _ in range(64)]                   # 256 MB
held = small.pop()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), resource.RLIM_INFINITY))
del small
print(float(tf.ones([48 << 20])[-1]))                             # 192 MB
"""
    )
    assert output.split() == ["1.0"]


def test_interrupts_at_any_moment_of_long_operations_leave_all_well() -> None:
    output = script(
        # BLAS threads that wait for each other would take most of the time.
        "import os; os.environ['OPENBLAS_NUM_THREADS'] = '1'\n"
        + HEAD
        + """
import random, signal, time
random.seed(2)
big, v = tf.constant(np.random.default_rng(0).normal(size=(100, 100)).astype("f")), tf.Variable([1.0, 2.0])
def long():
    x = tf.Variable(big)
    with tf.GradientTape() as tape:
        y = tf.linalg.det(x) + tf.reduce_sum(tf.sort(x)) + tf.reduce_sum(tf.cumsum(tf.tanh(tf.matmul(x, x))))
        y = tf.while_loop(lambda i, y: i < 20, lambda i, y: (i + 1, y * 1.01), [0, y])[1]
        y = y + tf.reduce_sum(tf.map_fn(lambda row: tf.reduce_sum(row * row), x))
    tape.gradient(y, x)
    with tf.GradientTape() as tape:
        y = tf.tanh(v) * 2.0
    tape.jacobian(y, v)
signal.signal(signal.SIGALRM, signal.default_int_handler)
stopped, began = 0, time.perf_counter()
[long() for _ in range(5)]
whole = (time.perf_counter() - began) / 5
while stopped < 30:
    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.01, 1.0) * whole)
    try:
        long()
        signal.setitimer(signal.ITIMER_REAL, 0)
        whole *= 0.9        # it was measured while the machine was busier
    except KeyboardInterrupt:
        stopped += 1
    with tf.GradientTape() as outer, tf.GradientTape() as tape:
        y = tf.reduce_sum(v * v * v)
        gradient = tape.gradient(y, v)
    assert gradient.numpy().tolist() == [3.0, 12.0] and outer.gradient(gradient, v).numpy().tolist() == [6.0, 12.0]
print(stopped)
"""
    )
    assert int(output) == 30


def test_a_fork_with_tapes_open_and_threads_at_work() -> None:
    output = script(
        HEAD
        + """
import os, threading, warnings
warnings.simplefilter("ignore")     # of Python, that threads are at work: they are meant to be
v, stop = tf.Variable(np.ones(1 << 17, np.float32)), threading.Event()
def work():
    while not stop.is_set():
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.tanh(v))
        tape.gradient(y, v)
threads = [threading.Thread(target=work) for _ in range(2)]
[thread.start() for thread in threads]
for _ in range(10):
    with tf.GradientTape() as tape:
        y = v * v
        child = os.fork()
        if child == 0:
            z = tf.reduce_sum(y * v)
            fine = tape.gradient(z, v).numpy()[0] == 3.0
            os._exit(0 if fine else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert tape.gradient(y, v).numpy()[0] == 2.0
stop.set()
[thread.join() for thread in threads]
print("done")
"""
    )
    assert output.split() == ["done"]


@pytest.mark.parametrize(
    ("module", "call"), [("ops.sorting", "tf.sort([2.0, 1.0])"), ("signal.windows", "tf.signal.hann_window(4)")]
)
def test_a_fork_while_a_thread_reads_a_module(module: str, call: str) -> None:
    """Locks of modules that other threads hold stay held in the new process."""
    output = script(
        f"""
import os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore")
import gradtape as tf
begun = threading.Event()
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "gradtape._src.{module}" and not begun.is_set():
            begun.set()
            time.sleep(0.5)
sys.meta_path.insert(0, Slow())
thread = threading.Thread(target=lambda: {call})
thread.start()
assert begun.wait(30)
child = os.fork()
if child == 0:
    signal.alarm(30)
    {call}
    os._exit(0)
print(os.waitpid(child, 0)[1])
thread.join()
"""
    )
    assert output.split() == ["0"]


def test_processes_that_are_spawned_with_tapes_open_and_threads_at_work(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """What is sent to them is pickled: tensors, variables and functions; and what they return, too."""
    program = tmp_path_factory.mktemp("spawn") / "program.py"
    program.write_text(
        HEAD
        + """
import multiprocessing, threading
def work(tensor, variable, function):
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(function(variable * tensor))
    return y, tape.gradient(y, variable), variable
if __name__ == "__main__":
    v, stop = tf.Variable(np.linspace(-1, 1, 1 << 17).astype(np.float32), name="mine"), threading.Event()
    def compute():
        while not stop.is_set():
            tf.reduce_sum(tf.tanh(v))
    thread = threading.Thread(target=compute)
    thread.start()
    with tf.GradientTape(persistent=True) as tape:
        tensor = v * 2.0
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            results = [pool.apply_async(work, (tensor, v, function)) for function in (tf.tanh, tf.nn.relu, tf.tanh)]
            results = [result.get(120) for result in results]
        expected = work(tensor, v, tf.tanh)
    stop.set()
    thread.join()
    assert tape.gradient(tensor, v).numpy()[0] == 2.0
    for (y, gradient, variable), function in zip(results, (tf.tanh, tf.nn.relu, tf.tanh)):
        expected = work(tensor, v, function)
        assert y.numpy() == expected[0].numpy() and np.array_equal(gradient, expected[1]) and variable.name == "mine:0"
    print("done")
"""
    )
    ended = start([str(program)], 300)
    assert (ended.code, ended.output) == (0, "done\n")


def test_the_same_program_gives_the_same_bits_at_the_same_number_of_threads() -> None:
    """In separate processes with different memory layouts, while others are running."""
    code = (
        HEAD
        + """
import hashlib, threading
tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[1]))
stop = threading.Event()
def beside():
    while not stop.is_set():
        tf.reduce_sum(tf.tanh(tf.ones(1 << 16)))
thread = threading.Thread(target=beside)
thread.start()
tf.random.set_seed(7)
x = tf.Variable(tf.random.normal([96, 20, 20, 3]))
kernel, dense = tf.Variable(tf.random.normal([5, 5, 3, 16])), tf.Variable(tf.random.normal([1600, 300]))
optimizer, digest = tf.optimizers.Adam(0.01), hashlib.sha256()
for _ in range(3):
    with tf.GradientTape() as tape:
        y = tf.nn.max_pool2d(tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME")), 2, 2, "SAME")
        y = tf.matmul(tf.reshape(y, [96, 1600]), dense)
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(y[::-1]), y)) + tf.reduce_sum(x * x)
    gradients = tape.gradient(loss, [x, kernel, dense])
    optimizer.apply_gradients(zip(gradients, [x, kernel, dense]))
    for tensor in [y, loss, *gradients, x, kernel, dense]:
        digest.update(tensor.numpy().tobytes())
stop.set()
thread.join()
print(digest.hexdigest())
"""
    )
    for threads in "12":
        assert len({script(code, threads) for _ in range(3)}) == 1


def test_the_interpreter_ends_with_live_tapes() -> None:
    script(
        HEAD
        + """
import threading
class Late:
    def __init__(self):
        self.me = self
        self.tape = tf.GradientTape(persistent=True)
        self.tape.__enter__()
        self.v = tf.Variable([1.0] * 100)
        self.y = self.v * self.v
    def __del__(self):
        self.tape.gradient(self.y, self.v)
kept = [Late() for _ in range(5)]
builtins = sys.modules["builtins"]
builtins.late = Late()
threading.Thread(target=lambda: (kept.append(Late()), threading.Event().wait()), daemon=True).start()
accumulator = tf.autodiff.ForwardAccumulator(tf.constant(1.0), tf.constant(1.0))
accumulator.__enter__()
"""
    )


def test_second_interpreters_are_refused() -> None:
    name = "_xxsubinterpreters" if sys.version_info < (3, 13) else "_interpreters"
    output = script(
        HEAD
        + f"""
import {name} as interpreters
other = interpreters.create()
try:
    failed = interpreters.run_string(other, "import sys; sys.path[:] = {{!r}}; import gradtape".format(sys.path))
except Exception as error:
    failed = error
print("refused" if failed is not None else "taken")
print(tf.constant(1.0).numpy())
"""
    )
    assert output.split()[-2:] == ["refused", "1.0"]


def test_a_million_operations_deep() -> None:
    output = script(
        HEAD
        + """
x = tf.Variable(1.0)
with tf.GradientTape() as tape:
    y = x
    for _ in range(1_000_000):
        y = y * 1.0
print(tape.gradient(y, x).numpy())
with tf.GradientTape(persistent=True) as tape:
    y = x
    for _ in range(300_000):
        y = y + 1.0
del tape, y
print("freed")
"""
    )
    assert output.split() == ["1.0", "freed"]
