"""Normalization layers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_cast,
    apply_elementwise,
    apply_reduce,
    apply_reshape,
    apply_stop_gradient,
    as_tensor,
    full_like,
)
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, replication
from gradtape._src.keras import settings
from gradtape._src.keras.input_spec import InputSpec
from gradtape._src.keras.layers.configured import Configured, check_axes
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.nn.normalization import moments

if TYPE_CHECKING:
    from gradtape._src.keras.variable import Variable


class Normalizing(Configured):
    """A layer whose outputs have the shape and mask of its inputs."""

    axis: Any
    center: Any
    scale: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs. Raises ValueError if an axis is out of range."""
        check_axes(self.axis, input_shape)
        return input_shape

    def _precise(self, inputs: Tensor) -> tuple[Tensor, Any, Any]:
        """Inputs, gamma and beta in the inputs' dtype, at least float32."""
        dtype = inputs.dtype
        if dtype.name == self.variable_dtype and dtype.size > 2:
            return inputs, self.gamma, self.beta
        if not dtype.is_floating or dtype.size == 2:
            inputs, dtype = apply_cast(inputs, dtypes.float32), dtypes.float32
        gamma, beta = (None if weight is None else apply_cast(weight, dtype) for weight in (self.gamma, self.beta))
        return inputs, gamma, beta

    def _finished(self, outputs: Tensor) -> Tensor:
        """Casts outputs to the layer's dtype."""
        dtype = self.compute_dtype
        return outputs if outputs.dtype.name == dtype else apply_cast(outputs, dtype)

    def _scale_and_shift(self, shape: tuple[Any, ...]) -> None:
        """Creates gamma and beta if they are used."""
        self.gamma: Variable | None = self._weight("gamma", shape, autocast=False) if self.scale else None
        self.beta: Variable | None = self._weight("beta", shape, autocast=False) if self.center else None


