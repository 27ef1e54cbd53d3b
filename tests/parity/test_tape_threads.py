"""Tapes and other threads."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from programs import collector, compared

PROGRAMS, program = collector()


@program
def watching_from_another_thread(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        thread = threading.Thread(target=tape.watch, args=(x,))
        thread.start()
        thread.join()
        y = x * x
    return tape.gradient(y, x)


@program
def gradients_asked_for_from_another_thread(tf):
    x, found = tf.constant(3.0), []
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    thread = threading.Thread(target=lambda: found.append(tape.gradient(y, x)))
    thread.start()
    thread.join()
    return found


@program
def another_thread_does_not_record(tf):
    x, found = tf.constant(3.0), []
    with tf.GradientTape() as tape:
        tape.watch(x)
        thread = threading.Thread(target=lambda: found.append(x * x))
        thread.start()
        thread.join()
        y = found[0] * x
    return tape.gradient(y, x)


@program
def every_thread_has_its_own_tapes(tf):
    def work(k, found):
        x = tf.constant(float(k))
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        found[k] = tape.gradient(y, x)

    found: dict[int, Any] = dict.fromkeys(range(4))
    threads = [threading.Thread(target=work, args=(k, found)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@program
def a_tape_entered_in_another_thread(tf):
    x, found = tf.constant(3.0), []
    tape = tf.GradientTape(persistent=True)
    with tape:
        tape.watch(x)
        y = x * x

    def work():
        try:
            with tape:
                found.append(y * x)
        except RuntimeError as error:
            found.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if isinstance(found[0], Exception):
        raise found[0]
    return tape.gradient(found[0], x)


@program
def a_gradient_asked_for_from_another_thread_inside_the_block(tf):
    x, found = tf.constant(3.0), []
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        thread = threading.Thread(target=lambda: found.append(tape.gradient(y, x)))
        thread.start()
        thread.join()
        z = y * x
    return found, tape.gradient(z, x)


# Errors of the same type, with gradtape's own message.
WORDED: dict[str, str] = {}
# Deliberate differences: the reason, and gradtape's outcome, a result or an exception's type.
DELIBERATE: dict[str, tuple[str, Any]] = {
    "a_tape_entered_in_another_thread": ("a tape belongs to the thread that first entered it", RuntimeError),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)


def test_differences_are_of_programs_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}
