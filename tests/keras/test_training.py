"""compile, fit, evaluate and predict compared with Keras: numbers, order of examples, logs, output and errors."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sessions import CLASSES, X, Y, agree, dense

import gradtape as gt
from agreement import collector

pytestmark = pytest.mark.usefixtures("kept_kernels", "kept_datasets")

PROGRAMS, program = collector()


@program
def fit_with_validation(tf, keras):
    model = dense(keras)
    model.compile("adam", "mse", metrics=["mae"])
    history = model.fit(X, Y, epochs=3, batch_size=8, verbose=0, validation_split=0.2)
    values = list(model.weights)
    return (
        history.history,
        history.epoch,
        history.params,
        values,
        model.evaluate(X, Y, verbose=0),
        model.predict(X, verbose=0),
    )


@program
def classes_with_weights(tf, keras):
    model = dense(keras, "softmax")
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    weights = {0: 1.0, 1: 2.0, 2: 0.5}
    history = model.fit(
        X, CLASSES, epochs=2, batch_size=20, verbose=0, validation_data=(X, CLASSES), class_weight=weights
    )
    return history.history, model.evaluate(X, CLASSES, verbose=0, return_dict=True), model.metrics_names


@program
def weighted_and_other_metrics(tf, keras):
    model = dense(keras, "sigmoid", 1)
    metrics = ["acc", keras.metrics.AUC(name="auc")]
    model.compile("rmsprop", "binary_crossentropy", metrics=metrics, weighted_metrics=["accuracy", "acc"])
    return model.fit(X, CLASSES % 2, epochs=2, verbose=0, sample_weight=np.linspace(0, 1, 50)).history


@program
def one_hot_and_binary_crossentropies_by_alias(tf, keras):
    found = []
    for activation, targets in (("softmax", np.eye(3)[CLASSES]), ("softmax", CLASSES), ("sigmoid", CLASSES % 2)):
        model = dense(keras, activation, 1 if activation == "sigmoid" else 3)
        model.compile("sgd", "crossentropy", metrics=["accuracy"])
        found.append(model.fit(X, targets, verbose=0, shuffle=False).history)
    return found


@program
def generators(tf, keras):
    def batches():
        while True:
            yield X[:10], Y[:10]

    model = dense(keras)
    model.compile("sgd", "mae")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(batches(), epochs=2, steps_per_epoch=3, verbose=0).history


@program
def steps_of_arrays(tf, keras):
    model = dense(keras)
    model.compile("sgd", "mae")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, Y, batch_size=10, epochs=3, steps_per_epoch=3, verbose=0, shuffle=False).history


@program
def numbered_batches(tf, keras):
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 5

        def __getitem__(self, index):
            return X[index * 10 : index * 10 + 10], Y[index * 10 : index * 10 + 10]

    model = dense(keras)
    model.compile("sgd", "mae")
    return model.fit(Batches(), epochs=2, verbose=0, shuffle=False).history, model.predict(Batches(), verbose=0)


def taker(tf, keras):
    """A model that records the numbers of the batches that it is given."""

    class Taker(keras.Model):
        def __init__(self):
            super().__init__()
            self.taken = []

        def call(self, x):
            return tf.cast(x, "float32")

        def train_step(self, data):
            self.taken.append(data.numpy().tolist())
            return {"loss": 0.0}

        test_step = train_step

    model = Taker()
    model.compile(run_eagerly=True)
    return model


@program
def orders_of_shuffled_datasets(tf, keras):
    def numbers(size=6):
        return tf.data.Dataset.range(size).shuffle(size, seed=3).batch(2)

    def known_to_nobody(size=6):
        return tf.data.Dataset.range(size).filter(lambda x: x >= 0).shuffle(size, seed=3).batch(2)

    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for make in (numbers, known_to_nobody, lambda: numbers().cache(), lambda: numbers().map(lambda x: x + 1)):
            for options in ({}, {"steps_per_epoch": 2}, {"steps_per_epoch": 3}, {"steps_per_epoch": 5}):
                dataset, model = make(), taker(tf, keras)
                model.fit(dataset, epochs=3, verbose=0, **options)
                found.append((model.taken, [batch.tolist() for batch in dataset.as_numpy_iterator()]))
            dataset, validation, model = make(), make(), taker(tf, keras)
            model.fit(dataset, epochs=2, verbose=0, validation_data=validation)
            model.fit(dataset, epochs=2, verbose=0, validation_data=validation, validation_steps=1)
            model.evaluate(dataset, verbose=0)
            model.predict(dataset, verbose=0)
            model.evaluate(dataset, verbose=0, steps=1)
            found.append((model.taken, [batch.tolist() for batch in dataset.as_numpy_iterator()]))
    return found


@program
def lines_for_epochs_of_unknown_length(tf, keras):
    def batches():
        yield from np.split(X, 5)

    dataset = tf.data.Dataset.from_generator(batches, output_signature=tf.TensorSpec([None, 4], "float32"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        taker(tf, keras).fit(dataset, epochs=2, verbose=2)
        taker(tf, keras).evaluate(dataset, verbose=2)
        taker(tf, keras).predict(dataset, verbose=2)


@program
def warnings_of_missing_gradients(tf, keras):
    first = keras.Input((4,), name="first")
    outputs = [keras.layers.Dense(1, name=name)(first) for name in ("one", "two")]
    model = keras.Model(first, outputs)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(X)[0])
    gradients = tape.gradient(loss, model.trainable_variables)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        keras.optimizers.SGD(0.1).apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    return [str(warning.message).split(" (tape.diagnose")[0] for warning in caught if warning.category is UserWarning]


@program
def shapes_of_layers_within_a_model_that_build_marked(tf, keras):
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(3)

        def call(self, x):
            return self.dense(x)

    model = Net()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.build((None, 4))
        model.compile("sgd", "mse")
        model.fit(tf.data.Dataset.from_tensor_slices((X, Y)).batch(10), verbose=0)
    model.summary()


@program
def dicts_in_any_order(tf, keras):
    inputs = {name: keras.Input((size,), name=name) for name, size in (("z", 4), ("a", 3))}
    outputs = [keras.layers.Dense(size, name=name)(inputs["z"]) for name, size in (("second", 3), ("first", 4))]
    outputs[0] = keras.layers.Add(name="sum")([outputs[0], inputs["a"]])
    model = keras.Model(inputs, outputs)
    for index, weight in enumerate(model.weights):
        weight.assign(np.random.default_rng(index).normal(size=weight.shape))
    model.compile("sgd", {"sum": "mse", "first": "mae"}, metrics={"sum": ["mae"], "first": ["mse"]})
    x, y = {"z": X, "a": Y}, {"sum": Y, "first": X}
    history = model.fit(x, y, epochs=2, batch_size=20, shuffle=False, verbose=0, validation_split=0.2)
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(25)
    return (
        history.history,
        model.evaluate(x, y, verbose=0, batch_size=25, return_dict=True),
        model.evaluate(dataset, verbose=0),
        model.predict(x, verbose=0),
        model.train_on_batch(x, y, return_dict=True),
    )


@program
def lines_for_epochs(tf, keras):
    model = dense(keras)
    model.compile("sgd", "mae", metrics=["mse"])
    model.fit(X, Y, epochs=2, verbose=2, batch_size=20, validation_data=(X, Y), shuffle=False)
    model.evaluate(X, Y, verbose=2)
    model.predict(X, verbose=2)


@program
def a_step_of_ones_own(tf, keras):
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = keras.layers.Dense(3)
            self.mean = keras.metrics.Mean(name="mine")

        def call(self, x, training=None):
            return self.layer(x)

        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply(gradients, self.trainable_variables)
            self.mean.update_state(loss)
            return {metric.name: metric.result() for metric in self.metrics}

        def test_step(self, data):
            x, y = data
            self.mean.update_state(self.compute_loss(y=y, y_pred=self(x)))
            return {"mine": self.mean.result()}

        @property
        def metrics(self):
            return [self.mean]

    model = Model()
    model.compile("adam", loss="mse")
    history = model.fit(X, Y, epochs=2, verbose=0, validation_data=(X, Y))
    return history.history, model.evaluate(X, Y, verbose=0), model.metrics_names


@program
def a_loss_of_ones_own(tf, keras):
    class Model(keras.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            return tf.reduce_mean(tf.abs(y - y_pred)) + sum(self.losses)

    a = keras.Input((4,))
    model = Model(a, keras.layers.Dense(3, kernel_regularizer="l2")(a))
    model.compile("sgd", metrics=["mse"])
    return model.fit(X, Y, epochs=2, verbose=0).history


def two_outputs(keras, as_dict=False):
    a = keras.Input((4,), name="a")
    hidden = keras.layers.Dense(5)(a)
    first = keras.layers.Dense(3, name="first")(hidden)
    second = keras.layers.Dense(3, activation="softmax", name="second")(hidden)
    return keras.Model({"a": a} if as_dict else a, {"one": first, "two": second} if as_dict else [first, second])


# Losses of several outputs are averaged over batches of one size here; see the differences below.
@program
def several_outputs(tf, keras):
    model = two_outputs(keras)
    losses = {"first": "mse", "second": "sparse_categorical_crossentropy"}
    weights = {"first": 0.3, "second": 2.0}
    metrics = {"first": ["mae"], "second": ["accuracy"]}
    model.compile("sgd", loss=losses, loss_weights=weights, metrics=metrics)
    history = model.fit(X, {"first": Y, "second": CLASSES}, epochs=2, batch_size=25, verbose=0, shuffle=False)
    values = model.evaluate(X, [Y, CLASSES], batch_size=25, verbose=0)
    return history.history, values, model.evaluate(X, [Y, CLASSES], batch_size=25, verbose=0, return_dict=True)


@program
def several_outputs_by_name(tf, keras):
    model = two_outputs(keras, as_dict=True)
    losses = {"one": "mse", "two": "sparse_categorical_crossentropy"}
    model.compile("sgd", loss=losses, metrics={"one": ["mae"], "two": ["accuracy"]})
    history = model.fit({"a": X}, {"one": Y, "two": CLASSES}, batch_size=25, verbose=0, shuffle=False)
    return history.history, model.predict({"a": X}, verbose=0)


@program
def one_loss_for_several_outputs(tf, keras):
    model = two_outputs(keras)
    model.compile("sgd", loss="mse", metrics=[["mae"], ["mae", "mse"]])
    return model.fit(X, [Y, Y], batch_size=25, verbose=0, shuffle=False).history


@program
def an_output_without_a_loss(tf, keras):
    model = two_outputs(keras)
    model.compile("sgd", loss=["mse", None])
    return model.fit(X, [Y, CLASSES], batch_size=25, verbose=0, shuffle=False).history


@program
def single_batches(tf, keras):
    model = dense(keras)
    model.compile("sgd", "mse", metrics=["mae"])
    first = model.train_on_batch(X, Y), model.test_on_batch(X, Y), model.predict_on_batch(X)
    return (
        first,
        model.train_on_batch(X, Y, return_dict=True),
        model.train_on_batch(X, Y, sample_weight=np.ones(50) * 2),
    )


@program
def added_losses(tf, keras):
    regularizer = keras.regularizers.L1L2(0.01, 0.02)
    first = keras.layers.Dense(8, kernel_regularizer=regularizer, activity_regularizer="l2")
    model = keras.Sequential([keras.Input((4,)), first, keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    return model.fit(X, Y, epochs=2, verbose=0).history


@program
def dropout_and_normalization(tf, keras):
    layers = [keras.layers.BatchNormalization(), keras.layers.ReLU(), keras.layers.Dropout(0.5), keras.layers.Dense(3)]
    model = keras.Sequential([keras.Input((4,)), *layers])
    model.compile("adam", "mse")
    history = model.fit(X, Y, epochs=2, verbose=0)
    return (
        history.history,
        list(model.weights),
        [v.path for v in model.non_trainable_variables],
        model.predict(X, verbose=0),
    )


@program
def constraints(tf, keras):
    layer = keras.layers.Dense(3, kernel_constraint=keras.constraints.MaxNorm(0.3))
    model = keras.Sequential([keras.Input((4,)), layer])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    return layer.kernel


@program
def compiled_as_data(tf, keras):
    model = dense(keras)
    model.compile("sgd", keras.losses.MeanSquaredError(), metrics=["mae"], loss_weights=[2.0])
    config = model.get_compile_config()
    config.pop("optimizer")
    return config


def batches(tf, endless=False):
    data = tf.data.Dataset.from_tensor_slices((X[:10], Y[:10])).batch(4)
    return data.repeat() if endless else data


def numbered(keras, log, size, is_whole=True):
    class Numbered(keras.utils.PyDataset):
        def __init__(self):
            if is_whole:
                super().__init__()

        @property
        def num_batches(self):
            return size

        def __getitem__(self, index):
            return X[4 * index % 40 : 4 * index % 40 + 4], Y[4 * index % 40 : 4 * index % 40 + 4]

        def on_epoch_begin(self):
            log.append("begin")

        def on_epoch_end(self):
            log.append("end")

    return Numbered()


def told(function):
    """The warnings for users."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        function()
    return [str(warning.message) for warning in seen if warning.category is UserWarning]


