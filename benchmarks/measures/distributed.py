"""The cost of exchanges between ranks, the scaling of a step to two ranks, and a prediction for many hosts.

Run under mpiexec as a module, it measures on its rank and prints the result of the first one.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.harness import Effort
from benchmarks.section import Section, Verdict, duration
from benchmarks.targets import EXCHANGE_BANDWIDTH, EXCHANGE_LATENCY, RANKS_SPEEDUP

SMALL, LARGE = 1_000, 10_000_000  # bytes
BATCH, WIDTH, NARROW = 512, 512, 256
LAYERS = 4
HOSTS = (2, 4, 8, 16, 64, 256, 1024)


class Link(NamedTuple):
    """A connection of hosts: latency in seconds, and bytes per second."""

    latency: float
    bandwidth: float


class Job(NamedTuple):
    """A training step: compute time of a rank in seconds, the sweep's fraction of it, and bytes of gradients."""

    compute: float
    sweep: float
    gradients: float


def foretold(job: Job, link: Link, hosts: int) -> float:
    """Seconds of a step on this number of hosts, each of which has as many examples as the one of `job`.

    A ring transfers 2 (n - 1) / n of the bytes in 2 (n - 1) turns, trees of small messages take log2 n turns there and
    back: for the agreement, and for which gradients ranks have. What is sent during the sweep is hidden: all but the
    last bucket, assumed to be a tenth of the bytes.
    """
    ring = 2 * (hosts - 1) / hosts * job.gradients / link.bandwidth + 2 * (hosts - 1) * link.latency
    agreement = 2 * 2 * math.ceil(math.log2(hosts)) * link.latency
    hidden = min(0.9 * ring, job.compute * job.sweep)
    return job.compute + ring - hidden + agreement


# On every rank


