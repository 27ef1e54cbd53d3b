"""User code that runs inside the engine: see "Where user code runs" in cython/README.md.

Each case crashed, hung or gave garbage once; each runs in its own process.
"""

from __future__ import annotations

import pytest

from .scripts import HEAD, forked_script as script

# A trace function of scripts that have `counted` look at each line of gradtape.
TRACER = """
def tracer(frame, event, argument):
    return counted(frame, event, argument) if "gradtape" in frame.f_code.co_filename else None
"""


@pytest.mark.parametrize(
    "look",
    [
        "v.shape",
        "v + 1",
        "v.numpy()",
        "v.assign(2.0)",
        "float(v)",
        "v.dtype",
        "v.value()",
        "v.assign_add(1.0)",
        "len(v)",
    ],
)
def test_a_variable_that_was_never_initialised_says_so(look: str) -> None:
    script(
        HEAD
        + f"""
class Mine(tf.Variable):
    def __init__(self, value):
        self.stored = value

class Raising(tf.Variable):
    def __init__(self):
        kept.append(self)
        raise KeyError

kept = [Mine(1.0)]
try:
    Raising()
except KeyError:
    pass
for v in kept:
    assert repr(v) == f"<{{type(v).__name__}} without a value>", repr(v)
    try:
        {look}
    except NotImplementedError as error:
        assert "__init__" in str(error)
    else:
        raise AssertionError
    with tf.GradientTape() as tape:
        tape.watched_variables()
"""
    )


def test_objects_that_no_constructor_made() -> None:
    script(
        HEAD
        + """
for make in (lambda: tf.Tensor.__new__(tf.Tensor), lambda: tf.Tensor(), lambda: tf.Tensor([1.0])):
    try:
        make()
    except TypeError as error:
        assert "tf.constant" in str(error)
    else:
        raise AssertionError
class Bare(tf.autodiff.ForwardAccumulator):
    def __init__(self):
        pass
accumulator = Bare()
assert accumulator.jvp(tf.constant(1.0)) is None
with accumulator:
    assert accumulator.jvp(tf.constant(1.0) * 2.0) is None
tape = tf.GradientTape.__new__(tf.GradientTape)
with tape:
    pass
for kind in (tf.optimizers.SGD, tf.optimizers.Adam):
    optimizer = kind.__new__(kind)
    for use in (repr, lambda it: it.apply_gradients([(tf.constant(1.0), tf.Variable(1.0))]), lambda it: it.iterations):
        try:
            use(optimizer)
        except Exception:
            pass
"""
    )


@pytest.mark.parametrize(
    "kind", ["Tensor", "Variable", "GradientTape", "autodiff.ForwardAccumulator", "optimizers.SGD"]
)
def test_methods_are_called_on_nothing_else(kind: str) -> None:
    script(
        HEAD
        + f"""
kind = tf.{kind}
for name in dir(kind):
    method = getattr(kind, name)
    if not callable(method) or name in ("__class__", "__new__", "__init_subclass__", "__subclasshook__"):
        continue
    for instance in (5.0, None, tf.constant(1.0), tf.Variable(1.0), tf.GradientTape(), object()):
        for extra in range(4):
            try:
                method(instance, *[1] * extra)
            except Exception:
                pass
"""
    )


def test_sequences_that_lie_about_their_length() -> None:
    script(
        HEAD
        + """
class Tuple(tuple):
    def __len__(self):
        return self.told
class List(list):
    def __len__(self):
        return self.told
for kind in (Tuple, List):
    for told in (0, 1, 3, 1 << 16, 1 << 50):
        given = kind((1.0, 2.0))
        given.told = told
        for use in (tf.constant, tf.zeros, tf.reduce_sum, lambda s: tf.reshape([1.0], s), lambda s: tf.ones(2) * s):
            try:
                use(given)
            except (TypeError, ValueError, tf.errors.OpError):
                pass
"""
    )


