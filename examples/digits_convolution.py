"""A convolutional network on scikit-learn's handwritten digits, 8x8 pixels, with Keras' layers and `fit`."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import gradtape as tf
from pictures import plt, save, short

layers = tf.keras.layers
tf.keras.utils.set_random_seed(0)

images, labels = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32).reshape(-1, 8, 8, 1)
x_train, x_test, y_train, y_test = train_test_split(images, labels, test_size=0.25, stratify=labels, random_state=0)


class Progress(tf.keras.callbacks.Callback):
    """Shows the epochs as they pass, on one line."""

    def on_train_begin(self, logs=None):
        self.bar = tqdm(total=self.params["epochs"], desc="training")

    def on_epoch_end(self, epoch, logs=None):
        self.bar.update()
        self.bar.set_postfix({name: f"{value:.4f}" for name, value in logs.items()})

    def on_train_end(self, logs=None):
        self.bar.close()


model = tf.keras.Sequential(
    [
        layers.Input([8, 8, 1]),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Dropout(0.25),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.4),
        layers.Dense(10),
    ]
)
epochs, batch = 1 if short else 24, 64
steps = epochs * -(-len(x_train) // batch)
model.compile(
    optimizer=tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(0.006, steps)),
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
history = model.fit(
    x_train,
    y_train,
    batch_size=batch,
    epochs=epochs,
    validation_data=(x_test, y_test),
    callbacks=[Progress()],
    verbose=0,
).history
print(f"test accuracy: {history['val_accuracy'][-1]:.4f}")

figure, (left, right) = plt.subplots(1, 2, width_ratios=[3, 2])
numbers = np.arange(1, epochs + 1)
left.plot(numbers, history["accuracy"], label="training, with dropout")
left.plot(numbers, history["val_accuracy"], label="test")
left.set(xlabel="epoch", ylabel="accuracy", ylim=(0.9, 1.003) if not short else None)
left.legend()
kernels = model.layers[0].get_weights()[0][:, :, 0, :]  # 3x3 pixels of 32 kernels
sheet = np.full([4 * 4 - 1, 8 * 4 - 1], np.nan)
for i in range(32):
    row, column = 4 * (i // 8), 4 * (i % 8)
    sheet[row : row + 3, column : column + 3] = kernels[:, :, i]
right.imshow(sheet, cmap="RdBu", vmin=-np.abs(kernels).max(), vmax=np.abs(kernels).max())
right.set_title("kernels of the first layer", fontsize=10)
right.axis("off")
save(
    figure,
    "digits_convolution",
    "Left: accuracy on training and test data over the epochs. Right: the kernels of the first layer.",
)