def _best(function: Callable[[], Any], meet: Callable[[], Any], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        meet()
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


@contextlib.contextmanager
def _messages() -> Iterator[None]:
    """A context in which ranks of one machine exchange as those of several do."""
    from gradtape._src.distributed.world import current

    world = current()
    shared, world.local_reductions = world.local_reductions, None
    yield
    world.local_reductions = shared


def exchanges() -> dict[str, float]:
    """Seconds of exchanges by gradtape and by MPI's own call, and of a copy of as many bytes.

    A large tensor created before its size is first exchanged is in private memory; gradients are not.
    """
    from mpi4py import MPI

    import gradtape as tf

    found = {}
    for size, rounds in ((SMALL, 2000), (LARGE, 40)):
        array = np.ones(size // 4, np.float32)
        out, private = np.empty_like(array), tf.constant(array)
        tf.distributed.allreduce(private)
        tensor = tf.constant(array)
        functions: dict[str, Callable[[], Any]] = {
            "gradtape": lambda tensor=tensor: tf.distributed.allreduce(tensor, op=tf.distributed.Sum),
            "gradtape, averages": lambda tensor=tensor: tf.distributed.allreduce(tensor),
            "gradtape, memory of its own": lambda tensor=private: tf.distributed.allreduce(tensor),
            "MPI_Allreduce": lambda array=array, out=out: MPI.COMM_WORLD.Allreduce(array, out),
            "memcpy": lambda array=array, out=out: np.copyto(out, array),
        }
        for name, function in functions.items():
            found[f"{name} {size}"] = _best(function, tf.distributed.barrier, rounds)
        with _messages():
            found[f"gradtape by messages {size}"] = _best(functions["gradtape"], tf.distributed.barrier, rounds)
    return found


def step(width: int = WIDTH) -> dict[str, float]:
    """Seconds of a step on this rank's part of the same examples, with and without exchanging gradients.

    The latter is the bound for ranks that exchange nothing, but share caches and memory.
    """
    import gradtape as tf

    examples = BATCH // tf.distributed.size()
    tf.config.threading.set_num_threads(1)
    rng = np.random.default_rng(tf.distributed.rank())
    x = tf.constant(rng.standard_normal((examples, width), np.float32))
    w = [tf.Variable(rng.standard_normal((width, width), np.float32) * 0.05) for _ in range(LAYERS)]
    tf.distributed.broadcast_variables(w)
    optimizer = tf.optimizers.SGD(1e-4)

    def train(exchanging: bool) -> None:
        with tf.GradientTape() as tape:
            y = x
            for weight in w:
                y = tf.tanh(y @ weight)
            loss = tf.reduce_mean(tf.square(y))
        of_all: Any = tf.distributed.DistributedGradientTape(tape) if exchanging else tape
        optimizer.apply_gradients(zip(of_all.gradient(loss, w), w, strict=True))

    found = {}
    for name, exchanging in (("step", True), ("apart", False)):
        train(exchanging)
        found[name] = _best(functools.partial(train, exchanging), tf.distributed.barrier, 40)
    return found


def short_step() -> dict[str, float]:
    """A step of a quarter of the compute time."""
    return step(NARROW)


def step_by_messages() -> dict[str, float]:
    """The step, exchanging by messages as ranks of several machines do."""
    with _messages():
        return step()


def gloo() -> dict[str, float]:
    """The exchanges by torch.distributed's gloo."""
    import torch
    import torch.distributed as dist

    found = {}
    for size, rounds in ((SMALL, 2000), (LARGE, 40)):
        tensor = torch.ones(size // 4)
        found[f"torch gloo {size}"] = _best(lambda tensor=tensor: dist.all_reduce(tensor), dist.barrier, rounds)
    return found


def gloo_short_step() -> dict[str, float]:
    """The short step by torch's DistributedDataParallel over gloo, and without exchanges."""
    import torch
    import torch.distributed as dist

    examples = BATCH // dist.get_world_size()
    x = torch.randn(examples, NARROW)
    layers = [layer for _ in range(LAYERS) for layer in (torch.nn.Linear(NARROW, NARROW, bias=False), torch.nn.Tanh())]
    model = torch.nn.Sequential(*layers)
    shared = torch.nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), 1e-4)

    def train(of: torch.nn.Module) -> None:
        optimizer.zero_grad()
        of(x).square().mean().backward()
        optimizer.step()

    found = {}
    for name, of in (("step", shared), ("apart", model)):
        train(of)
        found[name] = _best(functools.partial(train, of), dist.barrier, 40)
    return found


@contextlib.contextmanager
def _gloo() -> Iterator[int]:
    """A context in which torch's processes form a group."""
    import torch
    import torch.distributed as dist

    rank, count = (int(os.environ[f"OMPI_COMM_WORLD_{name}"]) for name in ("RANK", "SIZE"))
    dist.init_process_group("gloo", init_method=os.environ["GRADTAPE_MEETING"], rank=rank, world_size=count)
    torch.set_num_threads(1)
    yield rank
    dist.destroy_process_group()


# The report


def _launched(ranks: int, what: str, within: Sequence[str] = (), **environment: str) -> dict[str, float]:
    """The first rank's result of this number of ranks, started by another command if one is given."""
    own = Path(sys.executable).with_name("mpiexec")
    command = [
        *within,
        str(own) if own.exists() else "mpiexec",
        "-n",
        str(ranks),
        sys.executable,
        "-m",
        "benchmarks.measures.distributed",
        what,
    ]
    allowed = {
        **dict.fromkeys(("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"), "1"),
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }
    done = subprocess.run(
        command, env={**os.environ, **allowed, **environment}, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def _by_gloo(ranks: int, what: str) -> dict[str, float]:
    meeting = Path(os.environ.get("TMPDIR", "/tmp")) / f"gradtape-gloo-{os.getpid()}"
    try:
        return _launched(ranks, what, GRADTAPE_MEETING=meeting.as_uri())
    finally:
        meeting.unlink(missing_ok=True)


class Limit(NamedTuple):
    """A limit that the kernel applies to a network namespace's loopback, and the resulting link.

    Attributes:
      name: its name in the report.
      discipline: the queueing discipline for `tc`.
      delay: the delay of each message in seconds.
      bandwidth: bytes per second, for both directions together, which share one queue.
    """

    name: str
    discipline: str
    delay: float
    bandwidth: float

    def namespace(self, *command: str) -> list[str]:
        """A command within such a namespace."""
        script = f'ip link set lo up && tc qdisc add dev lo root {self.discipline} && exec "$@"'
        return ["unshare", "-n", "sh", "-c", script, "sh", *command]

    def can_be_had(self) -> bool:
        if not all(map(shutil.which, ("unshare", "ip", "tc"))):
            return False
        return subprocess.run(self.namespace("true"), capture_output=True, check=False).returncode == 0


LIMITS = (
    Limit("loopback at 4 Gbit/s", "tbf rate 4gbit burst 256kb latency 400ms", 0.0, 4e9 / 8),
    Limit("loopback at 1 Gbit/s", "tbf rate 1gbit burst 256kb latency 400ms", 0.0, 1e9 / 8),
    Limit("loopback at 1 Gbit/s, 1 ms", "netem delay 1ms rate 1gbit limit 100000", 1e-3, 1e9 / 8),
)


def limited(computing: float, gradients: int) -> tuple[list[list[str]], list[str]]:
    """Steps of two ranks over limited links, compared with the model; and the links that could not be set up."""
    rows, lacking = [], []
    over_tcp = {"OMPI_MCA_btl": "self,tcp", "OMPI_MCA_btl_tcp_if_include": "lo"}
    for limit in LIMITS:
        if not limit.can_be_had():
            lacking.append(limit.name)
            continue
        measured = _launched(2, "step_by_messages", limit.namespace(), **over_tcp)["step"]
        expected = foretold(Job(computing, 2 / 3, gradients), Link(limit.delay, limit.bandwidth / 2), 2)
        rows.append([f"step, two ranks, {limit.name}", f"{duration(measured)}, foretold {duration(expected)}"])
    return rows, lacking


def ranks(effort: Effort) -> Section:
    """Exchanges, scaling and the model of many hosts."""
    title = "Ranks"
    own = Path(sys.executable).with_name("mpiexec").exists() or shutil.which("mpiexec")
    if not own or importlib.util.find_spec("mpi4py") is None:
        return Section(title, ["", ""], [], ["Not run: mpi4py or mpiexec is absent."])
    found = _launched(2, "exchanges")
    steps = {"step": (_launched(1, "step"), _launched(2, "step"))}
    steps["short step"] = _launched(1, "short_step"), _launched(2, "short_step")
    if importlib.util.find_spec("torch") is not None:
        found |= _by_gloo(2, "gloo")
        steps["short step by torch over gloo"] = _by_gloo(1, "gloo_short_step"), _by_gloo(2, "gloo_short_step")
    one, two, apart = steps["step"][0]["step"], steps["step"][1]["step"], steps["step"][1]["apart"]
    rows = [[name, duration(seconds)] for name, seconds in found.items()]
    for name, (of_one, of_two) in steps.items():
        rows += [
            [f"{name}, one rank", duration(of_one["step"])],
            [f"{name}, two ranks, half the examples each", duration(of_two["step"])],
            ["the same without exchanges", duration(of_two["apart"])],
        ]
    latency, share = found[f"gradtape {SMALL}"], found[f"memcpy {LARGE}"] / found[f"gradtape {LARGE}"]
    gradients = 4 * WIDTH * WIDTH * 4
    ethernet = Link(20e-6, 10e9 / 8)
    rows += [
        [
            f"foretold, {hosts} hosts, 10 Gbit/s and 20 µs",
            duration(foretold(Job(one, 2 / 3, gradients), ethernet, hosts)),
        ]
        for hosts in HOSTS
    ]
    short_one, short_two = steps["short step"][0]["step"], steps["short step"][1]["step"]
    slow, lacking = limited(two, gradients)
    rows += slow
    verdicts = [
        Verdict(
            "an exchange of 1 kB", f"≤ {duration(EXCHANGE_LATENCY)}", duration(latency), latency <= EXCHANGE_LATENCY
        ),
        Verdict(
            "10 MB, of memcpy's bandwidth", f"≥ {EXCHANGE_BANDWIDTH:.0%}", f"{share:.0%}", share >= EXCHANGE_BANDWIDTH
        ),
        Verdict(
            "two ranks on two cores",
            f"≥ {RANKS_SPEEDUP} ×",
            f"{one / two:.2f} ×, {one / apart:.2f} × without exchanges",
            one / two >= RANKS_SPEEDUP,
        ),
        Verdict(
            f"the same, of a step of {duration(short_one)}",
            f"≥ {RANKS_SPEEDUP} ×",
            f"{short_one / short_two:.2f} ×",
            short_one / short_two >= RANKS_SPEEDUP,
        ),
    ]
    remark = (
        "Two ranks on this machine, at best; each exchange after a barrier. The model of many hosts is explained in "
        "docs/guide/data_parallel.md."
    )
    remarks = [remark]
    if lacking:
        remarks.append(f"Not measured, as this machine's kernel or rights do not allow it: {'; '.join(lacking)}.")
    return Section(title, ["", "time"], rows, remarks, verdicts)


@contextlib.contextmanager
def _mpi() -> Iterator[int]:
    """A context in which gradtape's processes exchange."""
    import gradtape as tf

    tf.distributed.init()
    yield tf.distributed.rank()


BY_MPI: dict[str, Callable[[], dict[str, float]]] = {
    "exchanges": exchanges,
    "step": step,
    "short_step": short_step,
    "step_by_messages": step_by_messages,
}
BY_GLOO = {"gloo": gloo, "gloo_short_step": gloo_short_step}


def main(what: str) -> None:
    with _gloo() if what in BY_GLOO else _mpi() as rank:
        found = (BY_GLOO | BY_MPI)[what]()
    if rank == 0:
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