def test_sequences_that_change_while_they_are_read() -> None:
    script(
        HEAD
        + """
class Clearing:
    asked = 0
    def act(self):
        Clearing.asked += 1
        if Clearing.asked >= Clearing.patience:
            container.clear()
    def __len__(self):
        self.act()
        return 2
    def __getitem__(self, place):
        self.act()
        if place > 1:
            raise IndexError
        return 1.0
    def __index__(self):
        self.act()
        return 1
    def __array__(self, dtype=None, copy=None):
        self.act()
        return np.ones(2, np.float32)
npy = tf.experimental.numpy
uses = [tf.constant, tf.zeros, tf.stack, tf.add_n, tf.reduce_sum, lambda c: tf.ones(2) + c,
        lambda c: tf.reshape(tf.ones((1, 1)), c), lambda c: tf.transpose(tf.ones((1, 1)), c), lambda c: tf.concat(c, 0),
        lambda c: tf.reduce_sum(tf.ones((2, 2)), c), lambda c: tf.gather([1.0], c), lambda c: tf.ones((2, 2))[tuple(c)],
        lambda c: npy.expand_dims(3.0, c), lambda c: npy.moveaxis(np.ones((1, 1)), c, c), lambda c: npy.sum([[1]], c),
        lambda c: tf.keras.ops.expand_dims(np.float32(3), c), lambda c: tf.keras.ops.squeeze(np.ones((1, 1)), c),
        lambda c: tf.tile(tf.ones((1, 1)), c), lambda c: tf.pad(tf.ones((1, 1)), c), lambda c: tf.split(tf.ones(2), c)]
for patience in range(1, 9):
    for use in uses:
        for _ in range(20):
            Clearing.asked, Clearing.patience = 0, patience
            container = [Clearing(), Clearing()]
            try:
                use(container)
            except (TypeError, ValueError, IndexError, tf.errors.OpError):
                pass
"""
    )


def test_objects_that_become_no_tensor() -> None:
    script(
        HEAD
        + """
class Nothing:
    def __tf_tensor__(self, dtype=None, name=None):
        return None
one = tf.constant([1.0])
for use in (tf.sin, lambda o: o ** one, lambda o: one * o, tf.constant, lambda o: tf.matmul([[1.0]], o), tf.reduce_sum,
            tf.convert_to_tensor, tf.Variable):
    try:
        use(Nothing())
    except TypeError as error:
        assert "__tf_tensor__" in str(error), error
    else:
        raise AssertionError
"""
    )


@pytest.mark.parametrize("persistent", [True, False])
@pytest.mark.parametrize(
    "meddle", ["tape.reset()", "with tape: tf.sin(v)", "del tape", "gc.collect()", "tape.gradient(v, v)"]
)
def test_a_rule_may_do_anything_to_the_tape_that_is_swept(persistent: bool, meddle: str) -> None:
    output = script(
        HEAD
        + f"""
import logging
logging.disable(logging.CRITICAL)
gc.freeze()  # collections look at this program's own objects
@tf.custom_gradient
def f(x):
    def rule(dy):
        global tape
        try:
            {meddle}
        except (ValueError, NameError, tf.errors.InternalError):
            pass
        [tf.sin(tf.ones(100)) for _ in range(1000)]
        return dy * 2.0
    return x * 1.0, rule
x, v = tf.Variable([1.0] * 100), tf.Variable([1.0])
with tf.GradientTape(persistent={persistent}) as tape:
    y = x
    for _ in range(600):
        y = f(y * 0.5)
    gradient = tape.gradient(y, x) if {persistent} else None
if gradient is None:
    gradient = tape.gradient(y, x)
print(gradient[0].numpy())
with tf.GradientTape() as tape:
    z = x * x
print(tape.gradient(z, x)[0].numpy())
"""
    )
    assert output.split() == ["1.0", "2.0"]


def test_a_rules_list_may_shrink_while_it_is_added_up() -> None:
    output = script(
        HEAD
        + """
class Shrinking:
    shape, dtype = (3,), np.dtype("float32")
    def __array__(self, dtype=None, copy=None):
        given.clear()
        return np.ones(3, np.float32)
given = []
@tf.custom_gradient
def f(x, y):
    def rule(dy):
        given[:] = [Shrinking(), dy]
        return given
    return x + y, rule
x, y = tf.constant([1.0, 2.0, 3.0]), tf.constant([1.0, 2.0, 3.0])
with tf.GradientTape() as tape:
    tape.watch([x, y])
    z = f(x, y) + x * 2.0
for gradient in tape.gradient(z, [x, y]):
    print(gradient.numpy().tolist())
"""
    )
    assert output.split("\n")[:2] == ["[3.0, 3.0, 3.0]", "[1.0, 1.0, 1.0]"]


