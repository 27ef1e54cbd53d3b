"""Callbacks compared with Keras: when and with what they are called, what they do and print."""

from __future__ import annotations

import functools
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow
from keras.src.utils import progbar
from sessions import X, Y, agree, dense

import gradtape as gt
import keras
from agreement import collector
from gradtape._src.keras import progress

pytestmark = pytest.mark.usefixtures("kept_kernels", "kept_datasets")

DELIBERATE = {
    "callbacks.SwapEMAWeights": "weights are in their place again after a prediction, and swapped to the bit",
    "callbacks.TensorBoard": "no profiles and no embeddings are written, and no graphs of compiled steps",
    "callbacks.BackupAndRestore": "files are whole at any time",
}

PROGRAMS, program = collector()


def fitted(keras, optimizer, callbacks, epochs=8, **options):
    model = dense(keras)
    model.compile(optimizer, "mse", metrics=["mae"])
    return model, model.fit(X, Y, epochs=epochs, verbose=0, callbacks=callbacks, shuffle=False, **options)


@program
def every_moment(tf, keras):
    log = []

    def telling(name):
        def method(self, *arguments, logs=None):
            *numbers, told = arguments if logs is None else (*arguments, logs)
            told = {key: value for key, value in (told or {}).items() if key != "outputs"}
            log.append((name, numbers, told))

        return method

    moments = [f"on_{what}_{end}" for what in ("train", "test", "predict", "epoch") for end in ("begin", "end")]
    moments += [f"on_{what}_batch_{end}" for what in ("train", "test", "predict") for end in ("begin", "end")]
    callback = type("Telling", (keras.callbacks.Callback,), {name: telling(name) for name in moments})()
    model, _ = fitted(keras, "sgd", [callback], epochs=2, batch_size=25, validation_data=(X, Y))
    model.predict(X, callbacks=[callback], verbose=0)
    model.evaluate(X, Y, callbacks=[callback], verbose=0)
    return log, {key: callback.params[key] for key in ("verbose", "epochs", "steps")}


@program
def early_stopping(tf, keras):
    stopping = keras.callbacks.EarlyStopping("loss", patience=2, restore_best_weights=True, verbose=1)
    model, history = fitted(keras, keras.optimizers.SGD(5.0), [stopping])
    return len(history.epoch), stopping.stopped_epoch, stopping.best_epoch, list(model.weights)


@program
def early_stopping_by_a_metric(tf, keras):
    found = []
    for mode in ("auto", "min", "max"):
        stopping = keras.callbacks.EarlyStopping("val_mae", patience=1, mode=mode, min_delta=0.01, start_from_epoch=1)
        found.append(len(fitted(keras, "sgd", [stopping], batch_size=50, validation_data=(X, Y))[1].epoch))
    return found


@program
def lower_rates_on_plateaus(tf, keras):
    lower = keras.callbacks.ReduceLROnPlateau("loss", patience=1, factor=0.3, verbose=1, min_lr=0.1, cooldown=1)
    return fitted(keras, keras.optimizers.SGD(3.0), [lower])[1].history["learning_rate"]


@program
def scheduled_rates(tf, keras):
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5, verbose=1)
    other = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
    return [fitted(keras, keras.optimizers.SGD(0.1), [rates], 3)[1].history for rates in (schedule, other)]


@program
def terminating(tf, keras):
    model = dense(keras)
    model.compile("sgd", "mse")
    return len(model.fit(X * np.nan, Y, epochs=4, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()]).epoch)


@program
def of_functions(tf, keras):
    log = []
    callback = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: log.append(epoch), on_train_batch_end=lambda batch, logs: log.append(batch)
    )
    fitted(keras, "sgd", [callback], 2)
    return log


@program
def stopping_within_an_epoch(tf, keras):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                self.model.stop_training = True

    model, history = fitted(keras, "sgd", [Stop()], 3, batch_size=10)
    return history.history, int(model.optimizer.iterations)


@program
def saving_when_better(tf, keras):
    saved = []
    callback = keras.callbacks.ModelCheckpoint(
        "{epoch:02d}-{loss:.1f}.keras", monitor="mae", save_best_only=True, verbose=1, mode="min"
    )
    model = dense(keras)
    model.compile(keras.optimizers.SGD(0.5), "mse", metrics=["mae"])
    object.__setattr__(model, "save", lambda path, overwrite: saved.append(path))
    model.fit(X, Y, epochs=4, verbose=0, callbacks=[callback], shuffle=False)
    return saved


@program
def an_unknown_direction(tf, keras):
    fitted(keras, "sgd", [keras.callbacks.EarlyStopping("nothing")])


@program
def a_rate_that_is_no_float(tf, keras):
    fitted(keras, "sgd", [keras.callbacks.LearningRateScheduler(lambda epoch, rate: 1)])


@program
def a_factor_that_is_too_large(tf, keras):
    keras.callbacks.ReduceLROnPlateau(factor=2.0)


