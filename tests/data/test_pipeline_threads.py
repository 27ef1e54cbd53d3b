"""Threads that compute elements: they run in parallel, keep the order, propagate exceptions, and end."""

from __future__ import annotations

import gc
import threading
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradtape as tf

WAIT = 30.0  # seconds after which a test gives up


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "gradtape-data"]


def all_ended() -> bool:
    """Whether the threads end within some time."""
    gc.collect()
    for thread in workers():
        thread.join(WAIT)
    return not workers()


def numbers(count: int = 10) -> Any:
    return tf.data.Dataset.range(count)


def test_calls_happen_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=WAIT)

    def meet(x: Any) -> Any:
        together.wait()
        return x + 1

    assert list(numbers(6).map(meet, num_parallel_calls=3).as_numpy_iterator()) == [1, 2, 3, 4, 5, 6]
    assert all_ended()


def test_the_order_is_kept_unless_it_need_not_be() -> None:
    others = threading.Event()

    def first_waits(x: Any) -> Any:
        if int(x) == 0:
            assert others.wait(WAIT)
        return x

    def second_frees_it(x: Any) -> Any:
        if int(x) == 1:
            others.set()
        return first_waits(x)

    assert list(numbers(4).map(second_frees_it, num_parallel_calls=2).as_numpy_iterator()) == [0, 1, 2, 3]
    others.clear()
    any_order = numbers(4).map(first_waits, num_parallel_calls=2, deterministic=False).as_numpy_iterator()
    came = [next(any_order)]
    others.set()
    came += any_order
    assert came[0] != 0 and sorted(came) == [0, 1, 2, 3]


def test_prefetching_happens_ahead_and_no_further() -> None:
    made: list[int] = []
    third = threading.Event()

    def remember(x: Any) -> Any:
        made.append(int(x))
        if len(made) == 3:
            third.set()
        return x

    iterator = iter(numbers().map(remember).prefetch(2))
    assert int(next(iterator)) == 0
    assert third.wait(WAIT)
    assert made == [0, 1, 2]


DROPPED: dict[str, Callable[[], Any]] = {
    "prefetch": lambda: numbers(1000).map(lambda x: x).prefetch(2),
    "parallel map": lambda: numbers(1000).map(lambda x: x, num_parallel_calls=4),
    "map and prefetch": lambda: numbers(1000).map(lambda x: x, num_parallel_calls=2).batch(3).prefetch(1),
    "interleave": lambda: numbers(5).interleave(lambda x: numbers(100), 3, num_parallel_calls=3),
    "endless": lambda: numbers().repeat().map(lambda x: x, num_parallel_calls=2).prefetch(8),
    "generator": lambda: tf.data.Dataset.from_generator(lambda: iter(range(1000)), tf.int64).prefetch(2),
}


@pytest.mark.parametrize("name", DROPPED)
def test_threads_end_when_the_iterator_is_dropped(name: str) -> None:
    dataset = DROPPED[name]()
    iterator = iter(dataset)
    next(iterator)
    assert workers()
    del iterator
    assert all_ended()
    for _ in dataset:
        break
    assert all_ended()


@pytest.mark.parametrize("name", [name for name in DROPPED if name != "endless"])
def test_threads_end_with_the_elements(name: str) -> None:
    iterator = iter(DROPPED[name]())
    count = sum(1 for _ in iterator)
    assert count > 100
    for thread in workers():
        thread.join(WAIT)
    assert not workers()
    with pytest.raises(StopIteration):
        next(iterator)


def test_threads_end_after_an_exception() -> None:
    def fail(x: Any) -> Any:
        raise ValueError("no")

    iterator = iter(numbers().map(fail, num_parallel_calls=3).prefetch(2))
    with pytest.raises(ValueError, match=r"^no\n"):
        next(iterator)
    del iterator
    assert all_ended()


@pytest.mark.parametrize("calls", [None, 3])
def test_iteration_goes_on_behind_an_exception(calls: int | None) -> None:
    def fail_at_two(x: Any) -> Any:
        if int(x) == 2:
            raise ZeroDivisionError("two")
        return x

    iterator = iter(numbers(5).map(fail_at_two, num_parallel_calls=calls))
    found: list[Any] = []
    for _ in range(5):
        try:
            found.append(int(next(iterator)))
        except ZeroDivisionError as error:
            found.append(error.args[0])
    assert found == [0, 1, "two", 3, 4]


@pytest.mark.parametrize("calls", [None, 2, tf.data.AUTOTUNE])
def test_an_exception_names_the_element_and_keeps_the_traceback(calls: int | None) -> None:
    def inner(x: Any) -> Any:
        raise KeyError("missing")

    def outer(x: Any, y: Any) -> Any:
        return inner(x) if int(y) == 3 else x

    dataset = tf.data.Dataset.zip(numbers(), numbers()).map(outer, num_parallel_calls=calls)
    with pytest.raises(KeyError) as caught:
        list(dataset)
    names = [frame.name for frame in traceback.extract_tb(caught.tb)]
    assert names[-2:] == ["outer", "inner"]
    (note,) = caught.value.__notes__
    assert note.startswith("outer, the function of Dataset.map, raised this at element 3, counted from 0: (<tf.Tensor")


def test_several_threads_share_an_iterator() -> None:
    iterator = iter(numbers(2000).map(lambda x: x, num_parallel_calls=2))
    found: list[list[int]] = [[], [], []]

    def take(mine: list[int]) -> None:
        mine.extend(int(x) for x in iterator)

    threads = [threading.Thread(target=take, args=(mine,)) for mine in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert sorted(x for mine in found for x in mine) == list(range(2000))
    assert all(mine == sorted(mine) for mine in found)


def test_threads_are_used_where_an_element_takes_long() -> None:
    seen = set()

    def slow(x: Any) -> Any:
        seen.add(threading.current_thread().name)
        np.linalg.svd(np.ones((120, 120)))
        return x

    list(numbers(60).map(slow, num_parallel_calls=tf.data.AUTOTUNE))
    assert seen == {threading.current_thread().name, "gradtape-data"}
    seen.clear()
    list(numbers(60).map(lambda x: seen.add(threading.current_thread().name) or x, num_parallel_calls=tf.data.AUTOTUNE))
    assert threading.current_thread().name in seen
