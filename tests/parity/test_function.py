"""The behaviour of `tf.function`, and TensorArray."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, namedtuple

import attr
import numpy as np
import pytest
from programs import collector, compared

PROGRAMS, program = collector()


def counted(tf, body, **options):
    """A function that counts how often Python runs it."""
    runs = []

    def run(*args, **kwargs):
        runs.append(1)
        return body(*args, **kwargs)

    return tf.function(run, **options), runs


@program
def results_become_tensors(tf):
    f = tf.function(lambda x: (x, 1, [1.5, True], {"a": None, "b": np.array([1, 2])}))
    return f(tf.constant(2.0)), f(np.float64(3.0))


@program
def python_runs_once_per_shape_and_dtype(tf):
    f, runs = counted(tf, lambda x: x * 2)
    results = [f(tf.constant(value)) for value in (1.0, 2.0, [1.0], [3.0], 1, [[1]])]
    return results, len(runs), f.experimental_get_tracing_count()


@program
def python_runs_once_per_value_and_array_shape(tf):
    f, runs = counted(tf, lambda x, n: x * n)
    results = [f(np.ones(size, np.float32), n) for size, n in ((2, 1), (2, 1), (2, 2), (3, 2), (2, 2))]
    return results, len(runs)


@program
def arguments_that_do_not_bind(tf):
    f = tf.function(lambda x, n=2: x * n)
    found = []
    for args, kwargs in (((), {}), ((1, 2, 3), {}), ((1,), {"z": 3})):
        try:
            f(*args, **kwargs)
        except TypeError as error:
            found.append(str(error).partition("Received")[0])
    return found


@program
def what_is_no_tensor(tf):
    try:
        tf.function(lambda: object())()
    except TypeError as error:
        return str(error).partition("in compilation")[0], str(error).partition("found")[2]


@program
def input_signatures(tf):
    f, _ = counted(tf, lambda x: x + 1, input_signature=[tf.TensorSpec([None], tf.float32)])
    results = [f(value) for value in ([1.0], np.array([1.0, 2.0]), tf.constant([3.0]))]
    for wrong in (tf.constant([1]), tf.constant([[1.0]])):
        try:
            f(wrong)
        except TypeError as error:
            results.append(str(error).partition("Received")[0])
    return results, f.experimental_get_tracing_count(), repr(f.input_signature)


@program
def variables_in_functions(tf):
    v, made = tf.Variable(1.0), []

    @tf.function
    def f(x):
        if not made:
            made.append(tf.Variable(10.0))
        made[0].assign_add(x)
        v.assign(v * 2.0)
        return made[0] + v

    results = [f(tf.constant(x)) for x in (1.0, 2.0, 3.0)]
    return results, made[0].numpy(), v.numpy()


@program
def variables_of_every_call(tf):
    try:
        tf.function(lambda: tf.Variable(1.0) * 2.0)()
    except ValueError as error:
        return str(error).partition("tf.function only")[2].strip()


@program
def training_steps(tf):
    w, optimizer = tf.Variable([[0.5], [0.25]]), tf.optimizers.Adam(0.1)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.matmul(x, w) - y) ** 2)
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])
        return loss

    x = tf.constant([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]])
    return [step(x, x[:, :1]) for _ in range(5)], w.numpy(), optimizer.iterations.numpy()


@program
def gradients_through_calls(tf):
    w, results = tf.Variable([1.0, 2.0]), []
    f = tf.function(lambda x: tf.reduce_sum(x * w * x * x))
    for value in (0.5, 1.5):
        x = tf.constant([value, -value])
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = f(x)
            slope, of_w = tape.gradient(y, [x, w])
        results.append((y, slope, of_w, outer.gradient(slope, x)))
    return results


@program
def control_flow_over_tensors(tf):
    @tf.function
    def collatz(n):
        steps = tf.constant(0)
        while n > 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            steps += 1
        return steps

    @tf.function
    def total(n):
        result = tf.constant(0)
        for i in tf.range(n):
            result += i * i
        return result

    return [collatz(tf.constant(n)) for n in (6, 7, 6, 1)], [total(tf.constant(n)) for n in (3, 0, 5, 3)]


@program
def methods_have_traces_of_their_own(tf):
    class Layer(tf.Module):
        def __init__(self, scale):
            super().__init__()
            self.scale, self.runs = tf.Variable(scale), 0

        @tf.function
        def __call__(self, x):
            self.runs += 1
            return x * self.scale

    one, other = Layer(2.0), Layer(3.0)
    results = [layer(tf.constant(x)) for x in (1.0, 2.0) for layer in (one, other)]
    return results, one.runs, other.runs, one.__call__.experimental_get_tracing_count()


@program
def concrete_functions(tf):
    f = tf.function(lambda x, n=2: x * n)
    concrete = f.get_concrete_function(tf.TensorSpec([None], tf.int32, name="x"))
    return concrete(tf.constant([1, 2])), concrete(tf.constant([1])), repr(concrete.structured_input_signature)


@program
def concrete_functions_of_an_input_signature(tf):
    f = tf.function(lambda x: x * 2, input_signature=[tf.TensorSpec([None], tf.float32)])
    found = []
    for given in (tf.TensorSpec([2], tf.int32), tf.TensorSpec([2, 2], tf.float32), tf.TensorSpec([3], tf.float32)):
        try:
            ((spec,), _) = f.get_concrete_function(given).structured_input_signature
            found.append((str(spec.shape), spec.dtype.name))
        except TypeError as error:
            found.append(str(error))
    return found


@program
def printed_signatures(tf):
    f = tf.function(lambda x, n=2: x * n)
    f(tf.constant([1.0, 2.0]))
    f(tf.constant(1), n=3)
    return f.pretty_printed_concrete_signatures()


@program
def signatures_in_one_line(tf):
    def f(x, y=2, *, z=None):
        return {"product": x * y, "all": [x]}

    def any_number(x, /, y, *more, k=3, **others):
        return x + y

    f, any_number = tf.function(f), tf.function(any_number)
    f(tf.constant(1.0))
    f(tf.constant([1, 2]), y=tf.constant(3), z="text")
    any_number(tf.constant(1.0), tf.constant(2.0), tf.constant(3.0), 4, other=tf.constant(5))
    return [each.pretty_printed_concrete_signatures(verbose=False) for each in (f, any_number)]


@program
def printed_concrete_functions(tf):
    f = tf.function(lambda x, y=2: [x * y])
    concrete = f.get_concrete_function(tf.TensorSpec([2], tf.int32), 3)
    concrete(tf.constant([1, 2]))
    whole = [concrete.pretty_printed_signature(), concrete.pretty_printed_signature(verbose=False), str(concrete)]
    return whole, repr(concrete).partition(" at 0x")[0]


@program
def variables_among_the_arguments(tf):
    x, count = tf.Variable([1.0, 2.0]), tf.Variable(3.0, trainable=False)

    @tf.function
    def f(x, others, *more):
        others["count"].assign_add(1.0)
        return tf.reduce_sum(x * others["x"]) + others["count"]

    results = [f(x, {"count": count, "x": x}, (x, [count])) for _ in range(3)]
    x.assign([3.0, 4.0])
    results.append(f(x, {"count": count, "x": x}, (x, [count])))
    return results, count.read_value(), f.experimental_get_tracing_count(), f.pretty_printed_concrete_signatures()


@program
def any_number_of_arguments(tf):
    @tf.function
    def f(x, scale=3, *more, k=2, **others):
        return x * scale + sum(more) + k + sum(others.values())

    results = [f(tf.constant(1)), f(tf.constant(1), 2, 3, z=4, k=9, a=2), f(tf.constant(1), 2, 3, a=2, k=9, z=4)]
    concrete = f.get_concrete_function(tf.TensorSpec([], tf.int32), 2, tf.TensorSpec([], tf.int32), z=4, a=5)
    results.append(concrete(tf.constant(6), tf.constant(7)))
    return results, f.experimental_get_tracing_count(), f.pretty_printed_concrete_signatures()


@program
def specs(tf):
    spec = tf.TensorSpec([None, 2], tf.float32, name="x")
    return (
        repr(spec),
        spec.is_compatible_with(tf.zeros([3, 2])),
        spec.is_compatible_with(tf.zeros([2])),
        repr(tf.TensorSpec.from_tensor(tf.constant([1, 2]))),
        repr(tf.type_spec_from_value(tf.constant(1.0))),
        repr(spec.most_specific_common_supertype([tf.TensorSpec([3, 2])])),
        repr(tf.TensorSpec([4, 2]).most_specific_common_supertype([tf.TensorSpec([3, 2])])),
        spec == tf.TensorSpec([None, 2], tf.float32, name="x"),
    )


@program
def where_a_program_is(tf):
    f = tf.function(lambda: (tf.inside_function(), tf.executing_eagerly()))
    return tf.inside_function(), f(), tf.executing_eagerly()


@program
def assertions_in_functions(tf):
    @tf.function
    def f(x):
        tf.debugging.assert_positive(x, message="positive")
        return tf.sqrt(x)

    found = [f(tf.constant(4.0)), f(tf.constant(9.0))]
    try:
        f(tf.constant(-1.0))
    except tf.errors.InvalidArgumentError as error:
        found.append("positive" in str(error))
    return found


@program
def tensor_arrays(tf):
    array = tf.TensorArray(tf.float32, size=3, clear_after_read=False)
    array = array.write(0, 1.0).write(2, tf.constant(3.0))
    grown = tf.TensorArray(tf.int32, size=0, dynamic_size=True).write(2, [1, 2])
    rows = tf.TensorArray(tf.float32, size=2).unstack([[1.0, 2.0], [3.0, 4.0]])
    pieces = tf.TensorArray(tf.float32, size=2, infer_shape=False).split([1.0, 2.0, 3.0], [1, 2])
    spread = tf.TensorArray(tf.float32, size=3).scatter([2, 0], [[1.0], [2.0]])
    return (
        *(array.read(0), array.read(1), array.stack(), array.size(), array.gather([2, 0]), array.dtype),
        *(grown.stack(), grown.size(), rows.concat(), rows.gather([1]), rows.stack(), pieces.concat(), pieces.read(1)),
        *(spread.stack(), tf.TensorArray(tf.float32, size=0, element_shape=[2]).stack()),
    )


@program
def tensor_arrays_refuse(tf):
    array = tf.TensorArray(tf.float32, size=2).unstack([1.0, 2.0])
    array.read(0)
    found = []
    for wrong in (
        *(lambda: array.read(0), lambda: array.read(5), lambda: array.write(5, 1.0), lambda: array.write(-1, 1.0)),
        *(
            lambda: array.write(0, tf.constant(1)),
            lambda: tf.TensorArray(tf.float32),
        ),
        lambda: tf.TensorArray(tf.float32, size=2).unstack([1.0, 2.0, 3.0]),
    ):
        try:
            wrong()
        except (tf.errors.OpError, ValueError) as error:
            found.append((type(error).__name__, str(error)))
    return found


@program
def tensor_arrays_are_differentiated(tf):
    x = tf.Variable([1.0, 2.0, 3.0])

    @tf.function
    def total():
        array = tf.TensorArray(tf.float32, size=3)
        for i in range(3):
            array = array.write(i, x[i] ** 2)
        return tf.reduce_sum(array.stack())

    with tf.GradientTape() as tape:
        y = total()
    return y, tape.gradient(y, x)


def attempts(*calls):
    """The result of each call, or the type and the text of its exception."""
    found = []
    for call in calls:
        try:
            found.append(call())
        except Exception as error:
            found.append((type(error).__name__, str(error).partition(" Received args")[0].strip()))
    return found


@program
def signatures_relax(tf):
    f = tf.function(lambda x: x * 2, reduce_retracing=True)
    counts = []
    for shape in ([2], [3], [4], [2, 2], [5], [3, 3], []):
        f(tf.ones(shape))
        counts.append(f.experimental_get_tracing_count())
    return counts, f.pretty_printed_concrete_signatures()


@program
def signatures_of_structures_relax(tf):
    f = tf.function(lambda x, y, n=1: (x * 2, {"y": y}), reduce_retracing=True)
    counts = []
    for call in (
        (tf.ones([2, 3]), [tf.constant(1.0)]),
        (tf.ones([4, 3]), [tf.constant(1.0)]),
        (tf.ones([5, 3]), [tf.constant([1.0])]),
        (tf.ones([5, 3]), [tf.constant(1)]),
        (tf.ones([6, 3]), [tf.constant([1.0, 2.0])], 2),
        (tf.ones([7, 3]), [tf.constant([1.0, 2.0])], 2),
    ):
        f(*call)
        counts.append(f.experimental_get_tracing_count())
    return counts, f.pretty_printed_concrete_signatures()


@program
def signatures_of_variables_relax(tf):
    f = tf.function(lambda v, x: tf.reduce_sum(v * x), reduce_retracing=True)
    counts = []
    for values in ([1.0], [1.0, 2.0], [1.0, 2.0, 3.0], [1]):
        f(tf.Variable(values), tf.constant(values))
        counts.append(f.experimental_get_tracing_count())
    return counts, f.pretty_printed_concrete_signatures()


@program
def branches_are_of_one_signature(tf):
    @tf.function
    def f(x):
        if x > 0.0:
            return x * 2.0
        return -x

    return [f(tf.constant(x)) for x in (1.0, -1.0, 2.0)], f.experimental_get_tracing_count()


@program
def mappings_are_one_signature_in_any_order(tf):
    f = tf.function(lambda d: {key: value * 2 for key, value in d.items()})
    one, other = f({"b": tf.constant(1.0), "a": tf.constant(2)}), f({"a": tf.constant(3), "b": tf.constant(4.0)})
    return list(one), list(other), other, f.experimental_get_tracing_count(), f.pretty_printed_concrete_signatures()


@program
def ordered_and_default_mappings(tf):
    f = tf.function(lambda d: d)
    ordered = [f(OrderedDict([("b", tf.constant(x)), ("a", tf.constant(2.0))])) for x in (1.0, 2.0, 3.0)]
    default = defaultdict(list)
    default["a"] = tf.constant(1.0)
    kinds = [type(found).__name__ for found in (*ordered, f(default))]
    return kinds, ordered, f.pretty_printed_concrete_signatures()


@program
def classes_of_structures(tf):
    class Pair:
        def __init__(self, value, note):
            self.value, self.note = value, note

        def __tf_flatten__(self):
            return (self.note,), (self.value,)

        @classmethod
        def __tf_unflatten__(cls, metadata, components):
            return cls(components[0], metadata[0])

    Point = namedtuple("Point", "x y")
    f = tf.function(lambda pair, point: (Pair(pair.value * 2, pair.note), Point(point.y, point.x * 2)))
    results = [
        f(Pair(tf.constant(x), note), Point(tf.constant(x), 3)) for x, note in ((1.0, "a"), (2.0, "a"), (3.0, "b"))
    ]
    found = [(type(pair).__name__, pair.value, pair.note, type(point).__name__, *point) for pair, point in results]
    return found, f.experimental_get_tracing_count(), f.pretty_printed_concrete_signatures()


@program
def classes_of_attrs(tf):
    @attr.s
    class Pair:
        x = attr.ib()
        y = attr.ib()

    f = tf.function(lambda pair: Pair(pair.y, pair.x * 2))
    results = [f(Pair(tf.constant(x), tf.constant(1))) for x in (1.0, 2.0, 3.0)]
    found = [(type(pair).__name__, pair.x, pair.y) for pair in results]
    return found, f.experimental_get_tracing_count(), f.pretty_printed_concrete_signatures()


@program
def variables_of_later_calls(tf):
    made = []

    @tf.function
    def late(n):
        if n == 2:
            made.append(tf.Variable(1.0))
        return tf.constant(n)

    return attempts(lambda: late(1), lambda: late(2))


@program
def init_scope_is_run_once(tf):
    runs = tf.Variable(0)

    @tf.function
    def f(x):
        with tf.init_scope():
            runs.assign_add(1)
            eager = tf.executing_eagerly()
        return x, eager

    return [f(tf.constant(x)) for x in (1.0, 2.0)], runs.read_value()


@program
def arguments_stay_as_they_are(tf):
    def append(items, x):
        items.append(x)
        return x

    def enter(x, d):
        d["n"] = x
        return x

    x = tf.constant(1.0)
    return attempts(lambda: tf.function(append)([x], x), lambda: tf.function(enter)(x, {}))


@program
def input_signatures_bind(tf):
    one, spec = tf.constant(1.0), tf.TensorSpec([])
    structure = tf.function(lambda d: d["a"] * 2, input_signature=[{"a": tf.TensorSpec([None]), "b": spec}])
    items = tf.function(lambda d: d[0] * 2, input_signature=[[tf.TensorSpec([None])]])
    default = tf.function(lambda x, y=2.0: x * y, input_signature=[spec])
    return attempts(
        lambda: structure({"b": 1.0, "a": [1.0]}),
        lambda: structure({"b": one, "a": np.ones(2, np.float32)}),
        lambda: structure({"c": 1}),
        lambda: items([[1.0]]),
        lambda: items(([1.0],)),
        lambda: default(one),
        lambda: default(one, 2.0),
        lambda: default(one, 3.0),
        lambda: default(one, 2.0, 3.0),
        lambda: tf.function(lambda x, **k: x, input_signature=[spec])(one),
        lambda: tf.function(lambda x, **k: x, input_signature=[spec])(one, a=3),
        lambda: tf.function(lambda x: x, input_signature=[spec])(tf.Variable(2.0)),
        lambda: tf.function(lambda x: x, input_signature=[spec])(None),
        lambda: tf.function(lambda x: x, input_signature=[spec])("a"),
        lambda: tf.function(lambda x: x, input_signature=[spec])(),
        lambda: tf.function(lambda x: x, input_signature=[spec])(np.float64(1.5)),
    )


@program
def input_signatures_that_are_wrong(tf):
    spec = tf.TensorSpec([])
    return attempts(
        lambda: tf.function(lambda x: x, input_signature=[spec, spec])(1.0),
        lambda: tf.function(lambda x, y: x, input_signature=[spec])(1.0),
        lambda: tf.function(lambda x, *, k: x, input_signature=[spec])(1.0),
        lambda: tf.function(lambda x: x, input_signature=[3])(1.0),
        lambda: tf.function(lambda x: x, input_signature={"a": spec})(1.0),
    )


@program
def results_of_all_kinds(tf):
    kinds = ({1}, len, tf.float32, (i for i in "ab"), {"a": [object()]})
    f = tf.function(lambda x: (x.shape, range(2), None))
    refused = [attempts(lambda: tf.function(lambda: kind)())[0] for kind in kinds]  # noqa: B023
    return [(name, text.partition("found")[2]) for name, text in refused], f(tf.constant([1.0, 2.0]))


@program
def steps_of_schedules(tf):
    decay = tf.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)
    f = tf.function(lambda step: decay(step) * 2.0)
    return [f(tf.constant(step)) for step in (0, 1, 5)]


@program
def shapes_and_axes_that_are_tensors(tf):
    f = tf.function(
        lambda x, rows, axis: (tf.reshape(x, [rows, -1]), tf.reduce_sum(x, axis), tf.transpose(x, [axis, 1 - axis]))
    )
    x = tf.reshape(tf.range(6.0), [2, 3])
    return [f(x, tf.constant(rows), tf.constant(axis)) for rows, axis in ((1, 0), (3, 1), (6, 1), (1, 0))]


@program
def loops_over_datasets(tf):
    total, dataset = tf.Variable(0.0), tf.data.Dataset.range(4).map(lambda i: tf.cast(i, tf.float32))

    @tf.function
    def epoch(scale):
        for element in dataset:
            total.assign(total * 0.5 + element * scale)
        return total.read_value()

    return [epoch(tf.constant(scale)) for scale in (1.0, 2.0, 3.0)]


@program
def iterators_go_on(tf):
    iterator = iter(tf.data.Dataset.range(10))
    f = tf.function(lambda scale: next(iterator) * scale)
    return [f(tf.constant(2, tf.int64)) for _ in range(4)]


@program
def variables_of_open_shapes(tf):
    v = tf.Variable([1.0, 2.0], shape=tf.TensorShape([None]))
    f = tf.function(lambda x: v * x + tf.reduce_sum(v))
    results = [f(tf.constant(2.0))]
    for value in ([1.0, 2.0, 3.0], [4.0], [5.0, 6.0]):
        v.assign(value)
        results += [f(tf.constant(2.0)), f(tf.constant(3.0))]
    return results, f.experimental_get_tracing_count()


WORDED: dict[str, str] = {}
DELIBERATE: dict[str, str] = {}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    compared(name, PROGRAMS[name], WORDED, DELIBERATE, compiles=False)  # these compile by themselves
