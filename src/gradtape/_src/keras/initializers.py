"""Initializers of weights, with the same values as Keras with TensorFlow for the same seeds."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from gradtape._engine.api.api import apply_reshape, apply_transpose, full
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import random, settings
from gradtape._src.keras.serialization import Kind, deserialize_keras_object, serialize_keras_object
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.linalg.diagonals import diag_part
from gradtape._src.linalg.factorisations import qr
from gradtape._src.ops import elementwise
from gradtape._src.ops.creation import eye

KIND = Kind("initializer")


def _dtype(dtype: Any) -> dtypes.DType:
    return dtypes.as_dtype(settings.standardize_dtype(dtype))


@KIND.enter("initializer")
class Initializer:
    """Base of callables from a shape and a dtype to the initial value of a weight, a tensor.

    Raises:
      NotImplementedError: the class does not implement `__call__`.

    Example:
      >>> class Halves(tf.keras.initializers.Initializer):
      ...     def __call__(self, shape, dtype=None):
      ...         return tf.fill(shape, 0.5)
      >>> Halves()([2]).numpy()
      array([0.5, 0.5], dtype=float32)
    """

    _arguments: ClassVar[tuple[str, ...]] = ()

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        raise NotImplementedError("Initializer subclasses must implement the `__call__()` method.")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments.

        Returns:
          A dict of plain data for `from_config`.

        Example:
          >>> tf.keras.initializers.RandomUniform(-1.0, 1.0, seed=3).get_config()
          {'seed': 3, 'minval': -1.0, 'maxval': 1.0}
        """
        return {name: serialize_keras_object(getattr(self, name)) for name in self._arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """Creates an initializer from the result of `get_config`.

        Args:
          config: the dict.

        Returns:
          An initializer of this class.

        Example:
          >>> tf.keras.initializers.Constant.from_config({"value": 3.0}).value
          3.0
        """
        return cls(**config)

    def clone(self) -> Initializer:
        """A new initializer with the same arguments.

        Returns:
          An initializer of the same class.

        Example:
          >>> tf.keras.initializers.Constant(3.0).clone().value
          3.0
        """
        return self.from_config(self.get_config())


@KIND.enter("constant")
class Constant(Initializer):
    """Initializes to one value.

    Args:
      value: a number, or an array that broadcasts to the shape.

    Raises:
      InvalidArgumentError: a size is negative, or the value does not broadcast to the shape.
      ValueError: unknown dtype, or the value cannot be converted to a tensor.

    Example:
      >>> tf.keras.initializers.Constant(3.0)([2]).numpy()
      array([3., 3.], dtype=float32)
    """

    _arguments: ClassVar[tuple[str, ...]] = ("value",)

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        wanted = _dtype(dtype)
        return tensor_of(self.value, wanted) * full(shape, 1, wanted)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Constant:
        return cls(deserialize_keras_object(config["value"]))


@KIND.enter("zeros", "zero")
class Zeros(Initializer):
    """Initializes to 0.

    Raises:
      InvalidArgumentError: a size is negative.
      TypeError: a size is not an integer.
      ValueError: unknown dtype.

    Example:
      >>> tf.keras.initializers.Zeros()([2]).numpy()
      array([0., 0.], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        return full(shape, 0, _dtype(dtype))


@KIND.enter("ones", "one")
class Ones(Initializer):
    """Initializes to 1.

    Raises:
      InvalidArgumentError: a size is negative.
      TypeError: a size is not an integer.
      ValueError: unknown dtype.

    Example:
      >>> tf.keras.initializers.Ones()([2]).numpy()
      array([1., 1.], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        return full(shape, 1, _dtype(dtype))


@KIND.enter("identity", "IdentityInitializer")
class Identity(Initializer):
    """Initializes to a multiple of the identity matrix.

    Args:
      gain: the value on the diagonal.

    Raises:
      ValueError: (when called) the shape is not a matrix.

    Example:
      >>> tf.keras.initializers.Identity(2.0)([2, 2]).numpy()
      array([[2., 0.],
             [0., 2.]], dtype=float32)
    """

    _arguments: ClassVar[tuple[str, ...]] = ("gain",)

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        if len(shape) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        rows, columns = shape
        return self.gain * eye(rows, columns, dtype=_dtype(dtype))

    def get_config(self) -> dict[str, Any]:
        # Keras serializes none of its arguments.
        return {}


class RandomInitializer(Initializer):
    """Base of initializers that draw numbers."""

    def __init__(self, seed: Any = None) -> None:
        self._init_seed = seed
        if seed is None:
            seed = random.make_default_seed()
        elif isinstance(seed, dict):
            seed = deserialize_keras_object(seed)
        elif not isinstance(seed, int | random.SeedGenerator):
            raise ValueError(
                "`seed` argument should be an instance of `keras.random.SeedGenerator()` or an integer. "
                f"Received: seed={seed}"
            )
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        return {"seed": serialize_keras_object(self._init_seed), **super().get_config()}


@KIND.enter("random_normal", "normal")
class RandomNormal(RandomInitializer):
    """Normally distributed values.

    Args:
      mean: their mean.
      stddev: their standard deviation.
      seed: an integer, for the same values in each call; a SeedGenerator; or None for a random integer.

    Raises:
      ValueError: invalid seed.

    Example:
      >>> tf.keras.initializers.RandomNormal(seed=1)([2]).numpy().round(4)
      array([ 0.0063, -0.0247], dtype=float32)
    """

    _arguments: ClassVar[tuple[str, ...]] = ("mean", "stddev")

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        return random.normal(shape, self.mean, self.stddev, dtype, self.seed)


@KIND.enter("truncated_normal")
class TruncatedNormal(RandomInitializer):
    """Normally distributed values within two standard deviations of the mean.

    Args:
      mean: the mean of the distribution before truncation.
      stddev: its standard deviation.
      seed: an integer, for the same values in each call; a SeedGenerator; or None for a random integer.

    Raises:
      ValueError: invalid seed.

    Example:
      >>> tf.keras.initializers.TruncatedNormal(seed=1)([2]).numpy().round(4)
      array([ 0.0063, -0.0247], dtype=float32)
    """

    _arguments: ClassVar[tuple[str, ...]] = ("mean", "stddev")

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        return random.truncated_normal(shape, self.mean, self.stddev, dtype, self.seed)


@KIND.enter("random_uniform", "uniform")
class RandomUniform(RandomInitializer):
    """Uniformly distributed values of [minval, maxval).

    Args:
      minval, maxval: the bounds.
      seed: an integer, for the same values in each call; a SeedGenerator; or None for a random integer.

    Raises:
      ValueError: invalid seed.

    Example:
      >>> tf.keras.initializers.RandomUniform(seed=1)([2]).numpy().round(4)
      array([ 0.0378, -0.004 ], dtype=float32)
    """

    _arguments: ClassVar[tuple[str, ...]] = ("minval", "maxval")

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        self.minval = minval
        self.maxval = maxval
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        return random.uniform_of(shape, self.minval, self.maxval, _dtype(dtype), self.seed)


@KIND.enter("variance_scaling")
class VarianceScaling(RandomInitializer):
    """Values whose variance is scale / n, where n is the number of a unit's inputs or outputs.

    This preserves the variance of values that pass through a layer, whatever its size.

    Args:
      scale: the numerator.
      mode: what n is: "fan_in", the number of inputs, "fan_out", the number of outputs, or "fan_avg", their average.
      distribution: "truncated_normal" (or "normal"), "untruncated_normal" or "uniform".
      seed: an integer, for the same values in each call; a SeedGenerator; or None for a random integer.
      input_axes, output_axes: the axes whose sizes multiply to the number of inputs and of outputs, if they are
        not the last two, multiplied by the sizes of those before.

    Raises:
      ValueError: the scale is not positive, or mode, distribution or seed are invalid.

    Example:
      >>> values = tf.keras.initializers.VarianceScaling(2.0, seed=1)([100, 200])
      >>> tf.math.reduce_variance(values).numpy().round(3)
      np.float32(0.02)
    """

    _arguments: ClassVar[tuple[str, ...]] = ("scale", "mode", "distribution", "input_axes", "output_axes")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Any = None,
        output_axes: Any = None,
    ) -> None:
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be positive float. Received: scale={scale}")
        modes = {"fan_in", "fan_out", "fan_avg"}
        if mode not in modes:
            raise ValueError(f"Invalid `mode` argument: {mode}. Please use one of {modes}")
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        distributions = {"uniform", "truncated_normal", "untruncated_normal"}
        if distribution not in distributions:
            raise ValueError(
                f"Invalid `distribution` argument: {distribution}.Please use one of {distributions}",
            )
        self.scale = scale
        self.mode = mode
        self.distribution: str = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        inputs, outputs = compute_fans(shape, self.input_axes, self.output_axes)
        count = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2.0}[self.mode]
        variance = self.scale / max(1.0, count)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return random.uniform_of(shape, -limit, limit, _dtype(dtype), self.seed)
        if self.distribution == "untruncated_normal":
            return random.normal(shape, 0.0, math.sqrt(variance), dtype, self.seed)
        # The standard deviation of a unit normal distribution truncated at two standard deviations.
        return random.truncated_normal(shape, 0.0, math.sqrt(variance) / 0.87962566103423978, dtype, self.seed)


