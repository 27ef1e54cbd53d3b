"""Layers and models: names, weights, configurations, summaries, masks, losses and errors, compared with Keras'."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest
from sessions import X, agree, dense

from agreement import collector

pytestmark = pytest.mark.usefixtures("kept_kernels")

PROGRAMS, program = collector()


@program
def weights_of_a_stack(tf, keras):
    return [(w.path, w.name, tuple(w.shape), w) for w in dense(keras).weights]


@program
def configuration_of_a_stack(tf, keras):
    return dense(keras).get_config()


@program
def a_stack_as_data(tf, keras):
    data = keras.saving.serialize_keras_object(dense(keras))
    return data, [w.path for w in keras.saving.deserialize_keras_object(data).weights]


@program
def summary_before_and_after_building(tf, keras):
    model = keras.Sequential([keras.layers.Dense(8), keras.layers.Dense(3, name="last")])
    model.summary()
    model(X[:2])
    model.summary()
    model(X[:7])
    model.summary(show_trainable=True)


@program
def summary_after_fitting(tf, keras):
    model = keras.Sequential([keras.layers.Dense(8), keras.layers.Dense(3)])
    model.compile("adam", "mse")
    model.fit(X, np.ones((50, 3)), verbose=0, shuffle=False)
    model.summary()
    return [w.path for w in model.weights]


def subclassed(keras):
    class Model(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first = keras.layers.Dense(4, activation="relu")
            self.others = [keras.layers.Dense(3), {"last": keras.layers.Dense(2)}]
            self.dropout = keras.layers.Dropout(0.5)

        def call(self, x, training=None):
            x = self.dropout(self.first(x), training=training)
            return self.others[1]["last"](self.others[0](x))

    return Model


@program
def weights_of_constructors_within_models(tf, keras):
    """A layer's path is that of its first call, whatever its constructor adds before it has one."""

    class Block(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.scale = self.add_weight(shape=(), initializer="ones", name="scale")
            self.within = keras.layers.Dense(2)

        def build(self, shape):
            self.shift = self.add_weight(shape=(), initializer="zeros", name="shift")

        def call(self, x):
            return self.within(x) * self.scale + self.shift

    class Model(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.blocks = [Block(name="one"), Block(name="two")]

        def call(self, x):
            return self.blocks[1](self.blocks[0](x))

    model = Model(name="whole")
    model(X[:2])
    stack = keras.Sequential([Block(name="one")], name="stack")
    stack(X[:2])
    layers = [*model.blocks, model.blocks[0].within, *stack.layers]
    return [w.path for w in (*model.weights, *stack.weights)], [layer.path for layer in layers]


@program
def a_subclassed_model(tf, keras):
    model = subclassed(keras)()
    model.summary()
    model(X[:2])
    model.summary()
    paths = [w.path for w in model.weights]
    return paths, model.get_config(), model.get_build_config(), [layer.name for layer in model.layers]


@program
def a_functional_model(tf, keras):
    a, b = keras.Input((4,), name="a"), keras.Input((3,))
    shared = keras.layers.Dense(5, name="shared")
    x = shared(a)
    y = keras.layers.Dense(4, name="a_very_long_name_of_a_layer_that_does_not_fit")(b)
    z = shared(y)
    joined = keras.layers.Concatenate()([x, z])
    model = keras.Model([a, b], [keras.layers.Dense(2)(joined), z])
    model.summary()
    model.summary(line_length=120, show_trainable=True)
    again = keras.Model.from_config(model.get_config())
    names = [layer.name for layer in model.layers]
    shapes = model.input_shape, model.output_shape, again.output_shape
    return shapes, names, list(model.output_names), [value.name for value in model.inputs], model.get_config()


@program
def models_within_models(tf, keras):
    begin = keras.Input((4,))
    inner = keras.Model(begin, keras.layers.Dense(3, name="in_dense")(begin), name="inner")
    stack = keras.Sequential([keras.layers.Dense(2, name="in_stack")], name="stack")
    a = keras.Input((4,))
    model = keras.Model(a, stack(inner(a)), name="outer")
    model.summary()
    model.summary(expand_nested=True)
    return [w.path for w in model.weights], model.get_config(), model(X[:2])


@program
def a_model_of_symbolic_values_within_another(tf, keras):
    begin = keras.Input((4,))
    middle = keras.layers.Dense(3, name="middle")(begin)
    model = keras.Model(begin, keras.layers.Dense(2, name="end")(middle))
    head = keras.Model(model.input, model.get_layer("middle").output)
    tail = keras.Model(middle, model.output)
    features = head(X[:2])
    return features, tail(features), model(X[:2]), [layer.name for layer in tail.layers]


@program
def functional_subclass(tf, keras):
    class Named(keras.Model):
        def extra(self):
            return self.count_params()

    a = keras.Input((4,))
    model = Named(a, keras.layers.Dense(2)(a))
    return model.extra(), model.name, type(model).__name__, model(X[:2])


@program
def inputs_by_name(tf, keras):
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    listed = keras.Model([a, b], keras.layers.Subtract()([a, b]))
    named = keras.Model({"a": a, "b": b}, {"sum": keras.layers.Add()([a, b]), "first": a})
    return listed({"b": X[:2], "a": X[2:4]}), named({"a": X[:2], "b": X[:2]})


@program
def configuration_told_by_the_constructor(tf, keras):
    class Scale(keras.layers.Layer):
        def __init__(self, factor, offset=3, name=None):
            super().__init__(name=name)
            self.factor = factor

    layer = Scale(2)
    return layer.get_config(), Scale.from_config(layer.get_config()).factor


@program
def losses_of_layers(tf, keras):
    class Small(keras.layers.Layer):
        def call(self, x):
            self.add_loss(tf.reduce_sum(x))
            return x

    last = keras.layers.Dense(
        2, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l1", kernel_initializer="ones"
    )
    model = keras.Sequential([keras.Input((4,)), Small(), last, Small()])
    model(X)
    first = list(model.losses)
    model(X[:3])
    return first, list(model.losses)


@program
def trainable_and_not(tf, keras):
    def paths(weights):
        return [weight.path for weight in weights]

    model = dense(keras)
    model.layers[0].trainable = False
    first = paths(model.trainable_weights), paths(model.non_trainable_weights), paths(model.weights)
    model.trainable = False
    none = paths(model.trainable_weights)
    model.trainable = True
    return first, none, paths(model.trainable_weights)


@program
def masks_are_passed_on(tf, keras):
    model = keras.Sequential([keras.layers.Embedding(5, 3, mask_zero=True), keras.layers.LSTM(4)])
    numbers = np.array([[1, 2, 0], [3, 0, 0]])
    embedded = model.layers[0](numbers)
    return model(numbers), keras.layers.LSTM(2)(embedded)


@program
def a_mask_is_lost_with_a_warning(tf, keras):
    class Plain(keras.layers.Layer):
        def call(self, x):
            return x

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        Plain(name="plain")(keras.layers.Masking()(np.ones((1, 2, 3), np.float32)))
    return [str(warning.message) for warning in seen if "mask" in str(warning.message)]


@program
def training_reaches_layers_within(tf, keras):
    seen = []

    class Inner(keras.layers.Layer):
        def call(self, x, training=None):
            seen.append(training)
            return x

    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = Inner()

        def call(self, x):
            return self.inner(x)

    model = keras.Sequential([keras.Input((4,)), Inner(), Outer()])
    model(X)
    seen.clear()
    for training in (None, True, False, None):
        model(X, training=training)
    return seen


@program
def clones(tf, keras):
    model = dense(keras)
    model.compile("sgd", "mse")
    clone = keras.models.clone_model(model)
    a = keras.Input((4,))
    functional = keras.models.clone_model(keras.Model(a, keras.layers.Dense(2)(a)))
    paths = [w.path for w in clone.weights], [w.path for w in functional.weights]
    return paths, clone.compiled, clone.name, [layer.name for layer in clone.layers], functional.name


@program
def double_precision(tf, keras):
    layers = [keras.layers.Dense(8, activation="gelu", dtype="float64"), keras.layers.Dense(3, dtype="float64")]
    model = keras.Sequential([keras.Input((4,), dtype="float64"), *layers])
    x = tf.constant(X.astype(np.float64))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(x) ** 2)
    return model(x), tape.gradient(
        loss, [w.value for w in model.weights] if tf.__name__ == "tensorflow" else model.weights
    )


@program
def state_in_constructor_and_build(tf, keras):
    class Both(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

        def build(self, input_shape):
            self.shift = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="shift", trainable=False)
            self.inner = keras.layers.Dense(2)
            self.inner.build(input_shape)

        def call(self, x):
            return self.inner(x * self.scale + self.shift)

    layer = Both()
    result = layer(X[:2])
    return result, [(w.path, w.trainable) for w in layer.weights], layer.path, layer.built, layer.count_params()


@program
def symbolic_values_of_a_layer(tf, keras):
    a = keras.Input((4,), name="a")
    layer = keras.layers.Dense(3)
    layer(a), layer(a)
    return layer.input.name, layer.output.shape


@program
def models_made_bit_by_bit(tf, keras):
    model = keras.Sequential()
    model.add(keras.Input((4,)))
    model.add(keras.layers.Dense(3))
    model.add(keras.layers.ReLU())
    shape = model.output_shape
    model.pop()
    names = [layer.name for layer in model.layers]
    model.add(keras.layers.Dense(2))
    return shape, names, model.output_shape, [w.path for w in model.weights]


@program
def arguments_of_calls(tf, keras):
    class Layer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = keras.layers.Dense(2, kernel_initializer="ones")

        def call(self, x, y=None, scale=1.0, training=False):
            result = self.inner(x) * scale
            return result if y is None else result + self.inner(y)

    layer = Layer()
    return layer(X[:2]), layer(X[:2], y=X[:2]), layer(X[:2], X[:2], scale=2.0), layer(X[:2], scale=3.0, training=True)


@program
def a_layer_made_of_the_tapes_functions_in_a_functional_model(tf, keras):
    class Layer(keras.layers.Layer):
        def call(self, x):
            return tf.concat([x, tf.square(x)], -1)[:, None]

    a = keras.Input((4,))
    result = Layer()(a)
    return result.shape, keras.Model(a, result)(X[:2])


@program
def training_said_when_a_model_is_made(tf, keras):
    a = keras.Input((4,))
    model = keras.Model(a, keras.layers.Dropout(0.5)(a, training=True))
    return model(X), model(X, training=False), model.get_config()


# Tables of models whose steps were traced have different lines.
TRACED = {"summary_after_fitting"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.traced] if name in TRACED else []) for name in PROGRAMS]
)
def test_programs(name):
    agree(PROGRAMS[name])


