"""The processes that compute together, and this one's rank."""

from __future__ import annotations

import atexit
import os
import sys
import time
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from gradtape._engine.base.threads import set_num_threads
from gradtape._src.core import errors
from gradtape._src.core.logger import get_logger
from gradtape._src.distributed.local_reductions import LocalReductions
from gradtape._src.distributed.waiting import Waiting, limited
from gradtape._src.distributed.windows import MOST

# Variables of launchers with the number of processes.
_COUNTS = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS", "SLURM_NTASKS", "MV2_COMM_WORLD_SIZE")
_LAUNCHED = ("PMIX_RANK", "PMI_RANK", "PMI_FD", "OMPI_COMM_WORLD_RANK")
# The process that uses MPI, and what the launcher told it, which the processes that it starts inherit.
_OWNER = "GRADTAPE_MPI_OWNER"
_FORWARDING_TIME = 0.3  # seconds for launchers to pass on what a rank printed; they drop the rest when it aborts


class World:
    """The processes that exchange with each other.

    Attributes:
      rank: index of this one, from 0 on; `size`: number of processes.
      local_rank, local_size: the same among those on this machine.
      homogeneous: whether all machines have the same number of processes.
      data, control: communicators for values, and for agreements on them; None if there is one process.
      local_reductions: reductions through shared memory, for a few ranks on one machine; else None.
      waiting: waits for requests.
      sent: number of buckets sent so far.
      kinds: kinds of gradients (dense, sparse or none) agreed on so far, by variables.
    """

    data: Any
    local: Any
    control: Any

    def __init__(self, communicator: Any = None) -> None:
        self.owner = os.getpid()
        self.mpi: Any = None
        self.data = self.control = self.local = None
        self.rank, self.size, self.local_rank, self.local_size = 0, 1, 0, 1
        self.cross_rank, self.cross_size = 0, 1
        self.homogeneous = True
        self.kinds: dict[Any, tuple[int, ...]] = {}
        self.sent = 0
        self.local_reductions: LocalReductions | None = None
        self.waiting = Waiting(self)
        if communicator is None:
            return
        self.mpi = sys.modules["mpi4py.MPI"]
        self.rank, self.size = communicator.rank, communicator.size
        self.local = communicator.Split_type(self.mpi.COMM_TYPE_SHARED)
        self.local_rank, self.local_size = self.local.rank, self.local.size
        across = communicator.Split(self.local_rank, self.rank)
        self.cross_rank, self.cross_size = across.rank, across.size
        across.Free()
        self.homogeneous = len(set(communicator.allgather(self.local_size))) == 1
        if self.size > 1:
            self.data, self.control = communicator.Dup(), communicator.Dup()
            if self.local_size == self.size <= MOST:
                self.local_reductions = self._local_reductions(communicator)

    def _local_reductions(self, communicator: Any) -> LocalReductions | None:
        """Reductions through shared memory, or None and a warning if it cannot be allocated."""
        try:
            return LocalReductions(communicator)
        except OSError as error:
            if self.rank == 0:
                get_logger().warning(
                    f"Ranks exchange by messages, as shared memory could not be allocated: {error}. Enlarge "
                    "/dev/shm; in a container, by --shm-size."
                )
            return None

    def check_process(self) -> None:
        """Raises FailedPreconditionError in a forked process: MPI's connections belong to its parent."""
        if self.owner != os.getpid():
            raise errors.FailedPreconditionError(
                None,
                None,
                f"This process was forked off rank {self.rank} and cannot exchange with the other ranks. Exchange in "
                'the process that called init(), or start processes with multiprocessing.get_context("spawn").',
            )


_world: World | None = None


def current() -> World:
    """The processes that `init` found. Raises ValueError before `init`."""
    if _world is None:
        raise ValueError("gradtape.distributed has not been initialized; use gradtape.distributed.init().")
    return _world


def is_initialized() -> bool:
    """Whether `init` was called.

    Returns:
      A bool.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.is_initialized()
      True
    """
    return _world is not None


def _launch() -> str:
    """What the launcher told this process."""
    return " ".join(os.environ.get(name, "") for name in ("PMIX_NAMESPACE", "PMI_PORT", *_LAUNCHED, *_COUNTS))


def _launched() -> bool:
    """Whether MPI's launcher started this process."""
    owner, _, launch = os.environ.get(_OWNER, "").partition(" ")
    if owner not in ("", str(os.getpid())) and launch == _launch():
        return False  # a rank started it
    if any(name in os.environ for name in _LAUNCHED):
        return True
    return any(os.environ.get(name, "1") not in ("", "1") for name in _COUNTS)


def _mpi() -> ModuleType:
    """mpi4py. Raises ImportError if it is not installed."""
    try:
        import mpi4py.MPI
    except (ImportError, RuntimeError) as error:
        raise ImportError(
            "Several processes were started by an MPI launcher, and mpi4py, through which they exchange, could not be "
            f"imported: {error}. Install it with: pip install 'gradtape[mpi]'"
        ) from error
    return mpi4py.MPI


