"""A perceptron on scikit-learn's handwritten digits of 8x8 pixels, with variables and a custom training loop."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import trange

import gradtape as tf
from pictures import plt, save, short

tf.keras.utils.set_random_seed(0)

images, labels = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32)
x_train, x_test, y_train, y_test = train_test_split(images, labels, test_size=0.25, stratify=labels, random_state=0)
batches = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(len(x_train), seed=0).batch(32)

initializer = tf.keras.initializers.HeNormal(seed=0)
hidden = tf.Variable(initializer([64, 256]), name="hidden")
hidden_bias = tf.Variable(tf.zeros([256]), name="hidden_bias")
output = tf.Variable(initializer([256, 10]), name="output")
output_bias = tf.Variable(tf.zeros([10]), name="output_bias")
parameters = [hidden, hidden_bias, output, output_bias]
optimizer = tf.keras.optimizers.AdamW(learning_rate=0.002, weight_decay=0.02)


def logits(x):
    return tf.nn.relu(x @ hidden + hidden_bias) @ output + output_bias


@tf.function
def step(x, y):
    x += tf.random.normal(tf.shape(x), stddev=0.15)  # no image is seen twice
    with tf.GradientTape() as tape:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits(x))
        loss = tf.reduce_mean(losses)
    optimizer.apply_gradients(zip(tape.gradient(loss, parameters), parameters))
    return loss


def accuracy(x, y):
    return np.mean(logits(x).numpy().argmax(axis=1) == y)


history = []
for _ in (progress := trange(3 if short else 60, desc="training")):
    loss = np.mean([step(x, y).numpy() for x, y in batches])
    history.append((accuracy(x_train, y_train), accuracy(x_test, y_test)))
    progress.set_postfix(loss=f"{loss:.4f}")

print(f"test accuracy: {history[-1][1]:.4f}")

predicted = logits(x_test).numpy().argmax(axis=1)
wrong = np.flatnonzero(predicted != y_test)[:8]
figure, panels = plt.subplot_mosaic([["curve"] * 4 + [0, 1, 2, 3], ["curve"] * 4 + [4, 5, 6, 7]])
panels["curve"].plot(np.arange(1, len(history) + 1), history, label=["training", "test"])
panels["curve"].set(xlabel="epoch", ylabel="accuracy", ylim=(0.9, 1.003) if not short else None)
panels["curve"].legend()
for place in range(8):
    panels[place].axis("off")
    if place < len(wrong):
        panels[place].imshow(x_test[wrong[place]].reshape(8, 8), cmap="gray_r")
        panels[place].set_title(f"{y_test[wrong[place]]} read as {predicted[wrong[place]]}", fontsize=9)
save(
    figure,
    "digits_perceptron",
    "Left: accuracy on training and test data over the epochs. Right: test images that are misread.",
)