def test_sources_whose_class_is_a_question() -> None:
    script(
        HEAD
        + """
class Asking:
    @property
    def __class__(self):
        sources.clear()
        return int
x = tf.Variable(1.0)
with tf.GradientTape(persistent=True) as tape:
    y = x * x
for count in (1, 5, 50, 5000):
    for place in (0, count):
        sources = [x] * count + [tf.Variable(1.0) for _ in range(count)]
        sources.insert(place, Asking())
        try:
            tape.gradient(y, sources)
        except (TypeError, AttributeError):
            pass
"""
    )


@pytest.mark.parametrize("threshold", [(700, 10, 10), (7, 1, 1), (1, 1, 1)])
def test_finalizers_compute_whenever_the_collector_runs(threshold: tuple[int, int, int]) -> None:
    output = script(
        HEAD
        + f"""
gc.set_threshold(*{threshold})
v, total = tf.Variable([1.0] * 20), tf.Variable(0.0, trainable=False)
class Cycle:
    def __init__(self):
        self.me = self
    def __del__(self):
        total.assign_add(1.0)
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(total * 2.0)
for _ in range(20):
    with tf.GradientTape() as tape:
        y = v
        for i in range(2500):
            y = y + v
            if i % 50 == 0:
                Cycle()
    gradient = tape.gradient(y, v)
    assert gradient.numpy().tolist() == [2501.0] * 20, gradient
print("done")
"""
    )
    assert output.split() == ["done"]


@pytest.mark.parametrize("act", ["ops", "tape", "reset", "forget"])
def test_what_a_tape_holds_may_compute_as_it_goes(act: str) -> None:
    output = script(
        HEAD
        + f"""
import random
random.seed(1)
v = tf.Variable([1.0] * 100)
tapes = []
class Holder:
    def __init__(self, tensor):
        self.tensor = tensor
    def __del__(self):
        if "{act}" == "ops":
            for _ in range(600):
                tf.sin(v)
        elif "{act}" == "tape":
            with tf.GradientTape() as tape:
                y = v * v
            assert tape.gradient(y, v)[0].numpy() == 2.0
        elif "{act}" == "reset" and tapes and tapes[-1]._recording:
            tapes[-1].reset()
        elif "{act}" == "forget":
            tf.GradientTape().__enter__()
@tf.custom_gradient
def f(x):
    holder = Holder(x)
    def rule(dy):
        holder.tensor
        return dy * 2.0
    return x * 2.0, rule
for i in range(800):
    tape = tf.GradientTape(persistent=i % 2 == 0)
    tapes[:] = [tape]
    with tape:
        y, depth = v, random.randrange(20)
        for _ in range(depth):
            y = f(y)
            if random.random() < 0.3:
                f(y)
    gradient = tape.gradient(y, v)
    if "{act}" != "reset" and depth:
        assert gradient[0].numpy() == 2.0**depth
with tf.GradientTape() as tape:
    y = tf.reduce_sum(v * v)
print(tape.gradient(y, v)[0].numpy())
"""
    )
    assert output.split() == ["2.0"]


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        ("with tf.GradientTape() as other: v * v", "kept"),
        ("other = tf.GradientTape(); other.__enter__(); v * v", "kept"),
        ("with tf.autodiff.ForwardAccumulator(v, v.value()) as other: v * v", "kept"),
        ("tapes[-1].watch(early)", "kept"),
        ("tapes[-1].reset()", "lost"),
        ("tapes[-1].__exit__(None, None, None)", "lost"),
        ("accumulators[-1].__exit__(None, None, None)", "any"),
    ],
)
def test_finalizers_run_while_tangents_are_pushed(act: str, expected: str) -> None:
    output = script(
        HEAD
        + f"""
import logging, random
logging.disable(logging.CRITICAL)
random.seed(3)
v, early = tf.Variable([1.0] * 20), tf.constant([1.0] * 20)
with tf.GradientTape() as tape:
    tape.watch(early)                         # which has a number now, lower than all that follow
tapes, accumulators = [], []
class Cycle:
    def __init__(self):
        self.me = self
    def __del__(self):
        if tapes and tapes[-1]._recording:
            {act}
@tf.custom_gradient
def double(x):
    def rule(dy):
        Cycle()
        gc.collect()
        return dy * 2.0
    return x * 2.0, rule
gc.freeze()                                   # collections look at what is made from here on, not at all modules
gc.set_threshold(5, 2, 2)
for step in range(150):
    x = tf.constant([1.0] * 20)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        with tf.autodiff.ForwardAccumulator(x, tf.ones(20)) as accumulator:
            with tf.autodiff.ForwardAccumulator(x, tf.ones(20)) as inner:
                if step:
                    tapes.append(tape)
                    accumulators.append(accumulator)
                y = x
                for i in range(4):
                    Cycle()
                    y = tf.reverse(double(tf.cumsum(y * 0.5)), [0]) + tf.tanh(x) * x
                second = accumulator.jvp(inner.jvp(y))
        tapes.clear()
        accumulators.clear()
    gc.collect()
    gradient = None if second is None else tape.gradient(second, x)
    found = y, second, gradient
    if step == 0:
        reference = found
    elif "{expected}" == "kept":
        assert all(np.array_equal(one, other) for one, other in zip(found, reference)), (step, found, reference)
    with tf.GradientTape() as outer, tf.autodiff.ForwardAccumulator(v, tf.ones(20)) as accumulator:
        y = tf.tanh(v) * v
        tangent = accumulator.jvp(y)
    t = np.tanh(1.0)
    assert np.allclose(tangent, t + 1 - t * t) and np.allclose(outer.gradient(tangent, v), 2 * (1 - t * t) * (1 - t))
    with tf.GradientTape() as tape:
        tape.watch(early)
        y = early * early
    assert tape.gradient(y, early).numpy()[0] == 2.0
print("done")
"""
    )
    assert output.split() == ["done"]


