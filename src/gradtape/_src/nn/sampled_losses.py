"""Losses over a sample of many classes, and averages of losses over batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_cast,
    apply_elementwise,
    apply_matmul,
    apply_reduce,
    apply_reshape,
    apply_stop_gradient,
    as_tensor,
    tensor_from,
    view,
)
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.replication import replicas_of
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.nn.cross_entropies import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
)
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.joining import concat
from gradtape._src.random.candidates import log_uniform_candidate_sampler
from gradtape._src.table.rows import call, integer, op, real, single

_HIDDEN = float(np.finfo(np.float32).min)  # is added to the logit of an accidental hit


def _sampled_logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int,
    sampled_values: Any,
    hide_hits: bool,
    seed: int | None,
) -> tuple[Tensor, Tensor]:
    """The logits of true and of sampled classes, minus the logarithms of their expected counts, and labels.

    They have shape [batch, num_true + num_sampled].
    """
    if isinstance(weights, list | tuple):
        weights = concat(weights, axis=0)
    x = as_tensor(inputs)
    classes = apply_cast(labels, dtypes.int64)
    if sampled_values is None:
        sampled_values = log_uniform_candidate_sampler(classes, num_true, num_sampled, True, num_classes, seed)
    if not isinstance(sampled_values, tuple | list) or len(sampled_values) != 3:
        raise ValueError(f"`sampled_values` must be classes and two tensors of counts, received {sampled_values!r}")
    sampled, true_expected, sampled_expected = map(as_tensor, sampled_values)
    sampled = apply_cast(apply_stop_gradient(sampled), dtypes.int64)
    flat = apply_reshape(classes, (-1,))
    chosen = concat([flat, sampled], axis=0)
    # Gathers from the argument as given: then the gradient of a variable has only these rows.
    rows, offsets = gather(weights, chosen), gather(biases, chosen)
    count, width = flat.shape[0], rows.shape[-1]
    true_rows = apply_reshape(rows[:count], (-1, num_true, width))
    true_logits = apply_reduce("Sum", apply_reshape(x, (-1, 1, width)) * true_rows, -1, False)
    true_logits = true_logits + apply_reshape(offsets[:count], (-1, num_true))
    sampled_logits = apply_matmul(x, rows[count:], False, True) + offsets[count:]
    if hide_hits:
        equal = apply_elementwise("equal", apply_reshape(classes, (-1, num_true, 1)), sampled)
        hits = apply_reduce("Max", apply_cast(equal, x.dtype), 1, False)
        sampled_logits = sampled_logits + hits * _HIDDEN
    true_logits = true_logits - _log(true_expected, x.dtype)
    sampled_logits = sampled_logits - _log(sampled_expected, x.dtype)
    targets = np.zeros((true_logits.shape[0], num_true + sampled.shape[0]))
    targets[:, :num_true] = 1 / num_true
    return concat([true_logits, sampled_logits], axis=1), tensor_from(targets, x.dtype)


def _log(counts: Tensor, dtype: dtypes.DType) -> Tensor:
    return apply_elementwise("log", apply_cast(apply_stop_gradient(counts), dtype))


def _samples() -> list[Any]:
    counts = np.linspace(0.3, 1.5, 9, dtype=np.float32)
    few = (integer([0, 2, 3], "int64"), counts[:3, None], counts[3:6])
    one, two = integer([[1], [2], [4]], "int64"), integer([[1, 0], [2, 4], [4, 4]], "int64")
    pairs = (few[0], counts[:6].reshape(3, 2), counts[6:])
    return [
        call(real(5, 2), real(5), one, real(3, 2), 3, 5, sampled_values=few),
        call(real(5, 2), real(5), two, real(3, 2), 3, 5, 2, sampled_values=pairs),
        call(real(5, 2), real(5), one, real(3, 2), 3, 5, sampled_values=few, remove_accidental_hits=True),
        call(real(5, 2), real(5), one, real(3, 2), 3, 5, sampled_values=few, remove_accidental_hits=False),
    ]


def _counted(tf: Any, function: Any, *arguments: Any, **keywords: Any) -> Any:
    """Converts expected counts to the weights' dtype, as TensorFlow requires."""
    sampled, *expected = keywords.pop("sampled_values")
    counts = [tf.cast(count, arguments[0].dtype) for count in expected]
    return function(*arguments, **keywords, sampled_values=(sampled, *counts))


@op("nn.nce_loss", samples=_samples, program=_counted)
def nce_loss(
    weights: Any,
    biases: TensorLike,
    labels: TensorLike,
    inputs: TensorLike,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    name: str = "nce_loss",
) -> Tensor:
    """Noise-contrastive estimation: cross entropies of classifying true and sampled classes.

    Gutmann and Hyvärinen, Noise-Contrastive Estimation: A New Estimation Principle for Unnormalized Statistical Models
    (2010).

    Args:
      weights: of shape [num_classes, width], or a list of its shards along the first axis.
      biases: of shape [num_classes].
      labels: the true classes, integers of shape [batch, num_true].
      inputs: of shape [batch, width].
      num_sampled: number of classes drawn for the batch.
      num_classes: the number of classes.
      num_true: the number of true classes per example.
      sampled_values: a sampler's result; None for `tf.random.log_uniform_candidate_sampler`, unique.
      remove_accidental_hits: whether to ignore a sampled class that is one of the example's true classes.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch].

    Raises:
      InvalidArgumentError: shapes or dtypes do not fit.

    Example:
      >>> classes = tf.random.all_candidate_sampler([[1]], 1, 2, True)
      >>> tf.nn.nce_loss(tf.zeros([2, 3]), tf.zeros(2), [[1]], tf.ones([1, 3]), 2, 2, sampled_values=classes).numpy()
      array([2.0794415], dtype=float32)
    """
    logits, targets = _sampled_logits(
        *(weights, biases, labels, inputs, num_sampled, num_classes, num_true),
        *(sampled_values, remove_accidental_hits, None),
    )
    return apply_reduce("Sum", sigmoid_cross_entropy_with_logits(targets, logits), 1, False)