@program
def what_fitting_warns_of(tf, keras):
    def endless():
        while True:
            yield X[:4], Y[:4]

    model = dense(keras)
    model.compile("sgd", "mse")
    sources = {
        "dataset": lambda: (batches(tf), {}),
        "not shuffled": lambda: (batches(tf), {"shuffle": False}),
        "generator": lambda: (endless(), {"steps_per_epoch": 2}),
        "numbered": lambda: (numbered(keras, [], 3), {}),
        "without end": lambda: (numbered(keras, [], None), {"steps_per_epoch": 2}),
        "without super": lambda: (numbered(keras, [], 3, is_whole=False), {}),
        "too short": lambda: (batches(tf), {"steps_per_epoch": 5, "epochs": 2}),
        "validated": lambda: (batches(tf), {"validation_data": batches(tf), "validation_steps": 5}),
    }
    warned = {}
    for name, made in sources.items():
        data, options = made()
        warned[name] = told(lambda data=data, options=options: model.fit(data, verbose=0, **options))
    warned["evaluate"] = told(lambda: model.evaluate(batches(tf), verbose=0))
    warned["predict"] = told(lambda: model.predict(batches(tf), verbose=0))
    return warned


@program
def what_compiling_warns_of(tf, keras):
    model = dense(keras)
    warned = told(lambda: model.compile("sgd", "mse", metrics=["mae"], jit_compile=True, run_eagerly=True))
    losses = []
    warned += told(lambda: losses.append(model.compiled_loss(tf.constant(Y), tf.constant(Y) + 1.0)))
    model.evaluate(X, Y, verbose=0)
    warned += told(lambda: model.compiled_metrics.update_state(tf.constant(Y), tf.constant(Y) + 1.0))
    layer = []
    warned += told(lambda: layer.append(keras.layers.InputLayer(input_shape=(3,)).batch_shape))
    layer.append(keras.layers.InputLayer(batch_input_shape=(2, 3)).batch_shape)
    return warned, losses, model.get_metrics_result(), layer


