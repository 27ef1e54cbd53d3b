"""Models in `.keras` and `.weights.h5` files: exchanged with Keras on TensorFlow, written atomically, safe to read."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import warnings
import zipfile

import h5py
import numpy as np
import pytest
import tensorflow

import gradtape
import keras
from forked import Interpreter

pytestmark = pytest.mark.usefixtures("kept_kernels", "kept_datasets")

DELIBERATE = {
    "saving.save_model": "writes `.keras` files, whole at any time; no folders, and no legacy `.h5` files",
    "saving.load_model": "refuses damaged and hostile files by what they declare, of any size",
    "saving.save_weights": "writes one file, whole at any time; `max_shard_size` is refused",
}

X = np.random.default_rng(0).normal(size=(6, 3, 4)).astype("float32")
LIBRARIES = {"tensorflow": keras, "gradtape": gradtape.keras}
TAPES = {"tensorflow": tensorflow, "gradtape": gradtape}


def sequential(tf, keras):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((3, 4)),
            layers.Conv1D(3, 2, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5, seed=1),
            layers.SpectralNormalization(layers.Dense(3)),
            layers.LSTM(3, kernel_regularizer="l2", bias_constraint=keras.constraints.MaxNorm(1.0)),
            layers.Lambda(keras.activations.relu),
            layers.Dense(1),
        ]
    )


def recurrent(tf, keras):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((3, 4)),
            layers.Masking(),
            layers.Bidirectional(layers.GRU(2, return_sequences=True)),
            layers.RNN([layers.GRUCell(2), layers.LSTMCell(2)], return_sequences=True),
            layers.TimeDistributed(layers.Dense(2)),
            layers.Flatten(),
            layers.Normalization(mean=0.5, variance=2.0),
        ]
    )


def functional(tf, keras):
    layers, ops = keras.layers, keras.ops
    x = keras.Input((3, 4))
    shared = keras.Sequential([layers.Dense(4), layers.PReLU(shared_axes=[1])], name="shared")
    attended = layers.MultiHeadAttention(2, 3)(x, x)
    y = shared(attended) + 2.0 * shared(x)
    y = layers.GroupQueryAttention(2, 2, 1)(y, y)
    inner = keras.Input((4,))
    nested = keras.Model(inner, layers.UnitNormalization()(layers.Dense(3)(inner)))
    y = nested(ops.mean(ops.transpose(y, (0, 2, 1))[:, :, 1:], axis=-1))
    y = ops.concatenate([ops.clip(y, -0.5, 0.5), ops.einsum("ij,ij->i", y, y)[:, None]], axis=1)
    return keras.Model(x, {"out": ops.expand_dims(ops.sum(y, -1), 1)})


def subclassed(tf, keras):
    layers = keras.layers

    @keras.saving.register_keras_serializable("tests")
    class Block(layers.Layer):
        def __init__(self, units, inner=None, **options):
            super().__init__(**options)
            self.units = units
            self.inner = inner or layers.Dense(units)

        def build(self, shape):
            self.scale = self.add_weight(shape=(self.units,), initializer="ones", name="scale")
            self.inner.build(shape)

        def call(self, x):
            return self.inner(x) * self.scale

        def get_config(self):
            inner = keras.saving.serialize_keras_object(self.inner)
            return {**super().get_config(), "units": self.units, "inner": inner}

        @classmethod
        def from_config(cls, config):
            return cls(**{**config, "inner": keras.saving.deserialize_keras_object(config["inner"])})

    @keras.saving.register_keras_serializable("tests")
    class Net(keras.Model):
        def __init__(self, width=3, **options):
            super().__init__(**options)
            self.width = width
            self.embed = Block(width)
            self.parts = [layers.Dense(2), [layers.Dense(3)], {"z": layers.Dense(2), "y": layers.Dense(2)}]
            self.named = {"head": layers.Dense(1)}
            self.offset = self.add_weight(shape=(1,), initializer="zeros", name="offset")
            self.seen = keras.metrics.Mean()

        def call(self, x):
            x = self.parts[1][0](self.parts[0](self.embed(x)))
            x = self.parts[2]["z"](x) + self.parts[2]["y"](x)
            return tf.reduce_mean(self.named["head"](x), 1) + self.offset

        def get_config(self):
            return {**super().get_config(), "width": self.width}

    return Net(4)


def optimizer(name, keras):
    kinds = keras.optimizers
    return {
        "sequential": lambda: kinds.Adam(kinds.schedules.ExponentialDecay(0.01, 10, 0.9), clipnorm=1.0),
        "recurrent": lambda: kinds.SGD(0.05, momentum=0.9, nesterov=True, use_ema=True),
        "functional": lambda: kinds.RMSprop(0.01, centered=True),
        "subclassed": lambda: kinds.LossScaleOptimizer(kinds.AdamW(0.01, weight_decay=0.1)),
    }[name]()


MODELS = {make.__name__: make for make in (sequential, recurrent, functional, subclassed)}


@functools.cache
def trained(library, name, seed=1):
    kit = LIBRARIES[library]
    kit.utils.clear_session()
    kit.utils.set_random_seed(seed)
    model = MODELS[name](TAPES[library], kit)
    loss = {"out": kit.losses.LogCosh()} if name == "functional" else kit.losses.MeanSquaredError()
    model.compile(optimizer(name, kit), loss, metrics={"out": ["mae"]} if name == "functional" else ["mae"])
    target = X[:, 0, :1] if name != "recurrent" else np.zeros((6, 6), "float32")
    fitted(model, {"out": target} if name == "functional" else target)
    return model


def fitted(model, target):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, target, verbose=0, shuffle=False)


def outcome(model):
    found = model.predict_on_batch(X)
    return np.asarray(found["out"] if isinstance(found, dict) else found)


def equal_state(one, other):
    assert [w.shape for w in one.weights] == [w.shape for w in other.weights]
    for mine, yours in zip(
        [*one.weights, *one.optimizer.variables], [*other.weights, *other.optimizer.variables], strict=True
    ):
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(yours))


def entries(data):
    found = {}
    h5py.File(io.BytesIO(data)).visititems(
        lambda name, value: found.update({name: getattr(value, "shape", dict(value.attrs))})
    )
    return found


PAIRS = [("tensorflow", "gradtape"), ("gradtape", "tensorflow"), ("gradtape", "gradtape")]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("writer,reader", PAIRS, ids=["read", "written", "own"])
def test_models_go_both_ways(tmp_path, name, writer, reader):
    wrote = trained(writer, name)
    wrote.save(tmp_path / "m.keras")
    LIBRARIES[reader].utils.clear_session()
    MODELS[name](TAPES[reader], LIBRARIES[reader])  # registers its classes
    read = LIBRARIES[reader].models.load_model(tmp_path / "m.keras")
    equal_state(read, wrote)
    np.testing.assert_allclose(outcome(read), outcome(wrote), rtol=1e-4, atol=1e-5)
    assert read.loss.__class__.__name__ == wrote.loss.__class__.__name__
    assert read.optimizer.get_config().keys() == wrote.optimizer.get_config().keys()
    # It continues as if it had not been saved.
    target = {"out": X[:, 0, :1]} if name == "functional" else outcome(wrote) * 0
    fitted(read, target)
    fitted(wrote, target)
    if name != "sequential":  # whose dropout continues from its own seed
        np.testing.assert_allclose(outcome(read), outcome(wrote), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_weights_go_both_ways(tmp_path, name):
    for writer, reader in PAIRS:
        wrote, read = trained(writer, name, 1), trained(reader, name, 2)
        wrote.save_weights(tmp_path / "m.weights.h5")
        read.load_weights(tmp_path / "m.weights.h5")
        equal_state(read, wrote)
        wrote.save(tmp_path / "m.keras")
        read.set_weights([0 * weight for weight in read.get_weights()])
        read.load_weights(tmp_path / "m.keras")
        equal_state(read, wrote)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("writer,reader", PAIRS, ids=["read", "written", "own"])
def test_models_of_half_precision_go_both_ways(tmp_path, writer, reader, dtype):
    models = []
    for library in (writer, reader):
        kit = LIBRARIES[library]
        model = kit.Sequential([kit.Input((3, 4)), kit.layers.Dense(2, dtype=dtype)])
        model.compile(kit.optimizers.SGD(0.125, momentum=0.5), "mse")
        fitted(model, X[..., :2])
        models.append(model)
    wrote, read = models
    wrote.save_weights(tmp_path / "m.weights.h5")
    read.load_weights(tmp_path / "m.weights.h5")
    wrote.save(tmp_path / "m.keras")
    for model in (read, LIBRARIES[reader].models.load_model(tmp_path / "m.keras")):
        for mine, yours in zip(model.weights, wrote.weights, strict=True):
            mine, yours = np.asarray(mine), np.asarray(yours)
            assert mine.dtype == yours.dtype == dtype
            np.testing.assert_array_equal(mine, yours)
    assert np.asarray(model.optimizer.variables[-1]).dtype == dtype


@pytest.mark.parametrize("name", MODELS)
def test_files_hold_what_keras_writes(tmp_path, name):
    files = {}
    for library in TAPES:
        trained(library, name).save(tmp_path / "m.keras")
        with zipfile.ZipFile(tmp_path / "m.keras") as archive:
            files[library] = (archive.namelist(), entries(archive.read("model.weights.h5")))
    assert files["gradtape"] == files["tensorflow"]


def message(library, program):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        LIBRARIES[library].utils.clear_session()
        try:
            program(LIBRARIES[library])
        except Exception as error:
            return type(error).__name__, str(error).replace("keras.src.", "")
        return [str(warning.message) for warning in told if warning.category is UserWarning]


def plain(kit, units=2):
    return kit.Sequential([kit.Input((3,)), kit.layers.Dense(4, name="one"), kit.layers.Dense(units, name="two")])


ERRORS = {
    "ending": lambda kit: plain(kit).save_weights("m.h5"),
    "model's ending": lambda kit: plain(kit).save("model"),
    "not built": lambda kit: kit.Sequential([kit.layers.Dense(1)]).save_weights("m.weights.h5"),
    "by name": lambda kit: plain(kit).load_weights("m.weights.h5", by_name=True),
    "unknown argument": lambda kit: plain(kit).load_weights("m.weights.h5", nothing=1),
    "skipped of a model": lambda kit: plain(kit).load_weights("m.keras", objects_to_skip=[]),
    "no such model": lambda kit: kit.models.load_model("absent.keras"),
    "saved unbuilt": lambda kit: kit.Sequential([kit.layers.Dense(1)]).save("u.keras"),
    "option": lambda kit: plain(kit).save("m.keras", nothing=1),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_are_keras(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    assert message("gradtape", ERRORS[case]) == message("tensorflow", ERRORS[case])


@pytest.mark.parametrize("library", TAPES)
def test_weights_that_do_not_fit(tmp_path, library):
    path = str(tmp_path / "m.weights.h5")
    kit = LIBRARIES[library]
    source = plain(kit)
    source.save_weights(path)
    for skip in (False, True):

        def load(kit, skip=skip):
            model = plain(kit, 5)
            before = np.asarray(model.layers[1].kernel)
            model.load_weights(path, skip_mismatch=skip)
            np.testing.assert_array_equal(np.asarray(model.layers[0].kernel), np.asarray(source.layers[0].kernel))
            np.testing.assert_array_equal(np.asarray(model.layers[1].kernel), before)

        told = message(library, load)
        assert (told[1] if not skip else told[0]).startswith(
            "A total of 1 objects could not be loaded. Example error message for object <Dense name=two, built=True>:"
        )
    model, skipped = plain(kit), plain(kit)
    skipped.load_weights(path, objects_to_skip=[skipped.layers[0]])
    model.load_weights(path)
    np.testing.assert_array_equal(np.asarray(skipped.layers[1].kernel), np.asarray(model.layers[1].kernel))
    assert not np.array_equal(np.asarray(skipped.layers[0].kernel), np.asarray(model.layers[0].kernel))


@pytest.mark.parametrize("writer,reader", PAIRS, ids=["read", "written", "own"])
def test_models_are_compiled_as_they_were_or_not(tmp_path, writer, reader):
    model = plain(LIBRARIES[writer])
    model.compile("adam", "mse", metrics=["mae"], steps_per_execution=2)
    model.save(tmp_path / "m.keras")
    load = LIBRARIES[reader].models.load_model
    read = load(tmp_path / "m.keras")
    assert read.compiled and read.loss == "mse" and read.steps_per_execution == 2
    assert not load(tmp_path / "m.keras", compile=False).compiled


@pytest.mark.parametrize("writer,reader", PAIRS, ids=["read", "written", "own"])
def test_shared_objects_stay_shared(tmp_path, writer, reader):
    def classes(kit):
        @kit.saving.register_keras_serializable("tests")
        class Twice(kit.Model):
            def __init__(self, one=None, other=None, **options):
                super().__init__(**options)
                self.one = one or kit.layers.Dense(3)
                self.other = other or self.one

            def call(self, x):
                return self.other(self.one(x))

            def get_config(self):
                dump = kit.saving.serialize_keras_object
                return {"one": dump(self.one), "other": dump(self.other)}

            @classmethod
            def from_config(cls, config):
                return cls(**{name: kit.saving.deserialize_keras_object(value) for name, value in config.items()})

        return Twice

    model = classes(LIBRARIES[writer])()
    model(X[:, 0, :3])
    model.save(tmp_path / "m.keras")
    classes(LIBRARIES[reader])
    read = LIBRARIES[reader].models.load_model(tmp_path / "m.keras")
    assert read.one is read.other
    np.testing.assert_array_equal(np.asarray(read.one.kernel), np.asarray(model.one.kernel))


@pytest.mark.parametrize("writer,reader", PAIRS, ids=["read", "written", "own"])
def test_lambdas_are_refused(tmp_path, writer, reader):
    kit = LIBRARIES[writer]
    factor = 3.0
    model = kit.Sequential([kit.Input((2,)), kit.layers.Lambda(lambda x: x * factor + 1.0)])
    model.save(tmp_path / "m.keras")
    load = LIBRARIES[reader].models.load_model
    with pytest.raises(ValueError, match="`Lambda` layer whose `function` is a Python lambda"):
        load(tmp_path / "m.keras")
    read = load(tmp_path / "m.keras", safe_mode=False)
    np.testing.assert_allclose(np.asarray(read(np.ones((1, 2), "float32"))), [[4.0, 4.0]])


def test_lambdas_elsewhere_are_refused():
    with pytest.warns(UserWarning, match="includes a `lambda`"):
        data = gradtape.keras.saving.serialize_keras_object({"f": lambda x: x + 1})
    with pytest.raises(ValueError, match="Requested the deserialization of a Python lambda"):
        gradtape.keras.saving.deserialize_keras_object(json.loads(json.dumps(data)))
    read = gradtape.keras.saving.deserialize_keras_object(json.loads(json.dumps(data)), safe_mode=False)
    assert read["f"](1) == 2


def test_objects_that_save_files(tmp_path):
    class Words(gradtape.keras.layers.Layer):
        words = ("none",)

        def call(self, x):
            return x

        def save_assets(self, folder):
            with open(os.path.join(folder, "words.txt"), "w") as file:
                file.write(" ".join(self.words))

        def load_assets(self, folder):
            with open(os.path.join(folder, "words.txt")) as file:
                self.words = tuple(file.read().split())

    model = gradtape.keras.Sequential([gradtape.keras.Input((2,)), Words()])
    model.layers[0].words = ("a", "b")
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert archive.namelist()[3:] == ["assets/layers/words/words.txt"]
    read = gradtape.keras.models.load_model(tmp_path / "m.keras", custom_objects={"Words": Words})
    assert read.layers[0].words == ("a", "b")


# Damaged and malicious files


def packed(config=None, weights=None, more=(), **options):
    """A `.keras` file of a small model, with some parts replaced."""
    held = io.BytesIO()
    plain(gradtape.keras).save(held)
    own = zipfile.ZipFile(held)
    parts = {name: own.read(name) for name in own.namelist()}
    if config is not None:
        parts["config.json"] = config if isinstance(config, bytes) else json.dumps(config).encode()
    if weights is not None:
        parts["model.weights.h5"] = weights
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", **options) as archive:
        for name, value in [*parts.items(), *more]:
            archive.writestr(name, value)
    return made.getvalue()


def edited(change):
    """A small model's weights, after a change."""
    held = io.BytesIO()
    plain(gradtape.keras).save(held)
    weights = io.BytesIO(zipfile.ZipFile(held).read("model.weights.h5"))
    with h5py.File(weights, "r+") as file:
        change(file["layers/dense/vars"], file)
    return weights.getvalue()


