"""Image quality measures and gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_reduce, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.image.checks import convert_image_dtype
from gradtape._src.nn.depthwise_convolution import depthwise_conv2d
from gradtape._src.nn.pooling import avg_pool
from gradtape._src.ops import elementwise as e
from gradtape._src.ops.joining import stack
from gradtape._src.ops.padding import pad
from gradtape._src.ops.reductions import reduce_prod
from gradtape._src.ops.shapes import reshape

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def _pair(one: Any, other: Any, max_val: Any) -> tuple[Tensor, Tensor, float]:
    """Two images of the same shape and their range of values, converted to float32."""
    x, y = as_tensor(one), as_tensor(other)
    kind = x.dtype
    top = float(as_tensor(max_val).numpy()) / (float(kind.max) if kind.is_integer else 1.0)
    x, y = convert_image_dtype(x, dtypes.float32), convert_image_dtype(y, dtypes.float32)
    if x.ndim < 3 or x.shape[-3:] != y.shape[-3:]:
        raise ValueError(f"The static shapes {x.shape} and {y.shape} are not those of images of one size")
    return x, y, top


def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Tensor:
    """The peak signal-to-noise ratio of images in decibels.

    Args:
      a, b: of shape [..., height, width, channels].
      max_val: the difference between the largest and the least possible value.
      name: not used; TensorFlow names operations by it.

    Returns:
      A float32 tensor of one value for each image.

    Raises:
      ValueError: the shapes differ.

    Example:
      >>> tf.image.psnr(tf.zeros([2, 2, 1]), tf.fill([2, 2, 1], 0.1), max_val=1.0).numpy().round(2)
      np.float32(20.0)
    """
    x, y, top = _pair(a, b, max_val)
    noise = apply_reduce("Mean", e.squared_difference(x, y), [-3, -2, -1], False)
    return 20.0 * math.log(top) / math.log(10.0) - 10.0 / math.log(10.0) * e.log(noise)


def _ssim_per_channel(
    x: Tensor, y: Tensor, top: float, filter_size: int, filter_sigma: float, k1: float, k2: float
) -> tuple[Tensor, Tensor]:
    """The similarity of windows, and the factor of contrast and structure, for each channel."""
    distances = np.arange(filter_size, dtype=np.float32) - (filter_size - 1) / 2.0
    bell = np.exp(-np.square(distances) / (2 * filter_sigma**2))
    bell /= bell.sum()
    channels = x.shape[-1]
    window = as_tensor(np.repeat(np.outer(bell, bell)[:, :, None, None], channels, 2).astype(np.float32))
    batch = tuple(x.shape[:-3])

    def averaged(values: Tensor) -> Tensor:
        found = depthwise_conv2d(reshape(values, (-1, *x.shape[-3:])), window, [1, 1, 1, 1], "VALID")
        return reshape(found, (*batch, *found.shape[1:]))

    c1, c2 = (k1 * top) ** 2, (k2 * top) ** 2
    mean_x, mean_y = averaged(x), averaged(y)
    products, squares = mean_x * mean_y * 2.0, e.square(mean_x) + e.square(mean_y)
    luminance = (products + c1) / (squares + c1)
    structure = (averaged(x * y) * 2.0 - products + c2) / (averaged(e.square(x) + e.square(y)) - squares + c2)
    return luminance * structure, structure


def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Tensor:
    """The structural similarity index (SSIM) of images, from -1 to 1.

    Wang, Bovik, Sheikh and Simoncelli, Image Quality Assessment: From Error Visibility to Structural Similarity (2004).

    Args:
      img1, img2: of shape [..., height, width, channels].
      max_val: the difference between the largest and the least possible value.
      filter_size: size of the compared windows.
      filter_sigma: standard deviation of the Gaussian weights of their pixels.
      k1, k2: constants that keep quotients finite.
      return_index_map: whether to return the similarity of each window.

    Returns:
      A float32 tensor of one value for each image, or for each of its windows.

    Raises:
      ValueError: the shapes differ.

    Example:
      >>> image = tf.random.uniform([16, 16, 1])
      >>> tf.image.ssim(image, image, max_val=1.0).numpy().round(4)
      np.float32(1.0)
    """
    x, y, top = _pair(img1, img2, max_val)
    found, _ = _ssim_per_channel(x, y, top, filter_size, filter_sigma, k1, k2)
    if return_index_map:
        return apply_reduce("Mean", found, [-1], False)
    return apply_reduce("Mean", apply_reduce("Mean", found, [-3, -2], False), [-1], False)


def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Any = _WEIGHTS,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    """The multi-scale structural similarity of images, each scale half the previous one.

    Wang, Simoncelli and Bovik, Multiscale Structural Similarity for Image Quality Assessment (2003).

    Args:
      img1, img2: of shape [..., height, width, channels].
      max_val: the difference between the largest and the least possible value.
      power_factors: the weights of the scales.
      filter_size: size of the compared windows.
      filter_sigma: standard deviation of the Gaussian weights of their pixels.
      k1, k2: constants that keep quotients finite.

    Returns:
      A float32 tensor of one value for each image.

    Raises:
      ValueError: the shapes differ.

    Example:
      >>> image = tf.random.uniform([32, 32, 1])
      >>> tf.image.ssim_multiscale(image, image, 1.0, power_factors=[0.5, 0.5]).numpy().round(4)
      np.float32(1.0)
    """
    x, y, top = _pair(img1, img2, max_val)
    factors = []
    for scale in range(len(power_factors)):
        if scale:
            x, y = _halved(x), _halved(y)
        whole, structure = (
            apply_reduce("Mean", values, [-3, -2], False)
            for values in _ssim_per_channel(x, y, top, filter_size, filter_sigma, k1, k2)
        )
        factors.append(e.relu(whole if scale == len(power_factors) - 1 else structure))
    powers = e.pow(stack(factors, -1), as_tensor(list(power_factors), dtypes.float32))
    return apply_reduce("Mean", reduce_prod(powers, [-1]), [-1], False)


def _halved(images: Tensor) -> Tensor:
    batch, shape = tuple(images.shape[:-3]), images.shape[-3:]
    flat = reshape(images, (-1, *shape))
    odd = [shape[0] % 2, shape[1] % 2]
    if any(odd):
        flat = pad(flat, [[0, 0], [0, odd[0]], [0, odd[1]], [0, 0]], "SYMMETRIC")
    found = avg_pool(flat, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    return reshape(found, (*batch, *found.shape[1:]))


def total_variation(images: Any, name: str | None = None) -> Tensor:
    """The sum of the absolute differences of neighbouring pixels.

    Args:
      images: of shape [height, width, channels] or [batch, height, width, channels].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of one value for each image.

    Raises:
      ValueError: they have another rank.

    Example:
      >>> tf.image.total_variation([[[0.0], [2.0]], [[0.0], [1.0]]]).numpy()
      np.float32(4.0)
    """
    tensor = as_tensor(images)
    if tensor.ndim not in (3, 4):
        raise ValueError("'images' must be either 3 or 4-dimensional.")
    down, across = tensor[..., 1:, :, :] - tensor[..., :-1, :, :], tensor[..., 1:, :] - tensor[..., :-1, :]
    axes = None if tensor.ndim == 3 else [1, 2, 3]
    return apply_reduce("Sum", e.abs(down), axes, False) + apply_reduce("Sum", e.abs(across), axes, False)


def sobel_edges(image: Any) -> Tensor:
    """The vertical and horizontal derivatives of images by Sobel kernels.

    Args:
      image: of shape [batch, height, width, channels], floating.

    Returns:
      A tensor of shape [batch, height, width, channels, 2].

    Raises:
      InvalidArgumentError: image is not of rank 4, not floating, or has fewer than two rows or columns.
      ValueError: image cannot be converted to a tensor.

    Example:
      >>> tf.image.sobel_edges(tf.constant([[[[0.0], [1.0], [2.0]]] * 3])).numpy()[0, 1, 1, 0]
      array([0., 8.], dtype=float32)
    """
    tensor = as_tensor(image)
    down = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])
    kernels = np.repeat(np.stack([down, down.T], -1)[:, :, None], tensor.shape[-1], 2)
    padded = pad(tensor, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT")
    found = depthwise_conv2d(padded, as_tensor(kernels.astype(np.float64), tensor.dtype), [1, 1, 1, 1], "VALID")
    return reshape(found, (*tensor.shape, 2))


def image_gradients(image: Any) -> tuple[Tensor, Tensor]:
    """The differences of vertically and horizontally adjacent pixels, 0 at the last ones.

    Args:
      image: of shape [batch, height, width, channels].

    Returns:
      A pair of tensors of the same shape and dtype.

    Raises:
      ValueError: invalid rank.

    Example:
      >>> down, across = tf.image.image_gradients(tf.constant([[[[1.0], [3.0]]]]))
      >>> across.numpy()[0, 0, :, 0]
      array([2., 0.], dtype=float32)
    """
    tensor = as_tensor(image)
    if tensor.ndim != 4:
        raise ValueError(f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {tensor.shape}.")
    down, across = tensor[:, 1:] - tensor[:, :-1], tensor[:, :, 1:] - tensor[:, :, :-1]
    return pad(down, [[0, 0], [0, 1], [0, 0], [0, 0]]), pad(across, [[0, 0], [0, 0], [0, 1], [0, 0]])
