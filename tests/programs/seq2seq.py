"""An encoder and a decoder with additive attention that learn to reverse sequences, teacher-forced."""

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(15)
numbers = np.random.default_rng(0).integers(1, 9, size=(64, 5))
answers = numbers[:, ::-1].copy()
given = np.concatenate([np.zeros((64, 1), int), answers[:, :-1]], 1)

source = keras.Input((5,), dtype="int32", name="source")
begun = keras.Input((5,), dtype="int32", name="begun")
encoded, h, c = layers.LSTM(16, return_sequences=True, return_state=True)(layers.Embedding(10, 8)(source))
decoded = layers.LSTM(16, return_sequences=True)(layers.Embedding(10, 8)(begun), initial_state=[h, c])
context = layers.AdditiveAttention()([decoded, encoded])
model = keras.Model([source, begun], layers.Dense(10)(layers.Concatenate()([decoded, context])))
model.compile(
    keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
)
history = model.fit([numbers, given], answers, epochs=3, batch_size=16, verbose=0)
result = [history.history, model.count_params(), [layer.name for layer in model.layers]]