@pytest.mark.parametrize("name", ["atan2", "xlogy", "pow"])
def test_rules_are_derived_for_the_first_time_while_tangents_are_pushed(name: str) -> None:
    """A signal handler may do one of these at any line of it."""
    acts = ["tape.reset()", "tape.__exit__(None, None, None)", "tape = None", "v.assign(v * 2.0)"]
    script(
        HEAD
        + TRACER
        + f"""
import os
def counted(frame, event, argument):
    global lines, tape
    lines += 1
    if lines == wanted:
        sys.settrace(None)
        exec(act, globals())
    return counted
v, lines, tape = tf.Variable([0.5] * 30), 0, None
def tangent(traced):
    global tape
    tape = tf.GradientTape(persistent=True)
    tape.__enter__()
    x = tf.identity(v)
    tape.watch(x)
    with tf.autodiff.ForwardAccumulator(x, tf.ones(30)) as outer:
        with tf.autodiff.ForwardAccumulator(x, tf.ones(30)) as inner:
            sys.settrace(traced)
            y = tf.math.{name}(x * 1.5, x + 0.25)
            sys.settrace(None)
        found = y, outer.jvp(inner.jvp(y))
    if tape is not None and tape._recording:
        tape.__exit__(None, None, None)
    return found
def child_of(line, chosen):
    global wanted, act
    wanted, act = line, chosen
    child = os.fork()
    if child == 0:
        early = tangent(tracer)
        if line < 0:
            os.write(writing, str(lines).encode())
        v.assign([0.5] * 30)
        late = tangent(None)
        fine = all(np.array_equal(one, other) for one, other in zip(early, late))
        x = tf.constant([2.0] * 30)
        with tf.GradientTape() as other:
            other.watch(x)
            y = x * x
        os._exit(0 if fine and other.gradient(y, x).numpy()[0] == 4.0 else 1)
    assert os.waitpid(child, 0)[1] == 0, line
reading, writing = os.pipe()
gc.freeze()                                   # collections in children leave alone what they share
child_of(-1, "")
total = int(os.read(reading, 100))
assert total > 100
for i, line in enumerate(np.linspace(1, total, 64).astype(int)):
    child_of(line, {acts}[i % 4])
"""
    )


def test_callbacks_of_weak_references_may_assign_and_read() -> None:
    output = script(
        HEAD
        + """
for size in (2, 100):
    v = tf.Variable([1.0] * size)
    kept = []
    for step in range(200):
        def ended(_, step=step):
            v.assign([float(step)] * size)
            with tf.GradientTape() as tape:
                y = v * v
            tape.gradient(y, v)
        with tf.GradientTape() as tape:
            handle = v.value()
            kept.append(weakref.ref(handle, ended))
            y = handle * v
        del handle
        tape.gradient(y, v)
        v.assign_add([1.0] * size)
        v.assign([float(step)] * size)
    print(v.numpy()[0])
"""
    )
    assert output.split() == ["199.0", "199.0"]