class _Scaled(VarianceScaling):
    """Base of initializers known in the literature, whose scale, mode and distribution are class attributes."""

    _rule: ClassVar[tuple[float, str, str]]
    _arguments: ClassVar[tuple[str, ...]] = ("input_axes", "output_axes")

    def __init__(self, seed: Any = None, input_axes: Any = None, output_axes: Any = None) -> None:
        super().__init__(*self._rule, seed, input_axes, output_axes)


@KIND.enter("glorot_uniform")
class GlorotUniform(_Scaled):
    """Uniform values of variance 2 / (inputs + outputs): the default of layers.

    Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (2010).

    Args:
      seed: an integer, for the same values in each call; a SeedGenerator; or None for a random integer.
      input_axes, output_axes: see `VarianceScaling`.

    Raises:
      ValueError: invalid seed.

    Example:
      >>> tf.keras.initializers.GlorotUniform(seed=1)([2, 1]).numpy().round(4)
      array([[ 1.0705],
             [-0.1132]], dtype=float32)
    """

    _rule = (1.0, "fan_avg", "uniform")


@KIND.enter("glorot_normal")
class GlorotNormal(_Scaled):
    """Truncated normal values of variance 2 / (inputs + outputs).

    Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (2010).

    Args:
      seed: an integer, for the same values in each call; a SeedGenerator; or None for a random integer.
      input_axes, output_axes: see `VarianceScaling`.

    Raises:
      ValueError: invalid seed.

    Example:
      >>> tf.keras.initializers.GlorotNormal(seed=1)([2, 1]).numpy().round(4)
      array([[ 0.1176],
             [-0.4576]], dtype=float32)
    """

    _rule = (1.0, "fan_avg", "truncated_normal")