@program
def groups_of_steps_go_beyond_an_epoch(tf, keras):
    log = []

    class Told(keras.callbacks.Callback):
        pass

    def tell(moment):
        def method(self, batch, logs=None):
            log.append((moment, batch, np.shape(logs["outputs"]) if logs and "outputs" in logs else None))

        return method

    for what in ("train", "test", "predict"):
        for end in ("begin", "end"):
            setattr(Told, f"on_{what}_batch_{end}", tell(f"{what} {end}"))
    for steps in (None, 3, 5):
        for kind in ("dataset", "unknown", "endless", "numbered"):
            if steps is None and kind == "endless":
                continue
            log.append((kind, steps))
            model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, kernel_initializer="ones")])
            model.compile("sgd", "mse", steps_per_execution=2)
            data = {
                "dataset": lambda: batches(tf),
                "unknown": lambda: batches(tf).filter(lambda x, y: True),
                "endless": lambda: batches(tf, endless=True),
                "numbered": lambda: numbered(keras, log, 3),
            }[kind]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                options = {"verbose": 0, "callbacks": [Told()]}
                log.append(model.fit(data(), steps_per_epoch=steps, epochs=2, shuffle=False, **options).history)
                if kind != "unknown":  # where data ends TensorFlow may count a step that did not happen
                    log.append(int(model.optimizer.iterations.numpy()))
                log.append(model.evaluate(data(), steps=steps, **options))
                log.append(model.predict(data(), steps=steps, **options))
    return log


