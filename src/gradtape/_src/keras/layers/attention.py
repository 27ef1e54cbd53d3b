"""Attention: weighted means of values, with weights from the similarity of queries and keys."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradtape._engine.api.api import (
    apply_cast,
    apply_elementwise,
    apply_matmul,
    apply_reduce,
    tensor_from,
)
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import random
from gradtape._src.keras.keras_tensor import KerasTensor, keras_ops
from gradtape._src.keras.layers.configured import Configured
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.operation import is_remembered
from gradtape._src.nn.cross_entropies import softmax
from gradtape._src.ops.shapes import expand_dims

if TYPE_CHECKING:
    from gradtape._src.keras.variable import Variable


@functools.lru_cache(64)
def earlier(queries: int, keys: int) -> Tensor:
    """The causal mask, of shape (1, queries, keys)."""
    return tensor_from(np.tri(queries, keys, dtype=bool)[None])


def both(*masks: Any) -> Any:
    """The conjunction of the masks that are not None, or None."""
    found = None
    for mask in masks:
        if mask is not None:
            mask = mask if mask.dtype is dtypes.bool else apply_cast(mask, dtypes.bool)
            found = mask if found is None else apply_elementwise("logical_and", found, mask)
    return found


class Attention(Configured):
    """softmax(scores of queries and keys) @ values, called with [queries, values] or [queries, values, keys].

    Args:
      use_scale: whether scores are multiplied by a weight.
      score_mode: "dot" for query · key, "concat" for the sum of tanh(query + key) times a weight.
      dropout: the fraction of weights to drop in training.
      seed: an int to seed the random numbers, or None.
      kwargs: `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: another score_mode, or inputs that are not such a list when the layer is called.

    Example:
      >>> queries, values = tf.constant([[[9.0, 0.0]]]), tf.constant([[[1.0, 0.0], [0.0, 1.0]]])
      >>> tf.keras.layers.Attention()([queries, values]).numpy().round(3)
      array([[[1., 0.]]], dtype=float32)
    """

    dropout: float
    score_mode: str
    use_scale: bool

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._take(use_scale=use_scale, score_mode=score_mode, dropout=dropout, seed=seed)
        if dropout > 0:
            self.seed_generator: random.SeedGenerator = random.SeedGenerator(seed)
        if score_mode not in ("dot", "concat"):
            raise ValueError(
                "Invalid value for argument score_mode. Expected one of {'dot', 'concat'}. "
                f"Received: score_mode={score_mode}"
            )

    def build(self, input_shape: Any) -> None:
        """Creates the weights."""
        self._validate(input_shape)
        self.scale: Variable | None = (
            self.add_weight(name="scale", shape=(), initializer="ones") if self.use_scale else None
        )
        self.concat_score_weight: Any = None
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(name="concat_score_weight", shape=(), initializer="ones")
        self.built = True

    def _calculate_scores(self, query: Tensor, key: Tensor) -> Tensor:
        if self.score_mode == "dot":
            scores = apply_matmul(query, key, False, True)
            return scores if self.scale is None else scores * self.scale
        sums = _pairs(query, key)
        sums = sums if self.scale is None else self.scale * sums
        return self.concat_score_weight * apply_reduce("Sum", apply_elementwise("tanh", sums), -1, False)

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool | None = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """Computes the attention output."""
        self._validate(inputs, mask)
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) > 2 else value
        of_query, of_value = mask[:2] if mask else (None, None)
        scores = self._calculate_scores(query=query, key=key)
        kept = of_value
        if use_causal_mask:
            kept = both(earlier(*tuple(scores.shape)[-2:]), None if of_value is None else expand_dims(of_value, -2))
        if kept is not None:
            kept = expand_dims(kept, -2) if kept.ndim == 2 else kept
            scores = apply_elementwise("select", kept, scores, scores - 1e9)
        weights = softmax(scores, -1)
        if training and self.dropout > 0:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        output = apply_matmul(weights, value, False, False)
        if of_query is not None:
            output = apply_elementwise("select", expand_dims(of_query, -1), output, 0.0)
        return (output, weights) if return_attention_scores else output

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of queries."""
        self._validate(inputs, mask)
        return None if mask is None or mask[0] is None else keras_ops().convert_to_tensor(mask[0])

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        """The output shape for these input shapes."""
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self,
        inputs: Any,
        mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """The shapes and dtypes of the outputs."""
        self._validate(inputs, mask)
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) > 2 else value
        shapes = [self.compute_output_shape([query.shape, value.shape, key.shape])]
        if return_attention_scores:
            shapes.append((*query.shape[:-1], key.shape[-2]))
        found = symbols(shapes, self.compute_dtype, inputs)
        return tuple(found) if return_attention_scores else found[0]

    def _validate(self, inputs: Any, mask: Any = None) -> None:
        """Raises ValueError unless inputs, and masks if there are any, are lists of two or three."""
        name = type(self).__name__
        if not isinstance(inputs, list):
            raise ValueError(
                f"{name} layer must be called on a list of inputs, namely [query, value] or [query, value, key]. "
                f"Received: inputs={inputs}."
            )
        if len(inputs) < 2 or len(inputs) > 3:
            raise ValueError(
                f"{name} layer accepts inputs list of length 2 or 3, namely [query, value] or [query, value, key]. "
                f"Received length: {len(inputs)}."
            )
        if mask is not None:
            if not isinstance(mask, list):
                raise ValueError(
                    f"{name} layer mask must be a list, namely [query_mask, value_mask]. Received: mask={mask}."
                )
            if len(mask) < 2 or len(mask) > 3:
                raise ValueError(
                    f"{name} layer accepts mask list of length 2 or 3. Received: inputs={inputs}, mask={mask}."
                )


def _pairs(query: Tensor, key: Tensor) -> Tensor:
    """The sum of every query and every key."""
    return expand_dims(query, -2) + expand_dims(key, -3)


def symbols(shapes: Sequence[Shape], dtype: str, inputs: Any) -> list[KerasTensor]:
    remembered = is_remembered(inputs)
    return [KerasTensor(shape, dtype, record_history=remembered) for shape in shapes]


class AdditiveAttention(Attention):
    """Attention whose scores are sums of tanh(query + key), called with [queries, values] or [queries, values, keys].

    Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to Align and Translate (2015).

    Args:
      use_scale: whether the sum is weighted by a learned vector.
      dropout: the fraction of weights to drop in training.
      kwargs: `seed`, and `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: inputs that are not such a list, when the layer is called.

    Example:
      >>> queries, values = tf.zeros([1, 3, 2]), tf.constant([[[1.0, 0.0], [3.0, 2.0]]])
      >>> tf.keras.layers.AdditiveAttention(use_scale=False)([queries, values]).shape.as_list()
      [1, 3, 2]
    """

    seed: Any
    use_scale: bool

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Creates the scale."""
        self._validate(input_shape)
        size = input_shape[0][-1]
        self.scale: Variable | None = None
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(size,), initializer="glorot_uniform")
        self.built = True

    def _calculate_scores(self, query: Tensor, key: Tensor) -> Tensor:
        bent = apply_elementwise("tanh", _pairs(query, key))
        return apply_reduce("Sum", bent if self.scale is None else self.scale * bent, -1, False)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        return {**super().get_config(), "seed": self.seed}