def init(comm: Any = None) -> None:
    """Initializes the processes that compute together: those that `mpiexec` started, or this one alone.

    Each process uses its share of the processors from then on, unless OMP_NUM_THREADS is set. A process
    that fails with an exception ends the others too.

    Args:
      comm: an mpi4py communicator, or a list of ranks, to communicate with; all processes by default.

    Raises:
      ImportError: several processes were started, and mpi4py is not installed.
      ValueError: this process is not among the ranks.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.rank(), tf.distributed.size()
      (0, 1)
    """
    global _world
    if _world is not None:
        return
    if "mpi4py.MPI" in sys.modules or _launched():
        with limited():
            _world = _wait_for_all_ranks_to_start(comm)
    elif comm:
        raise ValueError("Ranks were given, but no MPI launcher such as mpiexec started this process.")
    else:
        _world = World()
    if _world.size > 1:
        _share_processors(_world)
        _end_together(_world)


def _wait_for_all_ranks_to_start(comm: Any) -> World:
    mpi = _mpi()
    os.environ[_OWNER] = f"{os.getpid()} {_launch()}"
    communicator: Any = mpi.COMM_WORLD
    if isinstance(comm, mpi.Comm):
        communicator = comm
    elif comm:
        if communicator.rank not in comm:
            raise ValueError(f"Rank {communicator.rank} is not among the given ranks:  {list(comm)}.")
        communicator = communicator.Create_group(communicator.group.Incl(list(comm)))
    return World(communicator)


def shutdown() -> None:
    """Ends the exchanges: all ranks call it, or none. It is called automatically at exit.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.shutdown()
      >>> tf.distributed.is_initialized()
      False
    """
    global _world
    world, _world = _world, None
    if world is None or world.size == 1 or world.owner != os.getpid() or world.mpi.Is_finalized():
        return
    atexit.unregister(_leave)
    from gradtape._src.distributed.agreement import agree, leaving

    agree(world, leaving())
    if world.local_reductions is not None:
        world.local_reductions.close()
        world.local_reductions = None


def _share_processors(world: World) -> None:
    """Gives each rank its share of the processors that it may run on."""
    if os.environ.get("OMP_NUM_THREADS", "").split(",")[0].isdigit() or not hasattr(os, "sched_getaffinity"):
        return
    own = sorted(os.sched_getaffinity(0))
    sharing = sum(bool(set(own) & set(others)) for others in world.local.allgather(own))
    set_num_threads(max(1, len(own) // sharing))


def _end_together(world: World) -> None:
    """Makes the other ranks end with this one."""
    shown = sys.excepthook

    def end(kind: Any, error: Any, trace: Any) -> None:
        shown(kind, error, trace)
        _abort(world, f"rank {world.rank} ends by {kind.__name__}, and with it the other ranks")

    sys.excepthook = end
    atexit.register(_leave)


def _abort(world: World, reason: str) -> None:
    sys.stdout.flush()
    print(f"gradtape.distributed: {reason}", file=sys.stderr, flush=True)
    time.sleep(_FORWARDING_TIME)
    world.mpi.COMM_WORLD.Abort(1)


def _leave() -> None:
    """At exit: makes ranks that still run end too."""
    world = _world
    if world is None or world.owner != os.getpid() or world.mpi.Is_finalized():
        return
    try:
        shutdown()
    except BaseException:
        traceback.print_exc()
        _abort(world, f"rank {world.rank} has ended, and with it the other ranks")


def _number(what: str, meaning: str, example: int) -> Callable[[], int]:
    def number() -> int:
        return int(getattr(current(), what))

    number.__name__ = number.__qualname__ = what
    number.__doc__ = f"""{meaning}

    Returns:
      An int.

    Raises:
      ValueError: `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.{what}()
      {example}
    """
    return number


rank: Final = _number("rank", "The index of this process among all, from 0.", 0)
size: Final = _number("size", "The number of processes.", 1)
local_rank: Final = _number("local_rank", "The index of this process among those of its machine, from 0.", 0)
local_size: Final = _number("local_size", "The number of processes on this machine.", 1)
cross_rank: Final = _number(
    "cross_rank", "The index of this machine among those with a process of the same local rank.", 0
)
cross_size: Final = _number("cross_size", "The number of machines with a process of the same local rank.", 1)


def is_homogeneous() -> bool:
    """Whether all machines have the same number of processes.

    Returns:
      A bool.

    Raises:
      ValueError: `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.is_homogeneous()
      True
    """
    return current().homogeneous


def mpi_enabled() -> bool:
    """Whether the processes exchange through MPI; False for a single process.

    Returns:
      A bool.

    Raises:
      ValueError: `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.mpi_enabled()
      False
    """
    return current().mpi is not None


def mpi_threads_supported() -> bool:
    """Whether several threads may exchange concurrently; they must still agree on an order.

    Returns:
      A bool.

    Raises:
      ValueError: `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.mpi_threads_supported()
      False
    """
    mpi = current().mpi
    return mpi is not None and mpi.Query_thread() == mpi.THREAD_MULTIPLE