@op("nn.sampled_softmax_loss", samples=_samples, program=_counted)
def sampled_softmax_loss(
    weights: Any,
    biases: TensorLike,
    labels: TensorLike,
    inputs: TensorLike,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    seed: int | None = None,
    name: str = "sampled_softmax_loss",
) -> Tensor:
    """The cross entropy of a softmax over the true and a few sampled classes.

    Jean, Cho, Memisevic and Bengio, On Using Very Large Target Vocabulary for Neural Machine Translation (2015). It
    underestimates the cross entropy over all classes, and is for training.

    Args:
      weights: of shape [num_classes, width], or a list of its shards along the first axis.
      biases: of shape [num_classes].
      labels: the true classes, integers of shape [batch, num_true].
      inputs: of shape [batch, width].
      num_sampled: number of classes drawn for the batch.
      num_classes: the number of classes.
      num_true: the number of true classes per example.
      sampled_values: a sampler's result; None for `tf.random.log_uniform_candidate_sampler`, unique.
      remove_accidental_hits: whether to ignore a sampled class that is one of the example's true classes.
      seed: the seed of that sampler.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [batch].

    Raises:
      InvalidArgumentError: shapes or dtypes do not fit.

    Example:
      >>> weights, biases = tf.zeros([4, 3]), tf.zeros(4)
      >>> classes = tf.random.all_candidate_sampler([[1]], 1, 4, True)
      >>> tf.nn.sampled_softmax_loss(weights, biases, [[1]], tf.ones([1, 3]), 4, 4, sampled_values=classes).numpy()
      array([1.3862944], dtype=float32)
    """
    logits, targets = _sampled_logits(
        *(weights, biases, labels, inputs, num_sampled, num_classes, num_true),
        *(sampled_values, remove_accidental_hits, seed),
    )
    return softmax_cross_entropy_with_logits(targets, logits)


@op(
    "nn.compute_average_loss",
    samples=lambda: [
        *(call(real(3)), call(real(2, 3)), call(real(4), global_batch_size=8)),
        *(single(real(3), sample_weight=real(3)), single(real(2, 3), sample_weight=real(2))),
    ],
    edges=lambda: [call(real(3), global_batch_size=0)],
)
def compute_average_loss(
    per_example_loss: TensorLike, sample_weight: TensorLike | None = None, global_batch_size: IntLike | None = None
) -> Tensor:
    """The sum of losses divided by the global batch size.

    Args:
      per_example_loss: losses of examples, of at least one axis.
      sample_weight: factors of the losses, of their shape or that of their first axes.
      global_batch_size: the size of the batch; None for that of the first axis, times the number of replicas.

    Returns:
      A scalar of the dtype of the losses, 0 if the batch is empty.

    Raises:
      ValueError: the losses have no axis.
      TypeError: global_batch_size is not an integer.
      InvalidArgumentError: it is negative.
      RuntimeError: it is called in a strategy's scope outside a replica.

    Example:
      >>> tf.nn.compute_average_loss([1.0, 2.0, 3.0], global_batch_size=6).numpy()
      np.float32(1.0)
    """
    losses = as_tensor(per_example_loss)
    if not losses.ndim:
        raise ValueError(
            "Invalid value passed for `per_example_loss`. Expected a tensor with at least rank 1. Received "
            f"per_example_loss={per_example_loss} with rank 0"
        )
    dtype = losses.dtype
    if sample_weight is not None:
        weights = apply_cast(sample_weight, dtype)
        losses = losses * apply_reshape(weights, (*weights.shape, *[1] * (losses.ndim - weights.ndim)))
    replicas = replicas_of("compute_average_loss")
    size = as_tensor(losses.shape[0] * replicas if global_batch_size is None else global_batch_size)
    if size.ndim:
        raise ValueError(f"global_batch_size must be scalar. Received shape: {tuple(size.shape)}")
    if not size.dtype.is_integer:
        raise TypeError(
            'global_batch_size must be an integer..  Expected "x" to be integer type.  Found: tensor of dtype '
            f"{size.dtype!r}"
        )
    if view(size) < 0:
        raise InvalidArgumentError(None, None, f"global_batch_size must be non-negative. Received: {view(size)}")
    return apply_elementwise("divide_no_nan", apply_reduce("Sum", losses, None, False), apply_cast(size, dtype))


@op("nn.scale_regularization_loss", samples=lambda: [call(real(3)), call(real())])
def scale_regularization_loss(regularization_loss: TensorLike) -> Tensor:
    """The sum of regularization losses, divided by the number of a strategy's replicas, each of which has them all.

    Args:
      regularization_loss: a tensor of losses.

    Returns:
      A scalar.

    Raises:
      RuntimeError: it is called in a strategy's scope outside a replica.

    Example:
      >>> tf.nn.scale_regularization_loss([1.0, 2.0]).numpy()
      np.float32(3.0)
    """
    replicas = replicas_of("scale_regularization_loss")
    total = apply_reduce("Sum", as_tensor(regularization_loss), None, False)
    return total if replicas == 1 else total / float(replicas)