@KIND.enter("lecun_normal")
class LecunNormal(_Scaled):
    """Truncated normal values of variance 1 / inputs.

    LeCun, Bottou, Orr and Müller, Efficient BackProp (1998).

    Args:
      seed: an integer, for the same values in each call; a SeedGenerator; or None for a random integer.
      input_axes, output_axes: see `VarianceScaling`.

    Raises:
      ValueError: invalid seed.

    Example:
      >>> tf.keras.initializers.LecunNormal(seed=1)([2, 1]).numpy().round(4)
      array([[ 0.1018],
             [-0.3963]], dtype=float32)
    """

    _rule = (1.0, "fan_in", "truncated_normal")


@KIND.enter("lecun_uniform")
class LecunUniform(_Scaled):
    """Uniform values of variance 1 / inputs.

    LeCun, Bottou, Orr and Müller, Efficient BackProp (1998).

    Args:
      seed: an integer, for the same values in each call; a SeedGenerator; or None for a random integer.
      input_axes, output_axes: see `VarianceScaling`.

    Raises:
      ValueError: invalid seed.

    Example:
      >>> tf.keras.initializers.LecunUniform(seed=1)([2, 1]).numpy().round(4)
      array([[ 0.9271],
             [-0.098 ]], dtype=float32)
    """

    _rule = (1.0, "fan_in", "uniform")


