"""A generative adversarial network on scikit-learn's digits: one network draws, another tells drawings from images."""

import numpy as np
from sklearn.datasets import load_digits
from tqdm import trange

import gradtape as tf
from pictures import plt, save, short

layers = tf.keras.layers
tf.keras.utils.set_random_seed(0)

images = (load_digits().data / 8 - 1).astype(np.float32)  # from -1 to 1
batches = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images), seed=0).batch(64, drop_remainder=True)

NOISE = 32
generator = tf.keras.Sequential(
    [
        layers.Input([NOISE]),
        layers.Dense(128),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Dense(256),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Dense(64, activation="tanh"),
    ]
)
critic = tf.keras.Sequential(
    [
        layers.Input([64]),
        layers.Dense(256),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Dropout(0.3),
        layers.Dense(128),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Dropout(0.3),
        layers.Dense(1),
    ]
)
generator_optimizer = tf.keras.optimizers.Adam(learning_rate=0.0004, beta_1=0.5)
critic_optimizer = tf.keras.optimizers.Adam(learning_rate=0.0004, beta_1=0.5)


def cross_entropy(logits, real):
    labels = tf.fill(tf.shape(logits), real)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))


@tf.function
def step(x):
    noise = tf.random.normal([64, NOISE])
    with tf.GradientTape() as generator_tape, tf.GradientTape() as critic_tape:
        drawn = generator(noise, training=True)
        judged_drawn, judged_real = critic(drawn, training=True), critic(x, training=True)
        generator_loss = cross_entropy(judged_drawn, 1.0)
        critic_loss = cross_entropy(judged_real, 0.9) + cross_entropy(judged_drawn, 0.0)
    of_generator = generator_tape.gradient(generator_loss, generator.trainable_variables)
    of_critic = critic_tape.gradient(critic_loss, critic.trainable_variables)
    generator_optimizer.apply_gradients(zip(of_generator, generator.trainable_variables))
    critic_optimizer.apply_gradients(zip(of_critic, critic.trainable_variables))
    return generator_loss, critic_loss


history = []
for _ in (progress := trange(2 if short else 400, desc="training")):
    history.append(np.mean([[loss.numpy() for loss in step(x)] for x in batches], axis=0))
    progress.set_postfix(generator=f"{history[-1][0]:.2f}", critic=f"{history[-1][1]:.2f}")

fresh = generator(tf.random.normal([500, NOISE])).numpy()
distances = np.sqrt(((fresh[:, None] - images[None]) ** 2).mean(axis=2)).min(axis=1)
print(f"drawings are {distances.mean():.2f} from the nearest image, and {fresh.std(axis=0).mean():.2f} apart")

figure, (left, right) = plt.subplots(1, 2, width_ratios=[2, 3])
left.plot(history, label=["generator", "critic"])
left.set(xlabel="epoch", ylabel="loss")
left.legend()
sheet = fresh[:60].reshape(5, 12, 8, 8).transpose(0, 2, 1, 3).reshape(40, 96)
right.imshow(sheet, cmap="gray_r")
right.set_title("drawn from noise", fontsize=10)
right.axis("off")
save(figure, "digits_gan", "Left: both networks' losses over the epochs. Right: sixty digits drawn from noise.")