def test_a_forgotten_tape_closes_and_a_collected_one_stays_closed() -> None:
    output = script(
        HEAD
        + """
from gradtape._engine.record import log
v = tf.Variable([1.0] * 100)
for _ in range(50):
    tape = tf.GradientTape()
    tape.__enter__()
    y = v * v
    del tape
outer = tf.GradientTape()
outer.__enter__()
inner = tf.GradientTape()
inner.__enter__()
del outer                                    # which is the lower one
y = v * v
inner.__exit__(None, None, None)
print(inner.gradient(y, v)[0].numpy())
kept = []
class Returning:
    def __del__(self):
        kept.append(self.tape)
holder = Returning()
holder.tape = tf.GradientTape(persistent=True)
holder.tape.holder = holder
holder.tape.__enter__()
y = v * v
del holder
gc.collect()
tape = kept.pop()
print(tape.gradient(y, v))
try:
    tape.__enter__()
except RuntimeError as error:
    print("refused")
tape.me = tape
del tape
gc.collect()
with tf.GradientTape() as tape:
    y = v * v
print(tape.gradient(y, v)[0].numpy())
"""
    )
    assert output.split() == ["2.0", "None", "refused", "2.0"]


def test_a_tape_whose_finalizer_was_called_by_hand_ends_as_any_other() -> None:
    output = script(
        HEAD
        + """
v = tf.Variable([1.0] * 100)
for _ in range(20):
    tape = tf.GradientTape()
    with tape:
        y = v * v
        tape.__del__()
    del tape
    with tf.GradientTape() as tape:
        y = v * v
    assert tape.gradient(y, v)[0].numpy() == 2.0
print("done")
"""
    )
    assert output.split() == ["done"]


@pytest.mark.parametrize("mode", ["open", "closed", "accumulator", "keep"])
def test_a_thread_of_c_that_enters_python_again(mode: str) -> None:
    """At its start, and twice more when one of its values is destroyed: Python drops the thread's state each time."""
    output = script(
        HEAD
        + """
import ctypes, threading
mode, library, key, thread = sys.argv[1], ctypes.CDLL(None), ctypes.c_ulong(), ctypes.c_ulong()
x, kept, entries = tf.Variable([1.0, 2.0, 3.0]), [], 0
entered, go = threading.Semaphore(0), threading.Semaphore(0)
@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
def call(_):
    global entries
    entries += 1
    entered.release()
    go.acquire()
    if entries == 1:
        tape = tf.GradientTape()
        tape.__enter__()
        kept.append(tape)
        x * x
        if mode != "open":
            tape.__exit__(None, None, None)
        if mode == "accumulator":
            kept.clear()
            c = tf.constant([1.0, 2.0, 3.0])
            with tf.autodiff.ForwardAccumulator(c, c) as accumulator:
                c * c
            kept.append(accumulator)
    else:
        for _ in range(200):
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(x * x)
            gradient = tape.gradient(y, x)
        print(gradient.numpy().tolist(), flush=True)
    if entries < 3:
        library.pthread_setspecific(key, ctypes.c_void_p(1))
assert library.pthread_key_create(ctypes.byref(key), call) == 0
assert library.pthread_create(ctypes.byref(thread), None, call, None) == 0
entered.acquire()
go.release()
entered.acquire()                    # it was left, and entered again
held = kept.pop()
if mode == "open":
    held.__exit__(None, None, None)
if mode != "keep":
    del held
gc.collect()
others = [bytearray(size) for size in range(64, 1024) for _ in range(3)]
for _ in range(5):
    other = threading.Thread(target=lambda: tf.GradientTape().__enter__())
    other.start()
    other.join()
go.release(2)
library.pthread_join(thread, None)
""",
        mode,
    )
    assert output.splitlines() == ["[2.0, 4.0, 6.0]"] * 2