@program
def paths_of_variables(tf, keras):
    optimizers = keras.optimizers
    kinds = [
        optimizers.SGD(momentum=0.9, use_ema=True, gradient_accumulation_steps=2),
        optimizers.RMSprop(centered=True),
        optimizers.LossScaleOptimizer(optimizers.Adam(name="inner")),
        *(getattr(optimizers, name)() for name in ("AdamW", "Nadam", "Adafactor", "Lion", "Ftrl", "Adam", "Adam")),
    ]
    found = []
    for optimizer in kinds:
        model = dense(keras)
        model.compile(optimizer, "mse", metrics=["mae"])
        model.train_on_batch(X, Y)
        found += [(variable.name, variable.path, variable.shape) for variable in optimizer.variables]
        found += [(variable.name, variable.path) for variable in model.metrics_variables]
    optimizer = optimizers.Adam(name="other")
    optimizer.build([keras.Variable([1.0], name="a"), tf.Variable([1.0], name="b")])
    return found, [repr(variable) for variable in optimizer.variables], str(optimizer.learning_rate)


@program
def sizes_of_batches_that_models_are_built_for(tf, keras):
    data = tf.data.Dataset.from_tensor_slices((X[:10], Y[:10]))
    whole = data.batch(4, drop_remainder=True)
    found = []
    for source in (whole, data.batch(4), whole.map(lambda x, y: (x * 2.0, y)), whole.repeat(2), data.batch(5)):
        model = keras.Sequential([keras.layers.Dense(2), keras.layers.Dense(3)])
        model.compile("sgd", "mse", metrics=["mae"])
        model.fit(source, verbose=0, shuffle=False)
        model.summary(line_length=70)
        found += [model.input_shape, model.output_shape, repr(model.metrics)]
        model.run_eagerly = True  # predictions need no trace
        found.append(model.predict(X, verbose=0).shape)
    return found


