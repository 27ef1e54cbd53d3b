"""Multi-head and grouped-query attention."""

from __future__ import annotations

import functools
import math
import operator
import string
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from gradtape._engine.api.api import (
    apply_elementwise,
    apply_matmul,
    apply_transpose,
    tensor_from,
)
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.inputs import set_mask
from gradtape._src.keras.layers.activation_layers import Softmax
from gradtape._src.keras.layers.attention import both, earlier, symbols
from gradtape._src.keras.layers.configured import Configured
from gradtape._src.keras.layers.dense import EinsumDense, Shape
from gradtape._src.keras.layers.dropout import Dropout
from gradtape._src.keras.layers.reshaping import positive, repeated
from gradtape._src.linalg.contractions import einsum
from gradtape._src.nn.cross_entropies import softmax
from gradtape._src.ops.shapes import expand_dims

_AXES = string.ascii_lowercase


@functools.lru_cache(64)
def _near(queries: int, keys: int, window: int) -> Tensor:
    """The mask of a sliding window, of shape (1, queries, keys)."""
    return tensor_from((np.abs(np.arange(queries)[:, None] - np.arange(keys)) < window)[None])


_PROJECTIONS = """  kernel_initializer, bias_initializer: initializers of weights, their names or configurations.
  kernel_regularizer, bias_regularizer, activity_regularizer: regularizers of weights and projections.
  kernel_constraint, bias_constraint: constraints on weights.
  use_gate: whether to multiply results by the sigmoid of a projection of queries before the last projection.
  seed: an int to seed dropout, or None.
  kwargs: `name`, `trainable` and `dtype`, as :class:`Layer` takes them."""


class Heads(Configured):
    """Base of multi-head attention: projections, masks, scores.

    Attributes:
      dtype_of_masked: the substitute for minus infinity among scores.
    """

    sliding_window: Any
    use_bias: Any

    _unwritten = ("flash_attention",)
    _masked: ClassVar[float] = -0.7 * 3.38953e38

    def _common(self, sliding_window: int | None, flash_attention: bool | None) -> None:
        """Validates options. Raises ValueError if one is invalid."""
        if sliding_window is not None and (not isinstance(sliding_window, int) or sliding_window <= 0):
            raise ValueError(
                f"`sliding_window` must be `None` or a positive integer. Received: sliding_window={sliding_window}"
            )
        if flash_attention:
            raise ValueError("Flash attention is not supported here: leave out `flash_attention`.")
        self.supports_masking = True

    def _projection(self, name: str, equation: str, shape: Sequence[int | None], bias: str, **more: Any) -> EinsumDense:
        """A projection layer with the options of this layer."""
        options: dict[str, Any] = {"bias_axes": bias if self.use_bias else None, "name": name}
        for family in ("regularizer", "constraint"):
            for weight in ("kernel", "bias"):
                options[f"{weight}_{family}"] = getattr(self, f"{weight}_{family}")
        for weight in ("kernel", "bias"):
            # An initializer of its own: its numbers do not depend on others.
            initializer = getattr(self, f"{weight}_initializer")
            options[f"{weight}_initializer"] = type(initializer).from_config(initializer.get_config())
        options["activity_regularizer"] = self.activity_regularizer
        return EinsumDense(equation, output_shape=shape, dtype=self.dtype_policy, **options, **more)

    def _masks(
        self, query: Tensor, value: Tensor, query_mask: Any, value_mask: Any, key_mask: Any, mask: Any, causal: bool
    ) -> Any:
        """The combined mask, of shape (batch, queries, keys), or None."""
        queries, keys = query.shape[1], value.shape[1]
        return both(
            mask,
            None if query_mask is None else expand_dims(query_mask, -1),
            None if value_mask is None else expand_dims(value_mask, -2),
            None if key_mask is None else expand_dims(key_mask, -2),
            earlier(queries, keys) if causal else None,
            None if self.sliding_window is None else _near(queries, keys, self.sliding_window),
        )

    def _attended(self, query: Tensor, key: Tensor, value: Tensor, mask: Any, scale: float) -> Tensor:
        """The means of values, head by head, all of (batch, positions, heads, size)."""
        query, key, value = (apply_transpose(part, (0, 2, 1, 3)) for part in (query * scale, key, value))
        scores = apply_matmul(query, key, False, True)
        if mask is not None:
            scores = apply_elementwise("select", expand_dims(mask, 1) if mask.ndim == 3 else mask, scores, self._masked)
        return apply_transpose(apply_matmul(softmax(scores, -1), value, False, False), (0, 2, 1, 3))


