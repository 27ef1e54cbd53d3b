"""Interaction of compiled functions with the outside: datasets, files, summaries, checkpoints, `init_scope`."""

from __future__ import annotations

import glob

import numpy as np
import pytest

import gradtape as tf


def numbers(count=8):
    return tf.data.Dataset.from_tensor_slices(np.arange(count, dtype=np.float32))


@pytest.mark.parametrize("shuffles", [False, True])
def test_a_loop_over_a_dataset_inside(shuffles):
    def history(compiles):
        total = tf.Variable([0.0, 0.0])
        dataset = (numbers().shuffle(8, seed=3) if shuffles else numbers()).batch(2)

        def epoch(scale):
            for batch in dataset:
                total.assign(0.5 * total + batch * scale)
            return total.read_value()

        function = tf.function(epoch) if compiles else epoch
        return [function(tf.constant(scale)).numpy().tolist() for scale in (1.0, 2.0, 3.0, 4.0)]

    assert history(True) == history(False)


@pytest.mark.parametrize("take", [next, lambda iterator: iterator.get_next(), lambda iterator: iterator.next()])
def test_an_iterator_goes_on_from_call_to_call(take):
    captured, given = iter(numbers(40)), iter(numbers(40))
    of_captured = tf.function(lambda scale: take(captured) * scale)
    of_given = tf.function(lambda iterator, scale: take(iterator) * scale)
    for count in range(5):
        assert of_captured(tf.constant(2.0)).numpy() == of_given(given, tf.constant(2.0)).numpy() == 2.0 * count
    assert "it takes elements of a dataset" in of_captured.explain_plan()


def test_reductions_of_datasets():
    seen = []

    def elements():
        seen.append(len(seen))
        yield from [1.0, 2.0, float(len(seen))]

    dataset = tf.data.Dataset.from_generator(elements, output_signature=tf.TensorSpec([], tf.float32))
    total = tf.function(lambda start: dataset.reduce(start, lambda state, element: state + element))
    assert [total(tf.constant(0.5)).numpy() for _ in range(3)] == [4.5, 5.5, 6.5]
    single = tf.function(lambda x: x * numbers(1).get_single_element())
    assert [single(tf.constant(1.0)).numpy() for _ in range(3)] == [0.0, 0.0, 0.0]


def test_steps_on_elements_are_compiled():
    runs = []

    @tf.function
    def step(batch):
        runs.append(1)
        return tf.reduce_sum(batch)

    assert [step(batch).numpy() for batch in numbers().batch(2)] == [1.0, 5.0, 9.0, 13.0]
    assert len(runs) == 1


def test_summaries_are_written_at_every_call(tmp_path):
    writer, step = tf.summary.create_file_writer(str(tmp_path)), tf.Variable(0, dtype=tf.int64)

    @tf.function
    def train(x):
        step.assign_add(1)
        with writer.as_default():
            tf.summary.scalar("loss", tf.reduce_sum(x), step=step)
            tf.summary.histogram("x", x, step=step)
        return x

    for value in (1.0, 2.0, 3.0, 4.0):
        train(tf.fill([40], value))
    writer.close()
    (path,) = glob.glob(f"{tmp_path}/*")
    records = [record.numpy() for record in tf.data.TFRecordDataset(path)]
    assert len(records) == 1 + 8
    scalars = [record for record in records if b"loss" in record]
    for value, record in zip((1, 2, 3, 4), scalars, strict=True):
        assert np.float32(40 * value).tobytes() in record


def test_files_are_written_and_read_at_every_call(tmp_path):
    path, other = str(tmp_path / "a.txt"), str(tmp_path / "b.txt")

    @tf.function
    def copied(x):
        tf.io.write_file(other, "seen")
        return tf.io.read_file(path), x * 2.0

    for text in (b"one", b"two", b"three"):
        tf.io.write_file(path, text)
        found, doubled = copied(tf.constant(1.0))
        assert (found.numpy(), doubled.numpy(), tf.io.read_file(other).numpy()) == (text, 2.0, b"seen")
        tf.io.write_file(other, "")
    writes = tf.function(lambda x: tf.io.write_file(other, "again") or x)
    for _ in range(3):
        tf.io.write_file(other, "")
        writes(tf.constant(1.0))
        assert tf.io.read_file(other).numpy() == b"again"


def test_checkpoints_are_written_and_read_at_every_call(tmp_path):
    v = tf.Variable(0.0)
    checkpoint = tf.train.Checkpoint(v=v)

    @tf.function
    def save(x):
        v.assign(x)
        checkpoint.write(str(tmp_path / "saved"))
        v.assign(-1.0)
        return v.read_value()

    @tf.function
    def restore(x):
        checkpoint.read(str(tmp_path / "saved"))
        return v * x

    for value in (1.0, 2.0, 3.0):
        assert save(tf.constant(value)).numpy() == -1.0
        assert restore(tf.constant(2.0)).numpy() == 2.0 * value


def test_init_scope_is_run_as_the_function_is_traced():
    runs, scale, made = tf.Variable(0), tf.Variable(2.0), []

    @tf.function
    def f(x):
        with tf.init_scope():
            runs.assign_add(1)
            fixed = scale * 10.0
            assert tf.executing_eagerly()
            if len(made) < 2:
                made.append(tf.Variable(1.0))
        return x * fixed + scale

    assert [f(tf.constant(x)).numpy() for x in (1.0, 2.0)] == [22.0, 42.0]
    scale.assign(3.0)
    assert f(tf.constant(1.0)).numpy() == 23.0
    assert runs.numpy() == 1
    f(tf.constant([1.0]))  # a later trace, in which variables may be created in init_scope only
    assert (runs.numpy(), len(made)) == (2, 2)


def test_what_init_scope_takes_from_the_function_is_not_a_constant():
    f = tf.function(lambda x: computed(x) + 1.0)
    g = tf.function(lambda x: read(x))

    def computed(x):
        with tf.init_scope():
            return x * x

    def read(x):
        with tf.init_scope():
            return float(x) * 2.0

    for value in (1.0, 2.0, 3.0):
        assert f(tf.constant(value)).numpy() == value * value + 1.0
        assert g(tf.constant(value)).numpy() == 2.0 * value
