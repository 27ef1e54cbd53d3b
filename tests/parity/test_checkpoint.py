"""Checkpoints are exchanged between TensorFlow and gradtape in both directions."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow

import gradtape

DTYPES = ("float32", "float64", "int32", "int64", "uint8", "bool")


def program(tf, value):
    """Objects of every kind that hold variables, with values that differ by `value`."""
    model = tf.Module()
    model.w = tf.Variable(np.arange(6, dtype=np.float32).reshape(2, 3) * value, name="w")
    model.held = [tf.Variable(value), {"a": tf.Variable(value, dtype="float64")}, (tf.Variable(int(value)),)]
    model.kinds = {
        dtype: tf.Variable(np.full((2, 0, 1) if value == 9 else (3,), value).astype(dtype)) for dtype in DTYPES
    }
    model._below = tf.Module()
    model._below.same = model.w
    optimizer = tf.keras.optimizers.Adam(0.1 * value)
    optimizer.build([model.w])
    for variable in optimizer.variables[2:]:
        variable.assign(tf.ones_like(variable) * value)
    generator = tf.random.Generator.from_seed(int(value))
    return tf.train.Checkpoint(model=model, optimizer=optimizer, generator=generator, step=tf.Variable(int(value)))


def values(path):
    reader = tensorflow.train.load_checkpoint(path)
    names = sorted(name for name in reader.get_variable_to_shape_map() if not name.startswith("_CHECK"))
    return {name: reader.get_tensor(name) for name in names}


@pytest.mark.parametrize("writer,reader", [(tensorflow, gradtape), (gradtape, tensorflow)], ids=["read", "written"])
def test_checkpoints_go_both_ways(tmp_path, writer, reader):
    path = program(writer, 2.0).save(str(tmp_path / "first"))
    again = program(reader, 3.0)
    again.restore(path).assert_consumed()
    second = again.save(str(tmp_path / "second"))
    first_values, second_values = values(path), values(second)
    assert list(first_values) == list(second_values)
    for name, value in first_values.items():
        if not name.startswith("save_counter"):
            np.testing.assert_array_equal(value, second_values[name], strict=True)
    assert reader.train.latest_checkpoint(str(tmp_path)) == writer.train.latest_checkpoint(str(tmp_path))
    assert reader.train.list_variables(path) == writer.train.list_variables(path)


def test_managers_agree(tmp_path):
    told = []
    for tf in (tensorflow, gradtape):
        folder = str(tmp_path / tf.__name__)
        manager = tf.train.CheckpointManager(tf.train.Checkpoint(v=tf.Variable(1.0)), folder, max_to_keep=2)
        paths = [manager.save() for _ in range(3)]
        told.append([path.removeprefix(folder) for path in paths + manager.checkpoints + [manager.latest_checkpoint]])
        state = (tmp_path / tf.__name__ / "checkpoint").read_text()
        told[-1] += [line.split(":")[0] for line in state.splitlines()]
    assert told[0] == told[1]
    # Each continues in the other's folder.
    for tf, other in ((tensorflow, gradtape), (gradtape, tensorflow)):
        v = tf.Variable(0.0)
        manager = tf.train.CheckpointManager(tf.train.Checkpoint(v=v), str(tmp_path / other.__name__), max_to_keep=2)
        assert manager.restore_or_initialize() == manager.latest_checkpoint and v.numpy() == 1.0
        manager.save()
        assert len(manager.checkpoints) == 2


def test_a_replaced_checkpoint_is_read_by_tensorflow(tmp_path):
    v = gradtape.Variable(1.0)
    checkpoint = gradtape.train.Checkpoint(v=v)
    for number in range(3):
        v.assign(float(number))
        checkpoint.write(tmp_path / "same")
        read = tensorflow.Variable(0.0)
        tensorflow.train.Checkpoint(v=read).read(str(tmp_path / "same")).assert_consumed()
        assert read.numpy() == number


def test_text_and_types_that_gradtape_does_not_compute_with(tmp_path):
    checkpoint = tensorflow.train.Checkpoint(
        half=tensorflow.Variable([1.5, -2.0], dtype="float16"),
        brain=tensorflow.Variable([1.5, -2.0], dtype="bfloat16"),
        complex=tensorflow.Variable([1.5 + 2j]),
        small=tensorflow.Variable([-3], dtype="int8"),
        text=tensorflow.Variable(["a", "", "longer"]),
        one=tensorflow.Variable("alone"),
    )
    reader = gradtape.train.load_checkpoint(checkpoint.write(str(tmp_path / "odd")))
    read = {name.split("/")[0]: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    assert read["half"].dtype == np.float16 and list(read["half"]) == [1.5, -2.0] == list(read["brain"])
    assert read["complex"][0] == 1.5 + 2j and read["small"][0] == -3
    assert list(read["text"]) == [b"a", b"", b"longer"] and read["one"] == b"alone"
    with pytest.raises(gradtape.errors.InvalidArgumentError, match="original dtype float16"):
        gradtape.train.Checkpoint(half=gradtape.Variable([0.0, 0.0])).read(tmp_path / "odd")