def _projected(layer: EinsumDense, inputs: Tensor) -> Tensor:
    """Applies a projection; as a full layer call only if its outputs are regularized."""
    return layer.call(inputs) if layer.activity_regularizer is None else layer(inputs)


class MultiHeadAttention(Heads):
    _order = ("num_heads", "key_dim", "value_dim", "dropout", "use_bias", "use_gate", ...)
    _takes_masks_away = True
    attention_axes: Any
    _gate_dense: Any
    _key_dense: Any
    _query_dense: Any
    _value_dense: Any
    dropout: float
    key_dim: int
    num_heads: int
    output_shape: Any
    seed: int | None
    use_gate: bool
    value_dim: int | None
    __doc__ = f"""Multi-head attention: each head projects queries, keys and values; the outputs are projected.

Vaswani et al., Attention Is All You Need (2017). Called with queries, values and optionally keys; `query_mask`,
`value_mask` and `key_mask` select valid ones, `attention_mask` of shape [batch, queries, keys] the keys of each query.

Args:
  num_heads: the number of heads.
  key_dim: the size of each head's queries and keys.
  value_dim: the size of each head's values; key_dim by default.
  dropout: the fraction of attention weights dropped during training.
  use_bias: whether projections have a bias.
  output_shape: the sizes of the result's last axes; by default the queries' size.
  attention_axes: the axes of positions; by default all between those of examples and features.
  sliding_window: the maximum distance of keys from a query, in positions; None for any distance.
  flash_attention: not used; None or False.
{_PROJECTIONS}

Raises:
  ValueError: sizes that are not positive ints, or shapes that do not match.

Example:
  >>> layer = tf.keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)
  >>> output, scores = layer(tf.ones([1, 3, 8]), tf.ones([1, 5, 8]), return_attention_scores=True)
  >>> output.shape.as_list(), scores.shape.as_list()
  ([1, 3, 8], [1, 2, 3, 5])
"""

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        for name, size in (("num_heads", num_heads), ("key_dim", key_dim), ("value_dim", value_dim)):
            may_be_none = name == "value_dim"
            if not (size is None and may_be_none) and (not isinstance(size, int) or size <= 0):
                raise ValueError(
                    f"Received an invalid value for argument `{name}`, expected a positive integer"
                    f"{' or `None`' if may_be_none else ''}. Received: {name}={size}"
                )
        super().__init__(**kwargs)
        if output_shape:
            if not isinstance(output_shape, int | list | tuple):
                raise ValueError(
                    f"Invalid `output_shape`: {output_shape}. When specified, the `output_shape` should be of type "
                    "tuple, list, or int."
                )
            output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        if isinstance(attention_axes, int):
            attention_axes = (attention_axes,)
        elif attention_axes and not isinstance(attention_axes, list | tuple):
            raise ValueError(
                f"`attention_axes` must be an int, list, or tuple.Received: attention_axes={attention_axes}"
            )
        self._take(
            num_heads=num_heads,
            key_dim=key_dim,
            value_dim=value_dim or key_dim,
            dropout=dropout,
            use_bias=use_bias,
            output_shape=output_shape,
            attention_axes=attention_axes,
            sliding_window=sliding_window,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            use_gate=use_gate,
            seed=seed,
        )
        self._common(sliding_window, flash_attention)

    def build(  # type: ignore[override]  # shapes by the names of the tensors, as Keras asks for them
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> None:
        """Makes the projections."""
        key_shape = value_shape if key_shape is None else key_shape
        _check_places(value_shape, key_shape)
        heads, keys, values = self.num_heads, self.key_dim, self.value_dim
        parts = [
            ("query", query_shape, keys, {}),
            ("key", key_shape, keys, {}),
            *([("gate", query_shape, values, {"activation": "sigmoid"})] if self.use_gate else []),
            ("value", value_shape, values, {}),
        ]
        for name, shape, size, more in parts:
            equation, bias = _projection(len(shape) - 1, 1, 2)
            free = [None] * (len(shape) - 2)
            layer = self._projection(name, equation, (*free, heads, size), bias, **more)
            setattr(self, f"_{name}_dense", layer)
            layer.build(shape)
        rank = len(value_shape) + 1
        axes = self.attention_axes
        if axes is None:
            self.attention_axes = tuple(range(1, rank - 2))
        else:
            self.attention_axes = tuple(axis if axis >= 0 else rank - 1 + axis for axis in axes)
        self._equations = _attention(rank, self.attention_axes)
        count = len(self.attention_axes)
        self._softmax = Softmax(axis=tuple(range(-count, 0)), dtype=self.dtype_policy)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)
        sizes = self.output_shape or (query_shape[-1],)
        equation, bias = _projection(len(query_shape) - 1, 2, len(sizes))
        free = [None] * (len(query_shape) - 2)
        self._output_dense = self._projection("attention_output", equation, (*free, *sizes), bias)
        self._output_dense.build((*query_shape[:-1], heads, values))
        self.built = True

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """Computes the attention output."""
        key = value if key is None else key
        # As in Keras the masks are removed from the inputs: nothing else that uses these sees them any more.
        for given in (query, value, key):
            set_mask(given, None)
        mask = self._masks(query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask)
        gate = _projected(self._gate_dense, query) if self.use_gate else None
        parts = (
            _projected(self._query_dense, query),
            _projected(self._key_dense, key),
            _projected(self._value_dense, value),
        )
        scores = None
        scale = 1.0 / math.sqrt(self.key_dim)
        if self.dropout > 0 or return_attention_scores or parts[0].ndim != 4:
            output, scores = self._weighed(*parts, mask, scale, training)
        else:
            output = self._attended(*parts, mask, scale)
        output = _projected(self._output_dense, output if gate is None else output * gate)
        if query_mask is not None:
            set_mask(output, query_mask)
        return (output, scores) if return_attention_scores else output

    def _weighed(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Any, scale: float, training: bool | None
    ) -> tuple[Tensor, Tensor]:
        """The weighted means of values along any axes, and the weights."""
        product, combination = self._equations
        scores = einsum(product, key, query * scale)
        if mask is not None:
            for _ in range(scores.ndim - mask.ndim):
                mask = expand_dims(mask, -len(self.attention_axes) * 2 - 1)
        weights = self._softmax.call(scores, mask=mask)
        dropped = self._dropout_layer.call(weights, training=training)
        return einsum(combination, dropped, value), weights

    def compute_output_shape(self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None) -> Shape:
        """The output shape for these input shapes."""
        _check_places(value_shape, value_shape if key_shape is None else key_shape)
        return (*query_shape[:-1], *(self.output_shape or query_shape[-1:]))

    def compute_output_spec(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """The shapes and dtypes of the outputs."""
        shapes = [self.compute_output_shape(query.shape, value.shape, None if key is None else key.shape)]
        if return_attention_scores:
            shapes.append((query.shape[0], self.num_heads, query.shape[1], (value if key is None else key).shape[1]))
        found = symbols(shapes, self.compute_dtype, [query, value, key])
        return tuple(found) if return_attention_scores else found[0]

    @property
    def query_dense(self) -> EinsumDense:
        """The projection of queries."""
        return self._query_dense

    @property
    def key_dense(self) -> EinsumDense:
        """The projection of keys."""
        return self._key_dense

    @property
    def value_dense(self) -> EinsumDense:
        """The projection of values."""
        return self._value_dense

    @property
    def output_dense(self) -> EinsumDense:
        """The projection of the output."""
        return self._output_dense


def _check_places(value_shape: Shape, key_shape: Shape) -> None:
    if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
        raise ValueError(
            "All dimensions of `value` and `key`, except the last one, must be equal. Received: "
            f"value_shape={value_shape} and key_shape={key_shape}"
        )


def _projection(free: int, bound: int, outputs: int) -> tuple[str, str]:
    """The equation of a projection of a number of axes to others, and the letters of the latter."""
    kept, summed, made = _AXES[:free], _AXES[free : free + bound], _AXES[free + bound : free + bound + outputs]
    return f"{kept}{summed},{summed}{made}->{kept}{made}", made


def _attention(rank: int, axes: tuple[int, ...]) -> tuple[str, str]:
    """The equations of scores of keys and queries, and of means of values, along some axes of tensors of a rank."""
    target = _AXES[:rank]
    source = list(target)
    for letter, axis in enumerate(axes, rank):
        source[axis] = _AXES[letter]
    batch = [target[axis] for axis in range(rank - 1) if axis not in axes]
    scores = "".join([*batch, *(target[axis] for axis in axes), *(source[axis] for axis in axes)])
    return f"{''.join(source)},{target}->{scores}", f"{scores},{''.join(source)}->{target}"


class GroupedQueryAttention(Heads):
    _order = ("head_dim", "num_query_heads", "num_key_value_heads", "use_bias", "use_gate", "sliding_window", ...)
    _gate_dense: Any
    _key_dense: Any
    _query_dense: Any
    _value_dense: Any
    dropout: float
    head_dim: int
    num_key_value_heads: int
    num_query_heads: int
    seed: int | None
    use_gate: bool
    __doc__ = f"""Multi-head attention in which groups of heads share keys and values.

Ainslie et al., GQA: Training Generalized Multi-Query Transformer Models from Multi-Head Checkpoints (2023). Called like
:class:`MultiHeadAttention`.

Args:
  head_dim: the size of each head's queries, keys and values.
  num_query_heads: the number of heads.
  num_key_value_heads: the number of groups, which must divide num_query_heads.
  dropout: the fraction of attention weights dropped during training.
  use_bias: whether projections have a bias.
  sliding_window: the maximum distance of keys from a query, in positions; None for any distance.
  flash_attention: not used; None or False.
{_PROJECTIONS}

Raises:
  TypeError: sizes that are not integers.
  ValueError: sizes that are not positive, heads not divisible by groups, or shapes that do not match.

Example:
  >>> layer = tf.keras.layers.GroupQueryAttention(head_dim=4, num_query_heads=6, num_key_value_heads=2)
  >>> layer(tf.ones([1, 3, 8]), tf.ones([1, 5, 8])).shape.as_list()
  [1, 3, 8]
"""

    _title = "GroupQueryAttention"  # as Keras names it to programs

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        head_dim = positive(operator.index(head_dim), "head_dim")
        num_query_heads = positive(operator.index(num_query_heads), "num_query_heads")
        num_key_value_heads = positive(operator.index(num_key_value_heads), "num_key_value_heads")
        if num_query_heads % num_key_value_heads:
            raise ValueError("`num_query_heads` must be divisible by `num_key_value_heads`.")
        self._take(
            head_dim=head_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            dropout=dropout,
            use_bias=use_bias,
            sliding_window=sliding_window,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            use_gate=use_gate,
            seed=seed,
        )
        self._common(sliding_window, flash_attention)

    def build(  # type: ignore[override]  # shapes by the names of the tensors, as Keras asks for them
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> None:
        """Makes the projections."""
        heads, groups, size = self.num_query_heads, self.num_key_value_heads, self.head_dim
        of_queries, of_keys = "bqm,muh->bquh", "bkm,mvh->bkvh"
        parts = [
            ("query", of_queries, heads, "uh", query_shape, {}),
            ("key", of_keys, groups, "vh", value_shape if key_shape is None else key_shape, {}),
            *([("gate", of_queries, heads, "uh", query_shape, {"activation": "sigmoid"})] if self.use_gate else []),
            ("value", of_keys, groups, "vh", value_shape, {}),
        ]
        for name, equation, count, bias, shape, more in parts:
            layer = self._projection(name, equation, (None, count, size), bias, **more)
            setattr(self, f"_{name}_dense", layer)
            layer.build(shape)
        self._softmax = Softmax(axis=-1, dtype=self.dtype_policy)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)
        self._output_dense = self._projection("attention_output", "bquh,uhm->bqm", (None, query_shape[-1]), "m")
        self._output_dense.build((None, None, heads, size))
        self.built = True

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """Computes the attention output."""
        key = value if key is None else key
        mask = self._masks(query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask)
        gate = _projected(self._gate_dense, query) if self.use_gate else None
        query, key, value = (
            _projected(self._query_dense, query),
            _projected(self._key_dense, key),
            _projected(self._value_dense, value),
        )
        count = self.num_query_heads // self.num_key_value_heads
        key, value = repeated(key, 2, count), repeated(value, 2, count)
        scores = None
        scale = 1.0 / math.sqrt(self.head_dim)
        if self.dropout > 0 or return_attention_scores:
            matched = einsum("bquh,bkuh->buqk", query * scale, key)
            mask = expand_dims(mask, 1) if mask is not None and mask.ndim == 3 else mask
            scores = self._softmax.call(matched, mask=mask)
            output = einsum("buqk,bkuh->bquh", self._dropout_layer.call(scores, training=training), value)
        else:
            output = self._attended(query, key, value, mask, scale)
        output = _projected(self._output_dense, output if gate is None else output * gate)
        return (output, scores) if return_attention_scores else output

    def compute_output_shape(self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None) -> Shape:
        """The output shape for these input shapes."""
        if query_shape[-1] != value_shape[-1]:
            raise ValueError(
                "The last dimension of `query_shape` and `value_shape` must be equal, but are "
                f"{query_shape[-1]}, {value_shape[-1]}. Received: query_shape={query_shape}, value_shape={value_shape}"
            )
        _check_places(value_shape, value_shape if key_shape is None else key_shape)
        return query_shape

    def compute_output_spec(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """The shapes and dtypes of the outputs."""
        shapes = [self.compute_output_shape(query.shape, value.shape, None if key is None else key.shape)]
        if return_attention_scores:
            keys = (value if key is None else key).shape[1]
            shapes.append((query.shape[0], self.num_query_heads, query.shape[1], keys))
        found = symbols(shapes, self.compute_dtype, [query, value, key])
        return tuple(found) if return_attention_scores else found[0]