def in_place(key, make):
    def change(group, file):
        del group[key]
        make(group, file, key)

    return edited(change)


HOSTILE_WEIGHTS = {
    "declares more than it holds": (
        lambda group, file, key: group.create_dataset(key, (1 << 40,), "f4"),
        "declares 4398046511104 bytes and holds 0",
    ),
    "packed to nothing": (
        lambda group, file, key: group.create_dataset(key, (1 << 40,), "f4", chunks=(1 << 20,), compression="gzip"),
        "declares 4398046511104 bytes and holds 0",
    ),
    "a link to another file": (
        lambda group, file, key: group.__setitem__(key, h5py.ExternalLink("/etc/passwd", "/")),
        "H5 file with ExternalLink",
    ),
    "a link within": (lambda group, file, key: group.__setitem__(key, h5py.SoftLink("/vars")), "H5 file with SoftLink"),
    "bytes of another file": (
        lambda group, file, key: group.create_dataset(key, (3, 4), "f4", external=[("/etc/passwd", 0, 48)]),
        "lies in other files",
    ),
    "text": (lambda group, file, key: group.__setitem__(key, "text"), "which are no numbers"),
    "a group": (lambda group, file, key: group.create_group(key), "a group where an array is expected"),
    "nothing": (lambda group, file, key: group.__setitem__(key, h5py.Empty("f4")), "has no shape"),
}