# What fitting is like as for users, whose functions Keras traces; shapes and warnings are others without.
TRACED = {
    "fit_with_validation",
    "a_step_of_ones_own",
    "dropout_and_normalization",
    "shapes_of_layers_within_a_model_that_build_marked",
    "sizes_of_batches_that_models_are_built_for",
    "what_fitting_warns_of",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.traced] if name in TRACED else []) for name in PROGRAMS]
)
def test_programs(name):
    agree(PROGRAMS[name])


ERRORS, fails = collector()


@fails
def too_many_weights_of_losses(tf, keras):
    model = two_outputs(keras)
    model.compile("sgd", loss="mse", loss_weights=[1.0, 0.5])
    model.fit(X, [Y, Y], verbose=0)


@fails
def not_compiled(tf, keras):
    dense(keras).fit(X, Y)


@fails
def no_loss(tf, keras):
    model = dense(keras)
    model.compile("sgd")
    model.fit(X, Y, verbose=0)


@fails
def unknown_loss(tf, keras):
    model = dense(keras)
    model.compile("sgd", "nothing")
    model.fit(X, Y, verbose=0)


@fails
def unknown_metric(tf, keras):
    model = dense(keras)
    model.compile("sgd", "mse", metrics=["nothing"])
    model.fit(X, Y, verbose=0)


