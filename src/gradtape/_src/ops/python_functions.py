"""Python functions called as ops, which here are plain calls."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, view
from gradtape._engine.record.primitive import as_effect, effect_kind, fail_trace, is_recorded
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes

_EXTERNAL = effect_kind("external")


def py_function(func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None) -> Any:
    """Calls a Python function with tensors and checks the dtypes of its results; gradients flow through it.

    Args:
      func: the function; None returns a decorator, whose function then takes the arguments.
      inp: a list of tensors, its arguments.
      Tout: the dtype of its result, or a list of them.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor, or a list of them.

    Raises:
      TypeError, ValueError: a result cannot be converted to Tout.

    Example:
      >>> tf.py_function(lambda x: x * 2.0, [tf.constant([1.0, 2.0])], tf.float32).numpy()
      array([2., 4.], dtype=float32)
    """

    def computed(function: Callable[..., Any], arguments: Any) -> Any:
        inputs = [as_tensor(value) for value in arguments]
        if is_recorded(*inputs):
            # Its ops are on the tape, which a trace cannot represent.
            fail_trace("gradients go through tf.py_function")
        return as_effect(_EXTERNAL, _with_tensors, function, Tout, *inputs)

    return _called_or_decorated("py_function", computed, func, inp, Tout)


def numpy_function(
    func: Any = None, inp: Any = None, Tout: Any = None, stateful: bool = True, name: str | None = None
) -> Any:
    """Calls a Python function with NumPy arrays and converts its results to tensors, without gradients.

    Args:
      func: the function; None returns a decorator, whose function then takes the arguments.
      inp: a list of tensors, which are passed as arrays.
      Tout: the dtype of its result, or a list of them. Unlike in TensorFlow, other results are converted to it.
      stateful: not used; the function is always called.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor, or a list of them.

    Raises:
      TypeError: a result cannot be converted to a tensor.

    Example:
      >>> tf.numpy_function(np.sort, [tf.constant([3.0, 1.0, 2.0])], tf.float32).numpy()
      array([1., 2., 3.], dtype=float32)
    """

    def computed(function: Callable[..., Any], arguments: Any) -> Any:
        return as_effect(_EXTERNAL, _with_arrays, function, Tout, *[as_tensor(value) for value in arguments])

    return _called_or_decorated("numpy_function", computed, func, inp, Tout)


def _called_or_decorated(name: str, computed: Callable[..., Any], func: Any, inp: Any, Tout: Any) -> Any:
    """`computed(func, inp)`, or without func a decorator that computes functions so when they are called."""
    if Tout is None:
        raise TypeError(
            f"Missing required argument: 'Tout'\n  If using tf.{name} as a decorator, set `Tout`\n  **by name** above "
            f"the function:\n  `@tf.{name}(Tout=tout)`"
        )
    if func is None:
        if inp is not None:
            raise TypeError(f"Don't set the `inp` argument when using tf.{name} as a decorator (`func=None`).")
        return lambda function: functools.wraps(function)(lambda *arguments: computed(function, arguments))
    if inp is None:
        raise TypeError(
            "Missing argument `inp`:\n  You must set the `inp` argument (the list of arguments to the\n  function), "
            f"unless you use `tf.{name}` as a decorator(`func=None`)."
        )
    return computed(func, inp)


def _with_tensors(func: Callable[..., Any], kinds: Any, *inputs: Tensor) -> Any:
    return _typed(func(*inputs), kinds, as_tensor)


def _with_arrays(func: Callable[..., Any], kinds: Any, *inputs: Tensor) -> Any:
    results = func(*(np.array(view(tensor)) for tensor in inputs))
    return _typed(results, kinds, lambda value, kind: as_tensor(np.asarray(held(value)), kind))


def _typed(results: Any, kinds: Any, convert: Callable[[Any, Any], Tensor]) -> Any:
    if not isinstance(kinds, list | builtins.tuple):
        if isinstance(results, list | builtins.tuple) and len(results) == 1:
            results = results[0]
        return convert(results, dtypes.as_dtype(kinds))
    if not kinds:
        return None
    listed = results if isinstance(results, list | builtins.tuple) else [results]
    return [convert(value, dtypes.as_dtype(kind)) for value, kind in zip(listed, kinds, strict=True)]
