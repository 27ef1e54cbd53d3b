"""Exceptions of failing operations, TensorFlow's kinds and codes; those of few modules are in error_kinds.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


_on_error: Callable[[], None] = lambda: None  # noqa: E731


def on_error(told: Callable[[], None]) -> None:
    """Sets a function that is called whenever an OpError is made."""
    global _on_error
    _on_error = told


class OpError(Exception):
    """An operation failed: the base of this module's exceptions.

    Args:
      node_def, op: not used; there are no graphs.
      message: what went wrong, which is also the exception's message.
      error_code: one of this module's numbers.
      args: not used.

    Example:
      >>> try:
      ...     tf.constant([1, 2]) + tf.constant([1, 2, 3])
      ... except tf.errors.OpError as error:
      ...     print(type(error).__name__, error.error_code == tf.errors.INVALID_ARGUMENT)
      InvalidArgumentError True
    """

    __module__ = "gradtape.errors"  # where programs catch it

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int, *args: Any) -> None:
        super().__init__()
        _on_error()
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = error_code
        self._experimental_payloads = args[0] if args else {}

    @property
    def message(self) -> str:
        """The error message."""
        return self._message

    @property
    def op(self) -> Any:
        """None: there are no graphs."""
        return self._op

    @property
    def node_def(self) -> Any:
        """None: there are no graphs."""
        return self._node_def

    @property
    def error_code(self) -> int:
        """The number of the exception's kind, such as `tf.errors.INVALID_ARGUMENT`."""
        return self._error_code

    @property
    def experimental_payloads(self) -> Any:
        """An empty dict, unless the exception was made with one."""
        return self._experimental_payloads

    def __str__(self) -> str:
        return self._message

    def __reduce__(self) -> tuple[Any, ...]:
        if type(self) is OpError:
            return OpError, (self._node_def, self._op, self._message, self._error_code)
        return type(self), (self._node_def, self._op, self._message)


class Kind(OpError):
    """Base of the exceptions with a number of their own, which their constructors then do not ask for."""

    def __init_subclass__(cls, code: int | None = None) -> None:
        if code is None:
            return

        def __init__(self: OpError, node_def: Any, op: Any, message: str, *args: Any) -> None:
            OpError.__init__(self, node_def, op, message, code, *args)

        __init__.__qualname__ = f"{cls.__name__}.__init__"
        cls.__init__ = __init__  # type: ignore[method-assign]
        cls.__module__ = OpError.__module__
        cls.__doc__ = f"""{cls.__doc__}

    Args:
      node_def, op: not used; there are no graphs.
      message: the message.
      args: not used.

    Example:
      >>> tf.errors.{cls.__name__}(None, None, "why").error_code
      {code}
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, UNKNOWN, *args)


class InvalidArgumentError(Kind, code=INVALID_ARGUMENT):
    """An operand's shape, dtype or value is invalid for the operation."""


class TextOperand(InvalidArgumentError):
    """A string is an operand of a numeric op; ops that only move or compare operands catch it."""

    def __init__(self, node_def: Any = None, op: Any = None, message: str | None = None) -> None:
        message = message or (
            "Value for attr 'T' of string is not in the list of allowed values: the dtypes of numbers. tf.strings has "
            "functions for strings, and tf.strings.to_number converts them to numbers"
        )
        super().__init__(node_def, op, message)

    def __reduce__(self) -> tuple[Any, ...]:
        return InvalidArgumentError, (None, None, self._message)


TextOperand.__name__ = TextOperand.__qualname__ = "InvalidArgumentError"  # all that programs need to know of it


class ResourceExhaustedError(Kind, code=RESOURCE_EXHAUSTED):
    """There is not enough memory."""


class FailedPreconditionError(Kind, code=FAILED_PRECONDITION):
    """Something needed first, such as a variable's value, is missing."""


class OutOfRangeError(Kind, code=OUT_OF_RANGE):
    """An iteration went beyond its end."""


class UnimplementedError(Kind, code=UNIMPLEMENTED):
    """The operation does not do this."""


class InternalError(Kind, code=INTERNAL):
    """The library violated one of its own rules: a bug."""


def from_op(kind: type[Any], op: str, message: str, name: str | None = None, *, kernel: str | None = "") -> OpError:
    """An error that words ``message`` as TensorFlow words one raised by a running op.

    Args:
      kind: the exception's class.
      op: TensorFlow's op, such as ``"AddV2"``.
      message: the sentence itself.
      name: the text after ``name:``; None leaves that part out. Operators use ``""``.
      kernel: the kernel named first, if it differs from the op (``"__MklMatMul"``); None if the op failed before
        a kernel ran, as with unequal dtypes.
    """
    if kernel is not None:
        place = f"{{{{function_node __wrapped__{kernel or op}_device_/job:localhost/replica:0/task:0/device:CPU:0}}}}"
        message = f"{place} {message}"
    message = f"{message} [Op:{op}]"
    if name is not None:
        message = f"{message} name: {name}"
    return kind(None, None, message)


def invalid_argument(op: str, message: str, name: str | None = None, *, kernel: str | None = "") -> OpError:
    """The InvalidArgumentError of ``op``; see :func:`from_op`."""
    return from_op(InvalidArgumentError, op, message, name, kernel=kernel)


def unequal_summands(first: str, place: int, other: str, count: int) -> OpError:
    """The error of a sum of `count` tensors whose shapes, which are given as strings, differ."""
    return invalid_argument(
        "AddN",
        "Inputs to operation AddN of type AddN must have the same size and shape.  "
        f"Input 0: {first} != input {place}: {other}",
        "",
        kernel=f"AddN_N_{count}",
    )