@KIND.enter("he_normal")
class HeNormal(_Scaled):
    """Truncated normal values of variance 2 / inputs, for layers of rectified units.

    He, Zhang, Ren and Sun, Delving Deep into Rectifiers (2015).

    Args:
      seed: an integer, for the same values in each call; a SeedGenerator; or None for a random integer.
      input_axes, output_axes: see `VarianceScaling`.

    Raises:
      ValueError: invalid seed.

    Example:
      >>> tf.keras.initializers.HeNormal(seed=1)([2, 1]).numpy().round(4)
      array([[ 0.144 ],
             [-0.5605]], dtype=float32)
    """

    _rule = (2.0, "fan_in", "truncated_normal")


@KIND.enter("he_uniform")
class HeUniform(_Scaled):
    """Uniform values of variance 2 / inputs, for layers of rectified units.

    He, Zhang, Ren and Sun, Delving Deep into Rectifiers (2015).

    Args:
      seed: an integer, for the same values in each call; a SeedGenerator; or None for a random integer.
      input_axes, output_axes: see `VarianceScaling`.

    Raises:
      ValueError: invalid seed.

    Example:
      >>> tf.keras.initializers.HeUniform(seed=1)([2, 1]).numpy().round(4)
      array([[ 1.3111],
             [-0.1386]], dtype=float32)
    """

    _rule = (2.0, "fan_in", "uniform")


@KIND.enter("orthogonal", "OrthogonalInitializer")
class Orthogonal(RandomInitializer):
    """A multiple of a matrix with orthonormal rows or columns, whichever are fewer.

    It is the Q of the QR decomposition of normally distributed numbers. Axes before the last are merged into rows.
    Saxe, McClelland and Ganguli, Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural Networks
    (2014).

    Args:
      gain: the multiple.
      seed: an integer, for the same values in each call; a SeedGenerator; or None for a random integer.

    Raises:
      ValueError: invalid seed; (when called) the shape has fewer than two axes.

    Example:
      >>> q = tf.keras.initializers.Orthogonal(seed=1)([2, 2])
      >>> tf.matmul(q, q, transpose_b=True).numpy().round(4) + 0.0
      array([[1., 0.],
             [0., 1.]], dtype=float32)
    """

    _arguments: ClassVar[tuple[str, ...]] = ("gain",)

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        self.gain = gain
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        drawn = random.normal((max(rows, columns), min(rows, columns)), dtype=dtype, seed=self.seed)
        q, r = qr(drawn)
        q *= elementwise.sign(diag_part(r))
        return self.gain * apply_reshape(apply_transpose(q) if rows < columns else q, shape)