@program
def a_file_name_that_does_not_fit(tf, keras):
    keras.callbacks.ModelCheckpoint("weights.npz", save_weights_only=True)


def fresh(tf):
    """An existing empty folder."""
    shutil.rmtree(tf.__name__, ignore_errors=True)
    os.mkdir(tf.__name__)
    return tf.__name__


@program
def saving_models_and_weights(tf, keras):
    folder = fresh(tf)
    callbacks = [
        keras.callbacks.ModelCheckpoint(f"{folder}/new/{{epoch:02d}}.keras"),
        keras.callbacks.ModelCheckpoint(
            f"{folder}/{{epoch}}-{{batch}}.weights.h5", save_weights_only=True, save_freq=3
        ),
        keras.callbacks.ModelCheckpoint(f"{folder}/best.keras", "loss", save_best_only=True),
    ]
    fitted(keras, "adam", callbacks, epochs=3, batch_size=25)
    names = sorted(
        os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names
    )
    last = keras.models.load_model(f"{folder}/new/03.keras")
    best = keras.models.load_model(f"{folder}/best.keras")
    return names, last.get_weights(), best.get_weights(), int(last.optimizer.iterations)


@program
def training_that_was_interrupted(tf, keras):
    folder = f"{fresh(tf)}/backup"

    class Interrupt(keras.callbacks.Callback):
        def __init__(self, at):
            super().__init__()
            self.at = at

        def on_train_batch_end(self, batch, logs=None):
            self.at -= 1
            if self.at == 0:
                raise RuntimeError("interrupted")

    found = []
    for options in ({}, {"save_freq": 2}, {"delete_checkpoint": False}, {"double_checkpoint": True}):
        backup = keras.callbacks.BackupAndRestore(folder, **options)
        model = dense(keras)
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
        try:
            model.fit(X, Y, epochs=4, batch_size=20, verbose=0, shuffle=False, callbacks=[backup, Interrupt(9)])
        except RuntimeError:
            found.append(sorted(os.listdir(folder)))
        if "double_checkpoint" in options:
            open(f"{folder}/latest.weights.h5", "w").close()
        again = dense(keras)
        again.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
        history = again.fit(X, Y, epochs=4, batch_size=20, verbose=0, shuffle=False, callbacks=[backup])
        found += [history.epoch, again.get_weights(), int(again.optimizer.iterations), os.path.exists(folder)]
        shutil.rmtree(folder, ignore_errors=True)
    return found


@program
def a_backup_without_a_folder(tf, keras):
    keras.callbacks.BackupAndRestore("")


@program
def a_backup_at_no_time(tf, keras):
    keras.callbacks.BackupAndRestore("somewhere", save_freq="sometimes")


@program
def a_backup_of_what_is_not_built(tf, keras):
    model = keras.Sequential([keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0, callbacks=[keras.callbacks.BackupAndRestore("somewhere")])


@program
def averages_of_weights(tf, keras):
    found = []
    for swap_on_epoch in (False, True):
        seen = []
        model = dense(keras)
        swap = keras.callbacks.SwapEMAWeights(swap_on_epoch)
        look = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs, model=model, seen=seen: seen.append(model.get_weights()),
            on_test_begin=lambda logs, model=model, seen=seen: seen.append(model.get_weights()),
        )
        model.compile(keras.optimizers.Adam(0.1, use_ema=True, ema_momentum=0.8), "mse")
        model.optimizer.build(model.trainable_variables)
        options = {"batch_size": 25, "verbose": 0, "shuffle": False, "validation_data": (X, Y)}
        model.fit(X, Y, epochs=3, callbacks=[swap, look], **options)
        found += [seen, model.get_weights(), model.evaluate(X, Y, verbose=0, callbacks=[swap])]
    return found


@program
def averages_that_are_not_kept(tf, keras):
    model, _ = fitted(keras, "sgd", None, 1)
    model.evaluate(X, Y, verbose=0, callbacks=[keras.callbacks.SwapEMAWeights()])


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    agree(PROGRAMS[name])


def test_tables(tmp_path):
    """Each writes its own file; numbers agree to rounding, everything else exactly."""
    tables = []

    def written(tf, keras):
        file = tmp_path / f"{tf.__name__}.csv"
        logger = keras.callbacks.CSVLogger(file)
        fitted(keras, "sgd", [logger], 2)
        fitted(keras, "sgd", [keras.callbacks.CSVLogger(file, append=True)], 1)
        tables.append([line.split(",") for line in file.read_text().splitlines()])

    agree(written)
    assert [len(line) for line in tables[0]] == [len(line) for line in tables[1]]
    for expected, line in zip(*tables, strict=True):
        for one, other in zip(expected, line, strict=True):
            assert one == other or abs(float(one) - float(other)) < 1e-4