ERRORS, fails = collector()


@fails
def disconnected(tf, keras):
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    keras.Model(a, keras.layers.Dense(2, name="d")(b))


@fails
def a_function_of_the_tape_on_a_symbolic_value(tf, keras):
    tf.square(keras.Input((4,), name="a"))


@fails
def wrong_rank(tf, keras):
    dense(keras)(X[0])


@fails
def wrong_size(tf, keras):
    dense(keras)(np.ones((2, 5), np.float32))


@fails
def wrong_size_for_a_layer(tf, keras):
    layer = keras.layers.Dense(3, name="d")
    layer(X)
    layer(np.ones((2, 5), np.float32))


@fails
def an_error_within_a_call(tf, keras):
    class Failing(keras.layers.Layer):
        def call(self, x, flag=True):
            raise ValueError("as it should")

    Failing()(X)


@fails
def constructor_of_the_base_not_called(tf, keras):
    class Forgetful(keras.layers.Layer):
        def __init__(self):
            self.a = 1

        def call(self, x):
            return x

    Forgetful()(X)


@fails
def names_used_twice(tf, keras):
    keras.Sequential([keras.layers.Dense(2, name="a"), keras.layers.Dense(2, name="a")])


@fails
def no_layer(tf, keras):
    keras.Sequential([3])