@pytest.mark.parametrize("name", ["softplus", "asinh", "erfinv", "digamma", "sigmoid"])
def test_no_result_comes_of_an_interrupted_compilation(name: str) -> None:
    """Near the recursion limit, and when a signal handler raises at any line of compiling."""
    script(
        HEAD
        + f"""
f, x = tf.math.{name}, tf.constant([[0.5] * 40])
def at(depth, *given):
    return at(depth - 1, *given) if depth else first(*given)
def first(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return y, tape.gradient(y, x)
results = []
for depth in range(sys.getrecursionlimit() - 3, 600, -3):
    try:
        results.append(at(depth, x))
    except RecursionError:
        pass
assert results
y, gradient = first(x)
for value, slope in results:
    assert np.array_equal(value, y) and np.array_equal(slope, gradient), (value, y)
"""
    )
    script(
        HEAD
        + TRACER
        + f"""
import os
class Stop(Exception):
    pass
f, x = tf.math.{name}, tf.constant([[0.5] * 40])
def first(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return np.array(y), np.array(tape.gradient(y, x))
lines = 0
def counted(frame, event, argument):
    global lines
    lines += 1
    if lines == wanted:
        sys.settrace(None)
        raise Stop
    return counted
gc.freeze()                                   # collections in children leave alone what they share
for wanted in range(1, 4000, 41):
    child = os.fork()
    if child == 0:
        sys.settrace(tracer)
        early = None
        try:
            early = first(x)
        except Stop:
            pass
        sys.settrace(None)
        late = first(x)
        expected = first(x)
        fine = np.isfinite(late).all() and np.array_equal(late, expected)
        fine = fine and (early is None or np.array_equal(early, late))
        os._exit((2 if lines < wanted else 0) if fine else 1)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in (0, 2), wanted
    if ended == 2:                                # there are no more lines
        break
"""
    )


def test_signal_handlers_may_use_the_engine() -> None:
    output = script(
        HEAD
        + """
import signal
v, w, count = tf.Variable([1.0, 2.0, 3.0]), tf.Variable(np.eye(30, dtype="f")), 0
@tf.custom_gradient
def square(x):
    return x * x, lambda dy, variables=None: (dy * 2.0 * x, [None] * len(variables)) if variables else dy * 2.0 * x
def handler(*_):
    global count
    count += 1
    u = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(u)
        y = tf.reduce_sum(u * u)
    assert tape.gradient(y, u).numpy().tolist() == [2.0, 4.0]
def step():
    with tf.GradientTape(persistent=True) as tape:
        with tf.GradientTape() as inner:
            y = tf.reduce_sum(square(v) * v)
        gradient = inner.gradient(y, v)
        z = tf.reduce_sum(tf.tanh(tf.matmul(w, w)))
    return [tensor.numpy().tobytes() for tensor in (tape.jacobian(gradient, v), tape.gradient(z, w), gradient)]
expected = step()
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0007, 0.0007)
while count < 1000:
    assert step() == expected
signal.setitimer(signal.ITIMER_REAL, 0)
print("done")
"""
    )
    assert output.split() == ["done"]


@pytest.mark.parametrize("signal", ["SIGTERM", "SIGINT", "every line"])
@pytest.mark.parametrize("module", ["reductions", "scans"], ids=["asked for", "what it imports"])
def test_signal_handlers_may_use_functions_whose_module_is_being_imported(module: str, signal: str) -> None:
    # Handlers wait until the module is read. What a trace function asks for cannot wait, and is imported apart.
    output = script(
        f"""
import signal, sys
import gradtape as tf
found = []
def ask(*_):
    sys.settrace(None)
    found.append(tf.reduce_sum([2.0, 1.0]).numpy().tolist())
    if {signal!r} == "SIGINT":
        raise KeyboardInterrupt
def trace(frame, event, argument):
    if frame.f_globals["__name__"] == "gradtape._src.ops.{module}" and frame.f_code.co_name == "<module>":
        if {signal!r} == "every line":
            ask()
        else:
            sys.settrace(None)
            signal.raise_signal(signal.{signal.replace("every line", "SIGINT")})
            found.append("handled later")
    return trace
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, ask)
sys.settrace(trace)
try:
    tf.reduce_sum
except KeyboardInterrupt:
    found.append("interrupted")
found.append(tf.reduce_sum([4.0, 3.0]).numpy().tolist())
assert signal.getsignal(signal.SIGTERM) is ask is signal.getsignal(signal.SIGINT)
print(found, tf.reduce_prod([6.0, 5.0]).numpy())
""",
        imported="numpy",
    )
    expected = {"SIGTERM": ["handled later", 3.0, 7.0], "SIGINT": ["handled later", 3.0, "interrupted", 7.0]}
    assert output.strip() == f"{expected.get(signal, [3.0, 7.0])} 30.0"