@pytest.mark.parametrize("case", HOSTILE_WEIGHTS)
def test_hostile_weights_are_refused(tmp_path, case):
    make, told = HOSTILE_WEIGHTS[case]
    weights = in_place("0", make)
    (tmp_path / "m.weights.h5").write_bytes(weights)
    with pytest.raises(ValueError, match=told):
        plain(gradtape.keras).load_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ValueError, match=told):
        gradtape.keras.models.load_model(io.BytesIO(packed(weights=weights)))


def test_hostile_groups_are_refused(tmp_path):
    def linked(group, file):
        del file["layers"]
        file["layers"] = h5py.ExternalLink("/tmp/other.h5", "/layers")

    (tmp_path / "m.weights.h5").write_bytes(edited(linked))
    with pytest.raises(ValueError, match="H5 file with ExternalLink"):
        plain(gradtape.keras).load_weights(tmp_path / "m.weights.h5")


def at_depth(depth):
    return b'{"a":' * depth + b"1" + b"}" * depth


def naming(**layer):
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}


HOSTILE = {
    "a way out of the folder": (
        lambda: packed(more=[("assets/../../x", b"1")]),
        ValueError,
        "escapes the asset directory",
    ),
    "a way out by a drive": (lambda: packed(more=[("assets/C:x", b"1")]), ValueError, "escapes the asset directory"),
    "a way out by a root": (lambda: packed(more=[("assets//etc/x", b"1")]), ValueError, "escapes the asset directory"),
    "zeros packed to nothing": (
        lambda: packed(more=[("assets/x", bytes(1 << 24))], compression=zipfile.ZIP_DEFLATED),
        ValueError,
        "or malicious",
    ),
    "no weights": (lambda: packed(weights=b""), OSError, "no HDF5 file of weights"),
    "no configuration": (lambda: packed(config=b"{"), ValueError, "config.json cannot be read"),
    "no object": (lambda: packed(config=[1]), ValueError, "config.json cannot be read"),
    "no model": (lambda: packed(config={"a": 1}), ValueError, "holds no model"),
    "deep": (lambda: packed(config=at_depth(100000)), ValueError, "is damaged: its config.json"),
    "a class of a module": (
        lambda: packed(config=naming(module="subprocess", class_name="Popen", config={}, registered_name="Popen")),
        TypeError,
        "Could not locate class 'Popen'",
    ),
    "a function that opens files": (
        lambda: packed(
            config=naming(
                module="keras.layers",
                class_name="Lambda",
                config={"function": {"module": "keras.utils", "class_name": "function", "config": "get_file"}},
            )
        ),
        TypeError,
        "Could not locate function 'get_file'",
    ),
    "no archive": (lambda: b"PK", ValueError, "no `.keras` file"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_models_are_refused(case):
    make, kind, told = HOSTILE[case]
    with pytest.raises(kind, match=told):
        gradtape.keras.models.load_model(io.BytesIO(make()))


@pytest.mark.parametrize("name", ["__numpy__", "__tensor__", "__bytes__", "__slice__", "__keras_tensor__"])
@pytest.mark.parametrize("config", [{}, None, 3, [], {"value": 3}, {"value": [1], "dtype": "nothing"}, {"dtype": 3}])
def test_malformed_data_says_what_is_wrong(name, config):
    data = {"class_name": name, "config": config}
    if isinstance(config, dict):
        with pytest.raises((TypeError, ValueError), match=f"{name} lacks|of another type|dtype|data type"):
            gradtape.keras.saving.deserialize_keras_object(data)
    else:
        with pytest.raises(TypeError, match=f"Expected 'config' to be a dict for {name}"):
            gradtape.keras.saving.deserialize_keras_object(data)


@pytest.mark.parametrize("change", [{"module": 3}, {"class_name": []}, {"class_name": None}, {"config": [1]}])
def test_malformed_descriptions_of_objects_say_what_is_wrong(change):
    data = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}, **change}
    with pytest.raises(TypeError, match=r"Expected '(config|module)' to be a|Could not locate class"):
        gradtape.keras.saving.deserialize_keras_object(data)