class BatchNormalization(Normalizing):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, channel by channel.

    In training mean and variance are those of the batch, and their moving means are updated; else the moving means.
    Ioffe and Szegedy, Batch Normalization (2015); renorm: Ioffe, Batch Renormalization (2017).

    Args:
      axis: the axis of channels.
      momentum: the decay rate of the moving means.
      epsilon: a small number that keeps divisors away from 0.
      center: whether there is a beta.
      scale: whether there is a gamma.
      beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: initializers: an
        initializer, its name or its configuration.
      beta_regularizer, gamma_regularizer: regularizers of the weights.
      beta_constraint, gamma_constraint: constraints applied to the weights after each optimizer step.
      renorm: whether the batch's values are corrected towards the moving ones.
      renorm_clipping: the bounds "rmin", "rmax" and "dmax" of the correction.
      renorm_momentum: the decay rate of the correction's moving means.
      synchronized: whether mean and variance are those of all replicas' batches together.
      kwargs: `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: bounds that do not fit, or a mask of another rank.

    Example:
      >>> layer = tf.keras.layers.BatchNormalization(momentum=0.5)
      >>> layer(tf.constant([[1.0], [3.0]]), training=True).numpy().round(2)
      array([[-1.],
             [ 1.]], dtype=float32)
      >>> layer.moving_mean.numpy(), layer.moving_variance.numpy()
      (array([1.], dtype=float32), array([1.], dtype=float32))
    """

    _order = (..., "renorm", "renorm_clipping", "renorm_momentum")

    axis: Any
    epsilon: float
    momentum: float
    moving_mean_initializer: Any
    moving_stddev: Any
    moving_variance_initializer: Any
    renorm: bool
    renorm_clipping: dict[str, float]
    renorm_mean: Any
    renorm_momentum: float
    renorm_stddev: Any
    synchronized: bool

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if renorm:
            renorm_clipping = renorm_clipping or {}
            _check_clipping(renorm_clipping)
        self._take(
            axis=int(axis),
            momentum=float(momentum),
            epsilon=float(epsilon),
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            moving_mean_initializer=moving_mean_initializer,
            moving_variance_initializer=moving_variance_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            renorm=renorm,
            renorm_clipping=renorm_clipping,
            renorm_momentum=renorm_momentum,
            synchronized=synchronized,
        )
        self.gamma: Any = None
        self.beta: Any = None
        self.moving_mean: Any = None
        self.moving_variance: Any = None

    def build(self, input_shape: Shape) -> None:
        """Creates the weights."""
        shape = (input_shape[self.axis],)
        self._scale_and_shift(shape)
        for name in ("moving_mean", "moving_variance"):
            setattr(self, name, self._weight(name, shape, trainable=False, autocast=False))
        if self.renorm:
            initializers = {
                "moving_stddev": self._root_of_variance,
                "renorm_mean": _alike(self.moving_mean_initializer),
                "renorm_stddev": self._root_of_variance,
            }
            for name, initializer in initializers.items():
                weight = self.add_weight(
                    name=name, shape=shape, initializer=initializer, trainable=False, autocast=False
                )
                setattr(self, name, weight)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: input_shape[self.axis]})
        axes = list(range(len(input_shape)))
        del axes[self.axis]
        self._axes = axes
        wide = [1] * len(input_shape)
        wide[self.axis] = shape[0]
        # With channels last, vectors broadcast without reshaping.
        self._wide = None if len(axes) == len(input_shape) - 1 and axes == list(range(len(axes))) else tuple(wide)
        self.built = True

    def _root_of_variance(self, shape: Any, dtype: Any = None) -> Tensor:
        return apply_elementwise("sqrt", _alike(self.moving_variance_initializer)(shape, dtype=dtype))

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None) -> Tensor:
        """Computes the layer's output."""
        if mask is not None and mask.ndim != inputs.ndim - 1:
            raise ValueError(
                "The mask provided should be one dimension less than the inputs. "
                f"Received: mask.shape={mask.shape}, inputs.shape={inputs.shape}"
            )
        inputs, gamma, beta = self._precise(inputs)
        if training and self.trainable:
            mean, variance = self._moments(inputs, mask)
            if self.renorm:
                gamma, beta = self._renormed(mean, variance, gamma, beta)
            else:
                self._follow(self.moving_mean, mean, self.momentum)
                self._follow(self.moving_variance, variance, self.momentum)
        else:
            mean, variance = as_tensor(self.moving_mean), as_tensor(self.moving_variance)
        factor = apply_elementwise("rsqrt", variance + self.epsilon)
        if gamma is not None:
            factor = factor * gamma
        shift = mean * factor
        shift = -shift if beta is None else beta - shift
        if self._wide is not None:
            factor, shift = apply_reshape(factor, self._wide), apply_reshape(shift, self._wide)
        return self._finished(inputs * factor + shift)

    def _moments(self, inputs: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        if self.synchronized and replication.is_replica() and replication.replicated() is not None:
            return self._moments_of_all(inputs, mask)
        if mask is None:
            return moments(inputs, self._axes)
        kept = apply_reshape(apply_cast(mask, inputs.dtype), (*tuple(mask.shape), 1))
        kept = apply_broadcast_to(kept, tuple(inputs.shape))
        chosen = apply_cast(kept, dtypes.bool)
        count = apply_reduce("Sum", kept, self._axes, True) + settings.epsilon()
        mean = apply_reduce("Sum", apply_elementwise("select", chosen, inputs, 0.0), self._axes, True) / count
        squares = apply_elementwise("square", apply_elementwise("select", chosen, inputs - mean, 0.0))
        variance = apply_reduce("Sum", squares, self._axes, True) / count
        return apply_reshape(mean, (-1,)), apply_reshape(variance, (-1,))

    def _moments_of_all(self, inputs: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """The moments over all replicas' batches."""
        kept = full_like(inputs, 1.0)
        if mask is not None:
            kept = apply_reshape(apply_cast(mask, inputs.dtype), (*tuple(mask.shape), 1)) * kept
        strategy = replication.replicated()
        kept = kept * strategy._presence(inputs.dtype)

        def total(x: Tensor) -> Tensor:
            return apply_reduce("Sum", x * kept, self._axes, False)

        count, sums = strategy._totals([apply_reduce("Sum", kept, self._axes, False), total(inputs)])
        count = count + settings.epsilon() if mask is not None else count
        mean = sums / count
        wide = [1] * inputs.ndim
        wide[self.axis] = -1
        deviations = apply_elementwise("square", inputs - apply_reshape(mean, wide))
        return mean, strategy._totals([total(deviations)])[0] / count

    @staticmethod
    def _follow(moving: Any, value: Tensor, momentum: float) -> None:
        """Updates a moving mean."""
        moving.assign(moving * momentum + value * (1.0 - momentum))

    def _renormed(self, mean: Tensor, variance: Tensor, gamma: Any, beta: Any) -> tuple[Tensor, Tensor]:
        """Gamma and beta corrected by batch renormalization towards the moving values."""
        stddev = apply_elementwise("sqrt", variance + self.epsilon)
        expected = apply_elementwise("maximum", as_tensor(self.renorm_stddev), self.epsilon**0.5)
        ratio = apply_stop_gradient(stddev / expected)
        distance = apply_stop_gradient((mean - self.renorm_mean) / expected)
        bounds = self.renorm_clipping
        if bounds.get("rmin") is not None:
            ratio = apply_elementwise("maximum", ratio, bounds["rmin"])
        if bounds.get("rmax") is not None:
            ratio = apply_elementwise("minimum", ratio, bounds["rmax"])
        if bounds.get("dmax") is not None:
            distance = apply_elementwise("minimum", distance, bounds["dmax"])
            distance = apply_elementwise("maximum", distance, -bounds["dmax"])
        if gamma is not None:
            ratio, distance = ratio * gamma, distance * gamma
        if beta is not None:
            distance = distance + beta
        self._follow(self.renorm_mean, mean, self.renorm_momentum)
        self._follow(self.renorm_stddev, stddev, self.renorm_momentum)
        self._follow(self.moving_mean, mean, self.momentum)
        self._follow(self.moving_stddev, stddev, self.momentum)
        squared = apply_elementwise("square", as_tensor(self.moving_stddev))
        self.moving_variance.assign(apply_elementwise("relu", squared - self.epsilon))
        return ratio, distance


def _alike(initializer: Any) -> Any:
    """A copy of an initializer, which draws independently."""
    return (
        type(initializer).from_config(initializer.get_config()) if hasattr(initializer, "get_config") else initializer
    )


def _check_clipping(bounds: dict[str, float]) -> None:
    keys = ["rmax", "rmin", "dmax"]
    if set(bounds) - set(keys):
        raise ValueError(f"Received invalid keys for `renorm_clipping` argument: {bounds}. Supported values: {keys}.")
    low, high, distance = bounds.get("rmin"), bounds.get("rmax"), bounds.get("dmax")
    if low is not None and high is not None and high < low:
        raise ValueError(
            f"rmax should be greater than rmin in the `renorm_clipping` argument. Received: rmax={high}, rmin={low}."
        )
    if distance is not None and distance < 0:
        raise ValueError(f"dmax should be non-negative in the `renorm_clipping` argument. Received: dmax={distance}.")


class LayerNormalization(Normalizing):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, with the mean and variance over some axes of each example.

    Ba, Kiros and Hinton, Layer Normalization (2016).

    Args:
      axis: the axis that is normalized, or several; gamma and beta have their sizes.
      epsilon: a small number that keeps divisors away from 0.
      center: whether there is a beta.
      scale: whether there is a gamma.
      beta_initializer, gamma_initializer: initializers of the weights: an initializer, its name or its configuration.
      beta_regularizer, gamma_regularizer: regularizers of the weights.
      beta_constraint, gamma_constraint: constraints applied to the weights after each optimizer step.
      rms_scaling: whether inputs are divided alone, by the root of the variance, without being shifted.
      kwargs: `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      TypeError: an axis that is not an int.

    Example:
      >>> tf.keras.layers.LayerNormalization()(tf.constant([[1.0, 3.0], [10.0, 30.0]])).numpy().round(2)
      array([[-1.,  1.],
             [-1.,  1.]], dtype=float32)
    """

    _order = ("axis", "epsilon", "center", "scale", "rms_scaling", ...)

    center: bool
    epsilon: float
    rms_scaling: bool
    scale: bool

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        rms_scaling: bool = False,
        **kwargs: Any,
    ) -> None:
        if rms_scaling:
            warnings.warn(
                "You passed `rms_scaling=True`, which is deprecated. This argument incorrectly scales the input by "
                "the variance, not the root mean square. To correctly use RMS Normalization, please use "
                "`keras.layers.RMSNormalization` instead.",
                stacklevel=2,
            )
        super().__init__(**kwargs)
        self._take(
            axis=axis_of(axis, "Expected an int or a list/tuple of ints for the argument 'axis', but received: {!r}"),
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            rms_scaling=rms_scaling,
        )
        self.autocast = False

    def build(self, input_shape: Shape) -> None:
        """Creates the weights."""
        axes = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        self.axis: int | list[int] = axes
        shape = tuple(input_shape[axis] for axis in axes)
        self.gamma: Variable | None = (
            self._weight("gamma", shape, autocast=False) if self.scale or self.rms_scaling else None
        )
        self.beta: Variable | None = (
            self._weight("beta", shape, autocast=False) if self.center and not self.rms_scaling else None
        )
        rank = len(input_shape)
        places = {axis % rank for axis in axes}
        # If only the last axis is normalized, vectors broadcast without reshaping.
        self._wide = None
        if places != {rank - 1}:
            self._wide = tuple(input_shape[axis] if axis in places else 1 for axis in range(rank))
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        inputs, gamma, beta = self._precise(inputs)
        if self._wide is not None:
            gamma = None if gamma is None else apply_reshape(gamma, self._wide)
            beta = None if beta is None else apply_reshape(beta, self._wide)
        mean, variance = moments(inputs, self.axis, keepdims=True)
        factor = apply_elementwise("rsqrt", variance + self.epsilon)
        if self.rms_scaling:
            return self._finished(inputs * factor * gamma)
        if gamma is not None:
            factor = factor * gamma
        shift = mean * factor
        return self._finished(inputs * factor + (-shift if beta is None else beta - shift))


def axis_of(axis: Any, message: str) -> int | list[int]:
    """An axis unchanged, several as a list. TypeError for anything else."""
    if isinstance(axis, list | tuple):
        return list(axis)
    if isinstance(axis, int):
        return axis
    raise TypeError(message.format(axis))


class GroupNormalization(Normalizing):
    """Group normalization: over positions and groups of consecutive channels of each example.

    Wu and He, Group Normalization (2018).

    Args:
      groups: the number of groups, which divides that of channels; -1 for as many as there are channels.
      axis: the axis of channels.
      epsilon: a small number that keeps divisors away from 0.
      center: whether there is a beta.
      scale: whether there is a gamma.
      beta_initializer, gamma_initializer: initializers of the weights: an initializer, its name or its configuration.
      beta_regularizer, gamma_regularizer: regularizers of the weights.
      beta_constraint, gamma_constraint: constraints applied to the weights after each optimizer step.
      kwargs: `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: an invalid number of groups.

    Example:
      >>> layer = tf.keras.layers.GroupNormalization(groups=2)
      >>> layer(tf.constant([[1.0, 3.0, 10.0, 30.0]])).numpy().round(2)
      array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    groups: int

    axis: Any
    epsilon: float

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(groups, int) or (groups <= 0 and groups != -1):
            raise ValueError(
                "Received an invalid value for argument `groups`, expected a positive integer (or `-1` for instance "
                f"normalization). Received: groups={groups}"
            )
        super().__init__(**kwargs)
        self._take(
            groups=groups,
            axis=axis,
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self.autocast = False

    def build(self, input_shape: Shape) -> None:
        """Creates the weights."""
        channels = input_shape[self.axis]
        if channels is None:
            raise ValueError(
                f"Axis {self.axis} of input tensor should have a defined dimension but the layer received an input "
                f"with shape {input_shape}."
            )
        if self.groups == -1:
            self.groups = channels
        if channels < self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) cannot be more than the number of channels ({channels})."
            )
        if channels % self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) must be a multiple of the number of channels ({channels})."
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})
        self._scale_and_shift((channels,))
        self._place = self.axis % len(input_shape)
        self._wide = [1] * len(input_shape)
        self._wide[self._place : self._place + 1] = [self.groups, channels // self.groups]
        self._axes = [axis for axis in range(1, len(input_shape) + 1) if axis != self._place]
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        inputs, gamma, beta = self._precise(inputs)
        shape, place = inputs.shape.as_list(), self._place
        grouped = apply_reshape(inputs, (*shape[:place], *self._wide[place : place + 2], *shape[place + 1 :]))
        mean, variance = moments(grouped, self._axes, keepdims=True)
        factor = apply_elementwise("rsqrt", variance + self.epsilon)
        if gamma is not None:
            factor = factor * apply_reshape(gamma, self._wide)
        shift = -mean * factor
        if beta is not None:
            shift = shift + apply_reshape(beta, self._wide)
        return self._finished(apply_reshape(grouped * factor + shift, shape))