def test_signals_come_faster_than_modules_are_read() -> None:
    output = script(
        """
import signal
import gradtape as tf
count = 0
def handler(*_):
    global count
    count += 1
    tf.reduce_sum, tf.sort, tf.nn.relu, tf.linalg.inv
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
values = [tf.reduce_sum([2.0, 1.0]), tf.sort([2.0])[0], tf.nn.relu(1.0), tf.linalg.inv([[1.0]])[0, 0]]
signal.setitimer(signal.ITIMER_REAL, 0)
print(count > 0, *(value.numpy() for value in values))
""",
        imported="numpy",
    )
    assert output.strip() == "True 3.0 2.0 1.0 1.0"


def test_namespaces_are_read_by_two_threads_at_once() -> None:
    for _ in range(3):
        script(
            """
import threading, faulthandler, sys
faulthandler.dump_traceback_later(30, exit=True)
sys.setswitchinterval(1e-6)
import gradtape as tf
barrier = threading.Barrier(3)
def one():
    barrier.wait()
    tf.nn.relu, tf.nn.dropout
def two():
    barrier.wait()
    import gradtape._src.nn.normalization
def three():
    barrier.wait()
    tf.random.normal, tf.nn.relu, tf.optimizers.Adam
threads = [threading.Thread(target=target) for target in (one, two, three)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
""",
            imported="numpy",
        )


@pytest.mark.parametrize("first", ["nn", "linalg", "random", "optimizers", "keras", "test", "optimizers.schedules"])
def test_a_namespace_whose_reading_was_interrupted_is_read_again(first: str) -> None:
    script(
        TRACER
        + f"""
import gc, operator, os, random, sys, traceback, gradtape as tf
class Stop(BaseException):
    pass
names = {{"nn": "relu", "linalg": "inv", "random": "normal", "optimizers": "Adam", "keras": "optimizers",
         "test": "compute_gradient", "optimizers.schedules": "CosineDecay"}}
def counted(frame, event, argument):
    global lines
    lines += 1
    if lines == wanted:
        sys.settrace(None)
        raise Stop
    return counted
def child():
    sys.settrace(tracer)
    try:
        getattr(tf.{first}, names["{first}"])
    except BaseException as error:
        # Before 3.12, Python wraps what __set_name__ raises.
        assert isinstance(error, Stop) or isinstance(error.__cause__, Stop), error
    finally:
        sys.settrace(None)
    for namespace, name in names.items():
        operator.attrgetter(f"{{namespace}}.{{name}}")(tf)
    x = tf.constant([-1.0])
    tf.nn.relu(x), tf.random.normal([2]), tf.random.uniform([2], 0, 5, tf.int32), tf.linalg.inv(tf.eye(2))
    tf.keras.optimizers.Adam().build([tf.Variable(1.0)])
    from gradtape._src.table.rows import rows
    found = [(row.function.__module__, row.name, row.tensorflow) for row in rows()]
    assert len(found) == len(set(found))
gc.freeze()                                   # collections in children leave alone what they share
for seed in range(4):
    lines, wanted = 0, random.Random(f"{first}{{seed}}").randrange(1, 1500)
    pid = os.fork()
    if pid == 0:
        try:
            child()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0, (seed, wanted)
"""
    )


@pytest.mark.parametrize("shape", [(3, 0), (0,), (0, 5)])
def test_jacobians_of_nothing_do_not_take_for_ever(shape: tuple[int, ...]) -> None:
    output = script(
        HEAD
        + f"""
x = tf.Variable(tf.zeros({shape}))
with tf.GradientTape(persistent=True) as tape:
    y = tf.ones(3_000_000) * tf.reduce_sum(x)
    z = x * x
print(tape.jacobian(y, x).shape == (3_000_000, *{shape}), tape.jacobian(z, x).shape == {shape} + {shape})
if {shape} == (3, 0):
    assert tape.batch_jacobian(z, x).shape == (3, 0, 0)
""",
        seconds=20,
    )
    assert output.split()[:2] == ["True", "True"]