def test_damaged_files_are_refused_or_read_whole(tmp_path):
    whole = packed()
    (tmp_path / "m.weights.h5").write_bytes(weights := edited(lambda group, file: None))
    model = plain(gradtape.keras)
    rng = np.random.default_rng(0)
    for _ in range(60):
        cut = int(rng.integers(len(whole)))
        with pytest.raises((ValueError, OSError)):
            gradtape.keras.models.load_model(io.BytesIO(whole[:cut]))
        (tmp_path / "m.weights.h5").write_bytes(weights[: int(rng.integers(len(weights)))])
        with pytest.raises((ValueError, OSError)):
            model.load_weights(tmp_path / "m.weights.h5")
        damaged = bytearray(whole)
        damaged[cut] ^= 1 << int(rng.integers(8))
        # Contents of parts that are not read have no effect.
        with contextlib.suppress(ValueError, OSError, TypeError):
            gradtape.keras.models.load_model(io.BytesIO(bytes(damaged)))


# Writes that fail half-way

CHILD = """
import os, sys
path, kind, limit, calls = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
import h5py
import gradtape as tf
model = tf.keras.Sequential([tf.keras.Input((10,)), tf.keras.layers.Dense(100, kernel_initializer="ones")])
import gradtape._src.keras.saving.files
if limit:
    import resource, signal
    sys.dont_write_bytecode = True  # which would be cut off, too, and stay
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
def hook(event, arguments):
    global calls
    if event in ("open", "os.rename", "os.remove") and path in str(arguments[0]):
        calls -= 1
        if calls == 0:
            os._exit(9)
if calls:
    sys.addaudithook(hook)
(model.save if kind == "keras" else model.save_weights)(path)
os._exit(0)
"""


