"""A recurrent network that writes like Python's own reference manual, one character at a time.

The text comes with Python: ``pydoc_data.topics``, which is what ``help("for")`` shows.
"""

from pydoc_data.topics import topics

import numpy as np
from tqdm import trange

import gradtape as tf
from pictures import plt, save, short

layers = tf.keras.layers
tf.keras.utils.set_random_seed(0)

text = "\n".join(topics[name] for name in sorted(topics)).encode("ascii", "ignore").decode()
text = text[: 20_000 if short else 400_000]
characters = sorted(set(text))
numbers = {character: number for number, character in enumerate(characters)}
encoded = np.array([numbers[character] for character in text], np.int32)

LENGTH, BATCH, UNITS = 64, 64, 128
model = tf.keras.Sequential(
    [
        layers.Input([None], dtype="int32"),
        layers.Embedding(len(characters), 32),
        layers.GRU(UNITS, return_sequences=True),
        layers.Dense(len(characters)),
    ]
)
optimizer = tf.keras.optimizers.Adam(learning_rate=0.004, clipnorm=1.0)
generator = np.random.default_rng(0)


def windows(count):
    """Pieces of the text, and the same pieces one character later."""
    starts = generator.integers(0, len(encoded) - LENGTH - 1, count)
    pieces = encoded[starts[:, None] + np.arange(LENGTH + 1)]
    return pieces[:, :-1], pieces[:, 1:]


def step(inputs, targets):
    with tf.GradientTape() as tape:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=model(inputs, training=True))
        loss = tf.reduce_mean(losses)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


def write(start, count, temperature=0.5):
    """Goes on from a start: each character is drawn from what the model expects after the last ones."""
    written = [numbers[character] for character in start]
    for _ in range(count):
        logits = model(np.array([written[-LENGTH:]], np.int32))[0, -1].numpy() / temperature
        chances = np.exp(logits - logits.max())
        written.append(generator.choice(len(characters), p=chances / chances.sum()))
    return "".join(characters[number] for number in written)


bits = []
for _ in (progress := trange(5 if short else 700, desc="training")):
    bits.append(step(*windows(BATCH)).numpy() / np.log(2))
    progress.set_postfix(bits=f"{bits[-1]:.2f}")

print(f"bits per character: {np.log2(len(characters)):.2f} before, {np.mean(bits[-50:]):.2f} after {len(bits)} steps")
sample = write("The for statement ", 20 if short else 280)
print(sample)

figure, (left, right) = plt.subplots(1, 2)
left.plot(bits)
left.set(xlabel="step", ylabel="bits per character", ylim=(0, None))
right.axis("off")
right.text(0, 1, sample[:420].replace("$", r"\$"), family="monospace", fontsize=7, va="top", wrap=True)
save(figure, "character_rnn", "Left: bits per character over the steps. Right: what the network writes.")
