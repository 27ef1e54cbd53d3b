"""A training that is interrupted: it resumes from its last checkpoint, with any number of ranks.

mpiexec -n RANKS python elastic.py FOLDER STEPS [die]
"""

from __future__ import annotations

import os
import signal
import sys

import numpy as np

import gradtape as tf


def main(folder: str, steps: int, dies: bool) -> None:
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((24, 3)).astype("float32"), rng.standard_normal((24, 1)).astype("float32")
    tf.random.set_seed(1)
    with strategy.scope():
        w, step = tf.Variable(tf.zeros([3, 1])), tf.Variable(0, dtype=tf.int64)
        optimizer = tf.optimizers.Adam(0.1)
    checkpoint = tf.train.Checkpoint(w=w, step=step, optimizer=optimizer)
    manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=2)
    optimizer.build([w])
    tf.distributed.restore_checkpoint(manager)
    dataset = strategy.experimental_distribute_dataset(tf.data.Dataset.from_tensor_slices((x, y)).batch(8).repeat())

    def replica(features, labels):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(features @ w - labels)) / 8.0
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])

    for place, batch in enumerate(dataset):
        if place < int(step):
            continue
        if place == steps:
            break
        strategy.run(replica, batch)
        step.assign_add(1)
        tf.distributed.save_checkpoint(manager)
        if dies and place == 2 and tf.distributed.rank() == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    tf.distributed.check_variables([w, step])
    if tf.distributed.rank() == 0:
        print(w.numpy().tobytes().hex(), int(optimizer.iterations))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), "die" in sys.argv)