@pytest.fixture(scope="module")
def writers():
    found = Interpreter("h5py", "gradtape.keras", "gradtape._src.keras.saving.files")
    yield found
    found.close()


@pytest.mark.parametrize("kind", ["keras", "weights.h5"])
def test_a_process_that_is_killed_at_any_write_leaves_the_old_file_or_the_new_one(tmp_path, kind, writers):
    keras = gradtape.keras
    (tmp_path / "writer").mkdir()
    (tmp_path / "written").mkdir()
    program = tmp_path / "writer" / "child.py"
    program.write_text(CHILD)

    def make(value):
        return keras.Sequential([keras.Input((10,)), keras.layers.Dense(100, kernel_initializer=value)])

    path = tmp_path / "written" / f"m.{kind}"
    seen = set()
    sizes = (100, 2000, 6000) if os.name == "posix" else ()  # where exceeding a file size limit kills the writer
    for limit, calls in [*((size, 0) for size in sizes), *((0, call) for call in range(3))]:
        old = make("zeros")
        (old.save if kind == "keras" else old.save_weights)(path)
        ended = writers.run([str(program), str(path), kind, str(limit), str(calls)], program.parent)
        model = make("zeros")
        model.load_weights(path)
        found = set(model.get_weights()[0].ravel())
        assert found in ({0.0}, {1.0}), (limit, calls)
        if ended.returncode == 0:
            assert found == {1.0}
            assert [name for name in os.listdir(path.parent) if "tempstate" not in name] == [path.name]
        seen.add((ended.returncode == 0, found.pop()))
    assert seen == {(False, 0.0), (True, 1.0)}


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    class Odd(gradtape.keras.layers.Layer):
        def call(self, x):
            return x

        def save_own_variables(self, store):
            raise RuntimeError("not today")

    model = gradtape.keras.Sequential([gradtape.keras.Input((2,)), Odd()])
    for save, name in ((model.save, "m.keras"), (model.save_weights, "m.weights.h5")):
        (tmp_path / name).write_text("old")
        with pytest.raises(RuntimeError, match="not today"):
            save(tmp_path / name)
        assert (tmp_path / name).read_text() == "old" and os.listdir(tmp_path) == [name]
        os.remove(tmp_path / name)
    (tmp_path / "m.keras").mkdir()
    with pytest.raises(IsADirectoryError):
        model.save(tmp_path / "m.keras")


def test_a_file_that_is_there_is_asked_for(tmp_path, monkeypatch):
    model = plain(gradtape.keras)
    path = tmp_path / "m.keras"
    path.write_text("old")
    answers = ["maybe", "n"]
    monkeypatch.setattr("builtins.input", lambda prompt: answers.pop(0))
    model.save(path, overwrite=False)
    assert path.read_text() == "old" and not answers
    answers.append("y")
    model.save(path, overwrite=False)
    assert zipfile.is_zipfile(path)