@fails
def a_slash_in_a_name(tf, keras):
    keras.layers.Dense(2, name="a/b")


@fails
def an_unknown_argument(tf, keras):
    keras.layers.Dense(2, nonsense=3)


@fails
def text_for_a_tensor(tf, keras):
    keras.layers.Dense(2, name="d")("text")


@fails
def no_such_layer(tf, keras):
    dense(keras).get_layer("nothing")


@fails
def too_few_weights(tf, keras):
    keras.layers.Dense(2, name="d").set_weights([1])


@fails
def weights_of_another_shape(tf, keras):
    layer = keras.layers.Dense(2, name="d")
    layer.build((None, 3))
    layer.set_weights([np.ones((2, 2)), np.ones(2)])


@fails
def a_configuration_that_is_no_plain_data(tf, keras):
    class Layer(keras.layers.Layer):
        def __init__(self, a):
            super().__init__()

    Layer(np.ones(2)).get_config()


@fails
def no_call(tf, keras):
    keras.layers.Layer(name="x")(X)


@fails
def counting_before_building(tf, keras):
    keras.layers.Dense(2, name="d").count_params()


@fails
def state_after_building(tf, keras):
    layer = keras.layers.Dense(2, name="d")
    layer.build((None, 3))
    layer.extra = keras.layers.Dense(3)