@KIND.enter("stft", "STFTInitializer")
class STFT(Initializer):
    """The kernel with which a convolution computes the real or imaginary part of a short-time Fourier transform.

    The shape is [frame length, 1, frequencies]. Windows are computed by SciPy, which must be installed for them.

    Args:
      side: "real" or "imag".
      window: the name of a window that `scipy.signal.get_window` knows, an array of a frame's length, or None.
      scaling: "density" for power spectral densities, "spectrum" for power spectra, None for neither.
      periodic: passed to `scipy.signal.get_window` as `fftbins`.

    Raises:
      ValueError: side, window or scaling are invalid; (when called) the window has the wrong length.

    Example:
      >>> tf.keras.initializers.STFT("real", window=None)([2, 1, 2]).numpy().round(4).tolist()
      [[[1.0, 1.0]], [[1.0, -1.0]]]
    """

    _arguments: ClassVar[tuple[str, ...]] = ("side", "window", "periodic", "scaling")

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ) -> None:
        if side not in ["real", "imag"]:
            raise ValueError(f"side should be 'real' or 'imag', not {side}")
        if isinstance(window, str):
            _window(window, 1, False)
        if scaling is not None and scaling not in ["density", "spectrum"]:
            raise ValueError(
                f"Scaling is invalid, it must be `None`, 'density' or 'spectrum'. Received scaling={scaling}"
            )
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        wanted = _dtype(dtype)
        length, _, frequencies = shape
        exact = np.dtype(wanted.as_numpy_dtype)
        # In the dtype itself, as in Keras, so that the angles of large multiples are the same.
        frequency = np.arange(frequencies, dtype=exact).reshape(1, 1, -1) / exact.type((frequencies - 1) * 2)
        time = np.arange(length, dtype=exact).reshape(-1, 1, 1)
        angles = tensor_of(exact.type(-2) * time * frequency * np.arccos(exact.type(-1)))
        kernel = elementwise.cos(angles) if self.side == "real" else elementwise.sin(angles)
        if self.window is None:
            return kernel
        window = self.window
        if isinstance(window, str):
            window = _window(window, length, self.periodic)
        window = np.asarray(held(window), exact)
        if window.shape != (length,):
            raise ValueError(
                f"The shape of `window` must be equal to [frame_length].Received: window shape={window.shape}"
            )
        scale = {None: 1, "density": np.sqrt(np.sum(window**2)), "spectrum": np.sum(np.abs(window))}[self.scaling]
        return kernel * tensor_of(window.reshape(-1, 1, 1)) / tensor_of(exact.type(scale))


def _window(name: str, length: int, periodic: bool) -> np.ndarray:
    try:
        from scipy.signal import get_window  # type: ignore[import-untyped]
    except ImportError:
        raise ImportError(
            f"The window {name!r} is made by SciPy, which is not installed. Install it, or pass the window as an array"
        ) from None
    return get_window(name, length, periodic)


def compute_fans(shape: Any, input_axes: Any = None, output_axes: Any = None) -> tuple[int, int]:
    """The number of inputs and outputs of a unit that weights of this shape connect."""
    shape = tuple(shape)
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    field = math.prod(shape[:-2])
    return int(shape[-2] * field), int(shape[-1] * field)


def serialize(initializer: Any) -> Any:
    """Serializes an initializer to plain data.

    Args:
      initializer: the initializer.

    Returns:
      A dict.

    Raises:
      TypeError: initializer is an object without `get_config`.

    Example:
      >>> tf.keras.initializers.serialize(tf.keras.initializers.Zeros())["class_name"]
      'Zeros'
    """
    return KIND.serialize(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Creates the initializer from the result of `serialize`.

    Args:
      config: the data, or a name.
      custom_objects: additional classes and functions by name, besides keras' and registered ones.

    Returns:
      An initializer.

    Raises:
      TypeError: the class is unknown.

    Example:
      >>> data = tf.keras.initializers.serialize(tf.keras.initializers.Constant(3.0))
      >>> tf.keras.initializers.deserialize(data).value
      3.0
    """
    return KIND.deserialize(config, custom_objects)


def get(identifier: Any) -> Any:
    """The initializer for an identifier.

    Args:
      identifier: a name such as "glorot_uniform", a result of `serialize`, a class, an initializer or another callable,
        an array of the right shape, or None.

    Returns:
      A callable; None for None.

    Raises:
      ValueError: unknown identifier.

    Example:
      >>> tf.keras.initializers.get("zeros")([2]).numpy()
      array([0., 0.], dtype=float32)
    """
    if isinstance(identifier, Tensor | np.ndarray | np.generic):

        def given(shape: Any, dtype: Any = None) -> Tensor:
            if tuple(shape) != tuple(identifier.shape):
                raise ValueError(
                    f"Expected `shape` to be {identifier.shape} for direct tensor as initializer. "
                    f"Received shape={shape}"
                )
            return tensor_of(identifier, _dtype(dtype))

        return given
    return KIND.get(identifier)
