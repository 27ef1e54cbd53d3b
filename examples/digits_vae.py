"""A variational autoencoder on scikit-learn's digits: encodes images as two numbers, and decodes them."""

import numpy as np
from sklearn.datasets import load_digits
from tqdm import trange

import gradtape as tf
from pictures import plt, save, short

layers = tf.keras.layers
tf.keras.utils.set_random_seed(0)

images, labels = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32)
batches = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images), seed=0).batch(64)

CODE = 2
encoder = tf.keras.Sequential(
    [
        layers.Input([64]),
        layers.Dense(256, activation="relu"),
        layers.Dense(128, activation="relu"),
        layers.Dense(2 * CODE),
    ]
)
decoder = tf.keras.Sequential(
    [layers.Input([CODE]), layers.Dense(128, activation="relu"), layers.Dense(256, activation="relu"), layers.Dense(64)]
)
parameters = encoder.trainable_variables + decoder.trainable_variables
optimizer = tf.keras.optimizers.Adam(learning_rate=0.002)


def losses(x):
    """What drawing the images again costs, and what the codes cost, per image: together minus the evidence's bound."""
    mean, log_variance = tf.split(encoder(x), 2, axis=1)
    code = mean + tf.exp(0.5 * log_variance) * tf.random.normal(tf.shape(mean))
    pixels = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=decoder(code))
    divergence = 0.5 * (tf.square(mean) + tf.exp(log_variance) - log_variance - 1.0)  # from the standard normal
    return tf.reduce_mean(tf.reduce_sum(pixels, axis=1)), tf.reduce_mean(tf.reduce_sum(divergence, axis=1))


@tf.function
def step(x):
    with tf.GradientTape() as tape:
        drawing, coding = losses(x)
        loss = drawing + coding
    optimizer.apply_gradients(zip(tape.gradient(loss, parameters), parameters))
    return loss


history = []
for _ in (progress := trange(2 if short else 150, desc="training")):
    history.append(np.mean([step(x).numpy() for x in batches]))
    progress.set_postfix(loss=f"{history[-1]:.2f}")
drawing, coding = losses(images)
print(f"loss per image: {history[-1]:.2f}, of which the code costs {coding.numpy():.2f}")

codes = tf.split(encoder(images), 2, axis=1)[0].numpy()
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6))
shown = np.random.default_rng(0).permutation(len(codes))[:150]
for digit in range(10):
    chosen = shown[labels[shown] == digit]
    left.plot(*codes[chosen].T, linestyle="", marker=f"${digit}$", color=plt.colormaps["tab10"](digit), markersize=6)
left.set_title("where images lie", fontsize=10)
across = np.linspace(-2, 2, 9)
grid = np.stack(np.meshgrid(across, -across), axis=-1).reshape(-1, 2).astype(np.float32)
drawn = tf.sigmoid(decoder(grid)).numpy().reshape(9, 9, 8, 8)
right.imshow(drawn.transpose(0, 2, 1, 3).reshape(72, 72), cmap="gray_r", extent=(-2.2, 2.2, -2.2, 2.2))
right.set_title("what is drawn from where", fontsize=10)
right.grid(False)
save(
    figure, "digits_vae", "Left: where images lie in the plane, by digit. Right: what is drawn from where in the plane."
)