@fails
def a_layer_that_takes_two(tf, keras):
    class Two(keras.layers.Layer):
        def call(self, a, b):
            return a

    keras.Sequential([keras.Input((4,)), Two(name="two")])


@fails
def an_input_without_a_shape(tf, keras):
    keras.Input()


@fails
def outputs_that_are_no_symbolic_values(tf, keras):
    keras.Model(keras.Input((2,), name="a"), 3)


@fails
def an_iteration_over_a_symbolic_value(tf, keras):
    list(keras.Input((2,), name="a"))


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    agree(ERRORS[name])


def test_a_fast_call_notices_what_changed():
    """The fast paths of repeated calls are left when their conditions no longer hold."""
    import gradtape as tf

    layer = tf.keras.layers.Dense(2, kernel_initializer="ones")
    x = tf.ones([3, 4])
    for _ in range(3):
        assert layer(x).numpy().tolist() == [[4.0, 4.0]] * 3
    with pytest.raises(ValueError, match="axis -1"):
        layer(tf.ones([3, 5]))
    assert layer(tf.ones([3, 4], tf.float64)).dtype == tf.float32
    layer.activity_regularizer = tf.keras.regularizers.L1(1.0)
    layer(x)
    assert len(layer.losses) == 1
    masked = tf.keras.layers.Masking()(tf.ones([3, 2, 4]))
    seen = []

    class Sees(tf.keras.layers.Layer):
        supports_masking = True

        def call(self, x, mask=None):
            seen.append(mask)
            return x

    sees = Sees()
    plain = tf.ones([3, 2, 4])
    sees(plain), sees(plain), sees(masked), sees(plain)
    assert [mask is not None for mask in seen] == [False, False, True, False]


@pytest.mark.parametrize(
    "way", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))], ids=["copy", "pickle"]
)
def test_copies_have_weights_of_their_own(way):
    import gradtape as tf

    a = tf.keras.Input((4,))
    inner = tf.keras.layers.Dense(4)
    branches = tf.keras.Model(a, tf.keras.layers.Add()([inner(a), inner(inner(a))]))
    for model in (dense(tf.keras), branches):
        copied = way(model)
        np.testing.assert_array_equal(copied(X).numpy(), model(X).numpy())
        before = model(X).numpy()
        copied.set_weights([np.zeros_like(weight) for weight in copied.get_weights()])
        assert not copied(X).numpy().any()
        np.testing.assert_array_equal(model(X).numpy(), before)
