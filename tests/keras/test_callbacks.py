"""Callbacks beside Keras: when they are called and with what, what they do and print."""

from __future__ import annotations

import numpy as np
import pytest
from sessions import X, Y, agree, dense

import gradtape as gt

PROGRAMS = {}


def program(function):
    """Enters a program that comes out the same with both."""
    PROGRAMS[function.__name__] = function
    return function


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
        found.append(len(fitted(keras, "sgd", [stopping], validation_data=(X, Y))[1].epoch))
    return found


@program
def lower_rates_on_plateaus(tf, keras):
    lower = keras.callbacks.ReduceLROnPlateau("loss", patience=1, factor=0.3, verbose=1, min_lr=0.1, cooldown=1)
    return fitted(keras, keras.optimizers.SGD(3.0), [lower])[1].history["learning_rate"]


@program
def scheduled_rates(tf, keras):
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5, verbose=1)
    other = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
    return [fitted(keras, keras.optimizers.SGD(0.1), [callback], 3)[1].history for callback in (schedule, other)]


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


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    agree(PROGRAMS[name])


def test_tables(tmp_path):
    """Each writes a file of its own; numbers agree to rounding, everything else exactly."""
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