@fails
def unknown_optimizer(tf, keras):
    dense(keras).compile("nothing")


@fails
def metrics_that_are_no_list(tf, keras):
    dense(keras).compile("sgd", "mse", metrics="mae")


@fails
def targets_of_another_structure(tf, keras):
    model = dense(keras)
    model.compile("sgd", "mse")
    model.fit(X, [Y, Y], verbose=0)


@fails
def arrays_of_different_lengths(tf, keras):
    model = dense(keras)
    model.compile("sgd", "mse")
    model.fit(X, Y[:7], verbose=0)


@fails
def weights_of_both_kinds(tf, keras):
    model = dense(keras)
    model.compile("sgd", "mse")
    model.train_on_batch(X, Y, sample_weight=np.ones(50), class_weight={0: 1.0})


@fails
def too_little_to_split(tf, keras):
    model = dense(keras)
    model.compile("sgd", "mse")
    model.fit(X[:1], Y[:1], validation_split=0.5, verbose=0)


@fails
def an_unknown_frequency(tf, keras):
    model = dense(keras)
    model.compile("sgd", "mse")
    model.fit(X, Y, validation_data=(X, Y), validation_freq="often", verbose=0)


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    agree(ERRORS[name])


def test_losses_of_outputs_are_means_over_examples():
    """Keras with TensorFlow weights a smaller last batch like others if the number of examples is unknown."""
    keras = gt.keras
    model = two_outputs(keras)
    model.compile(keras.optimizers.SGD(0.0), ["mse", "sparse_categorical_crossentropy"])
    found = model.fit(X, [Y, CLASSES], batch_size=32, verbose=0).history
    expected = np.mean((model.predict(X, verbose=0)[0] - Y) ** 2)
    np.testing.assert_allclose(found["first_loss"][0], expected, rtol=1e-5)
    np.testing.assert_allclose(found["loss"][0], found["first_loss"][0] + found["second_loss"][0], rtol=1e-5)


def test_any_iterable_is_a_source_of_batches():
    class Loader:
        def __iter__(self):
            return ((X[i : i + 10], Y[i : i + 10]) for i in range(0, 50, 10))

    model = dense(gt.keras)
    model.compile("sgd", "mse")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        of_loader = model.fit(Loader(), epochs=2, verbose=0).history["loss"]
    other = dense(gt.keras)
    other.set_weights(model.get_weights())
    assert len(of_loader) == 2 and np.isfinite(of_loader).all()


def test_the_same_data_by_all_ways_gives_the_same_weights():
    found = []
    batches = [(X[i : i + 10], Y[i : i + 10]) for i in range(0, 50, 10)]
    for way in (
        lambda m: m.fit(X, Y, batch_size=10, shuffle=False, verbose=0),
        lambda m: m.fit(iter(batches), verbose=0),
    ):
        gt.keras.utils.set_random_seed(1)
        model = dense(gt.keras)
        model.compile("adam", "mse")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            way(model)
        found.append(model.get_weights())
    gt.keras.utils.set_random_seed(1)
    model = dense(gt.keras)
    model.compile("adam", "mse")
    for x, y in batches:
        model.train_on_batch(x, y)
    found.append(model.get_weights())
    for other in found[1:]:
        for one, another in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one, another)


def test_several_steps_between_callbacks():
    counts = []

    class Counts(gt.keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            counts.append(batch)

    model = dense(gt.keras)
    model.compile("sgd", "mse", steps_per_execution=2)
    model.fit(X, Y, batch_size=10, verbose=0, callbacks=[Counts()])
    assert counts == [1, 3, 5] and int(model.optimizer.iterations) == 5