def test_the_bar(capsys):
    model = dense(gt.keras)
    model.compile("sgd", "mse")
    model.fit(X, Y, batch_size=10)
    shown = capsys.readouterr().out
    assert "5/5" in shown and "━━━━━━━━━━━━━━━━━━━━" in shown and "loss: " in shown and shown.endswith("\n")


class Clock:
    """A clock that advances by fixed steps."""

    def __init__(self, step):
        self.now, self.step = 1000.0, step

    def time(self):
        self.now += self.step
        return self.now


@functools.cache
def shown_fitting(tf, library):
    """A model, its first weights, and batches of examples and of inputs: traced once for all clocks."""
    library.utils.set_random_seed(0)
    model = dense(library)
    model.compile("sgd", "mse", metrics=["mae"])
    data = tf.data.Dataset.from_tensor_slices
    return model, model.get_weights(), data((X, Y)).batch(10), data(X).batch(10)


@pytest.mark.traced
@pytest.mark.parametrize("step", [0.0, 1e-4, 0.03, 0.2, 5.0, 4000.0])
def test_progress_is_shown_as_by_keras(step, capsys, monkeypatch):
    """With the same clock, byte by byte: including the spaces that overwrite longer text."""

    def shown(tf, library, module):
        model, start, examples, inputs = shown_fitting(tf, library)
        model.set_weights(start)
        monkeypatch.setattr(module, "time", Clock(step))
        capsys.readouterr()
        model.fit(examples, epochs=2, shuffle=False, validation_data=examples)
        model.evaluate(examples)
        model.evaluate(examples, verbose=2)
        model.predict(inputs)
        return capsys.readouterr().out

    assert shown(gt, gt.keras, progress) == shown(tensorflow, keras, progbar)


def test_predictions_with_averages_give_the_weights_back():
    model = dense(gt.keras)
    model.compile(gt.optimizers.SGD(0.1, use_ema=True), "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    model.train_on_batch(X, Y)
    before, swap = model.get_weights(), gt.keras.callbacks.SwapEMAWeights()
    averaged = model.predict(X, verbose=0, callbacks=[swap])
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(averaged, model.predict(X, verbose=0))


def events(folder):
    """The contents of event files by folder, tag and step, as numbers or text, without times."""
    found = {}
    for path in sorted(Path(folder).rglob("events*")):
        for record in tensorflow.data.TFRecordDataset(str(path)):
            event = tensorflow.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                tensor = tensorflow.make_ndarray(value.tensor)
                plugin = value.metadata.plugin_data.plugin_name
                found[path.parent.name, value.tag, event.step] = plugin, tensor
    return found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"update_freq": "batch"},
        {"update_freq": 3, "histogram_freq": 2, "write_images": True},
        {"write_graph": False},
    ],
    ids=str,
)
def test_what_tensorboard_is_told(tmp_path, options):
    files = {}
    for name, kit in (("tensorflow", keras), ("gradtape", gt.keras)):
        kit.utils.clear_session()
        kit.utils.set_random_seed(1)
        board = kit.callbacks.TensorBoard(tmp_path / name, **options)
        fitted(kit, kit.optimizers.SGD(0.1), [board], 3, batch_size=25, validation_data=(X, Y))
        files[name] = events(tmp_path / name)
    ours = files["gradtape"]
    # The graph of the compiled step is TensorFlow's own.
    theirs = {key: value for key, value in files["tensorflow"].items() if "graph_run" not in value[0]}
    assert sorted(ours) == sorted(theirs)
    for key, (plugin, value) in theirs.items():
        assert ours[key][0] == plugin, key
        if plugin == "graph_keras_model":
            drawn = [json.loads(found.item())["config"]["layers"] for found in (value, ours[key][1])]
            assert [layer["class_name"] for layer in drawn[0]] == [layer["class_name"] for layer in drawn[1]]
        elif plugin != "images":
            np.testing.assert_allclose(ours[key][1], value, rtol=1e-4, atol=1e-5, err_msg=str(key))


def test_steps_per_second_are_told(tmp_path):
    board = gt.keras.callbacks.TensorBoard(tmp_path, write_steps_per_second=True, update_freq="batch")
    fitted(gt.keras, "sgd", [board], 2, batch_size=25)
    told = {key: value for key, (_, value) in events(tmp_path).items() if "steps_per_second" in key[1]}
    assert sorted(key[1:] for key in told) == [
        *(("batch_steps_per_second", step) for step in range(1, 5)),
        *(("epoch_steps_per_second", epoch) for epoch in range(2)),
    ]
    assert all(rate > 0 for rate in told.values())


@pytest.mark.parametrize("options", [{"profile_batch": 2}, {"embeddings_freq": 1}], ids=str)
def test_what_tensorboard_is_not_told(options):
    with pytest.raises(ValueError, match=r"profiler is not supported|Embeddings are not written"):
        gt.keras.callbacks.TensorBoard(**options)
