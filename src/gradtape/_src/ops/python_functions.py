"""Python functions called as parts of graphs, which here are calls."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, view
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, nest


class Function:
    """A function decorated by `function`: it runs eagerly, every time."""

    def __init__(self, python_function: Callable[..., Any], input_signature: Any = None) -> None:
        functools.update_wrapper(self, python_function)
        self.python_function = python_function
        self.input_signature = input_signature

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args = tuple(_argument(value) for value in args)
        result = self.python_function(*args, **{key: _argument(value) for key, value in kwargs.items()})
        return nest.map_structure(_result, result)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> Function:
        """The function itself: there is nothing to specialise."""
        return self


def _argument(value: Any) -> Any:
    return as_tensor(value) if isinstance(value, np.ndarray) else value


def _result(value: Any) -> Any:
    return as_tensor(value) if isinstance(value, bool | int | float | np.ndarray | np.generic | BaseVariable) else value


def function(
    func: Callable[..., Any] | None = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: Any = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Any:
    """A decorator that changes nothing: the function runs eagerly on every call, Python side effects included.

    NumPy arrays among its arguments and numbers among its results become tensors, as in TensorFlow. Nothing is traced
    or compiled; all options are there for programs written with them.

    Args:
      func: the function; without it a decorator is returned.
      input_signature: not used.
      autograph: not used; Python's own control flow runs.
      jit_compile: not used.
      reduce_retracing: not used.
      experimental_implements: not used.
      experimental_autograph_options: not used.
      experimental_attributes: not used.
      experimental_relax_shapes: not used.
      experimental_compile: not used.
      experimental_follow_type_hints: not used.

    Returns:
      A callable of the function's arguments, or a decorator.

    Example:
      >>> @tf.function
      ... def double(x):
      ...     return 2 * x
      >>> double(tf.constant(21)).numpy()
      np.int32(42)
    """
    if func is None:
        return lambda inner: Function(inner, input_signature)
    return Function(func, input_signature)


def py_function(func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None) -> Any:
    """Calls a Python function with tensors and checks the dtypes of what it returns; gradients go through it.

    Args:
      func: the function; None gives a decorator, whose function then takes the arguments.
      inp: a list of tensors, its arguments.
      Tout: the dtype of its result, or a list of them.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor, or a list of them.

    Raises:
      TypeError, ValueError: what it returns does not convert to Tout.

    Example:
      >>> tf.py_function(lambda x: x * 2.0, [tf.constant([1.0, 2.0])], tf.float32).numpy()
      array([2., 4.], dtype=float32)
    """

    def computed(function: Callable[..., Any], arguments: Any) -> Any:
        results = function(*(as_tensor(value) for value in arguments))
        return _typed(results, Tout, lambda value, kind: as_tensor(value, kind))

    return _called_or_decorated("py_function", computed, func, inp, Tout)


def numpy_function(
    func: Any = None, inp: Any = None, Tout: Any = None, stateful: bool = True, name: str | None = None
) -> Any:
    """Calls a Python function with NumPy arrays and makes tensors of what it returns; no gradient goes through it.

    Args:
      func: the function; None gives a decorator, whose function then takes the arguments.
      inp: a list of tensors, which it gets as arrays.
      Tout: the dtype of its result, or a list of them. Unlike TensorFlow, results of another dtype are converted to it.
      stateful: not used; it is called every time.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor, or a list of them.

    Raises:
      TypeError: what it returns does not convert to a tensor.

    Example:
      >>> tf.numpy_function(np.sort, [tf.constant([3.0, 1.0, 2.0])], tf.float32).numpy()
      array([1., 2., 3.], dtype=float32)
    """

    def computed(function: Callable[..., Any], arguments: Any) -> Any:
        results = function(*(np.array(view(as_tensor(value))) for value in arguments))
        return _typed(results, Tout, lambda value, kind: as_tensor(np.asarray(value), kind))

    return _called_or_decorated("numpy_function", computed, func, inp, Tout)


def _called_or_decorated(name: str, computed: Callable[..., Any], func: Any, inp: Any, Tout: Any) -> Any:
    """`computed(func, inp)`, or without func a decorator of functions that are computed so when they are called."""
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


def _typed(results: Any, kinds: Any, convert: Callable[[Any, Any], Tensor]) -> Any:
    if not isinstance(kinds, list | tuple):
        if isinstance(results, list | tuple) and len(results) == 1:
            results = results[0]
        return convert(results, dtypes.as_dtype(kinds))
    if not kinds:
        return None
    listed = results if isinstance(results, list | tuple) else [results]
    return [convert(value, dtypes.as_dtype(kind)) for value, kind in zip(listed, kinds, strict=True)]
