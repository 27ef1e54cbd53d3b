"""tf.function: functions that are traced once per signature and replayed without Python.

A call looks up the plan for its signature and runs it. If there is none, or a guard finds a value that no trace has
seen, Python runs the function eagerly while it is traced. Eager execution is the reference: whatever cannot be replayed
to the last bit always runs eagerly, and `explain_plan` shows why.
"""

from __future__ import annotations

import functools
import inspect
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.function.calls import Caller, called_directly, run_eagerly as set_eagerly, runs_eagerly
from gradtape._engine.function.plan import MISSED, Plan, install_random_state
from gradtape._engine.function.trace import Recorder, is_examining, is_recording
from gradtape._engine.record.primitive import is_traced
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import execution
from gradtape._src.core.logger import get_logger
from gradtape._src.core.string_tensor import as_any_tensor
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.function.explanations import explain
from gradtape._src.function.signature import Binding, ended, fit, fixed, key_of, shown, with_tensors
from gradtape._src.function.structures import leaves, mapped
from gradtape._src.function.types import PLAIN, Literal, common, covers, relaxed, type_of
from gradtape._src.random import philox

install_random_state(philox.state, philox.restore)

MOST_BRANCHES = 32  # of one signature; more are not worth their memory
MOST_RESETS = 8  # how often a retrace may differ for the same values before the function stays eager
MOST_PLANS = 1024  # per function, before plans for objects that no longer exist are dropped

NOT_SINGLETON = (
    "tf.function only supports singleton tf.Variables created on the first call. Make sure the tf.Variable is only "
    "created once or created outside tf.function. See https://www.tensorflow.org/guide/function#creating_tfvariables "
    "for more information."
)

NOT_FIRST = "Creating variables on a non-first call to a function decorated with tf.function."


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Makes every `tf.function` run eagerly from now on, or compiled again.

    Args:
      run_eagerly: whether functions run eagerly.

    Example:
      >>> tf.config.run_functions_eagerly(True)
      >>> tf.config.functions_run_eagerly()
      True
      >>> tf.config.run_functions_eagerly(False)
    """
    set_eagerly(bool(run_eagerly))


def functions_run_eagerly() -> bool:
    """Whether `run_functions_eagerly` has made functions run eagerly.

    Returns:
      A bool, False at first.

    Example:
      >>> tf.config.functions_run_eagerly()
      False
    """
    return runs_eagerly()


@called_directly
class Function(Caller):
    """A function compiled by `tf.function`: traced once per signature and replayed without Python.

    Attributes:
      python_function: the original Python function.
      input_signature: the specs that arguments must match, or None.
    """

    def __init__(self, python_function: Callable[..., Any], input_signature: Any = None, relaxes: bool = False) -> None:
        if not callable(python_function):
            raise TypeError(f"{python_function!r} is not a callable object")
        functools.update_wrapper(self, python_function)
        self._python = python_function
        self._binding = Binding(python_function, input_signature)
        self._relaxes = relaxes
        self._plans: dict[Any, Plan] = {}
        self._signatures: list[Signature] = []
        self._count = 0
        self._called = False
        self._made_variables = False
        self._warned = False
        self._lock = threading.RLock()
        self._bound: dict[int, tuple[weakref.ref[Any], Function]] = {}

    @property
    def python_function(self) -> Callable[..., Any]:
        """The original Python function."""
        return self._python

    @property
    def input_signature(self) -> Any:
        """The specs that arguments must match, or None."""
        return self._binding.specs

    @property
    def name(self) -> str:
        """The function's name."""
        return getattr(self._python, "__name__", type(self._python).__name__)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        return Method(self._of(instance), instance)

    def _of(self, instance: Any) -> Function:
        """The function bound to an instance, which has its own traces."""
        found = self._bound.get(id(instance))
        if found is not None and found[0]() is instance:
            return found[1]
        try:
            reference = weakref.ref(instance, functools.partial(_forget, weakref.ref(self), id(instance)))
        except TypeError:
            return Function(functools.partial(self._python, instance), self._binding.specs, self._relaxes)
        python, specs = self._python, self._binding.specs

        @functools.wraps(python)
        def bound(*args: Any, **kwargs: Any) -> Any:
            return python(reference(), *args, **kwargs)

        made = Function(bound, None, self._relaxes)
        made._binding = Binding(bound, specs, unbound=True)
        self._bound[id(instance)] = (reference, made)
        return made

    def _look_up(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        args, kwargs = self._binding.bound(arguments, keywords)
        tape, forward = is_recording()
        if runs_eagerly():
            return self._python(*args, **kwargs)
        if forward or is_traced() or is_examining():
            return self._run(args, kwargs)
        tensors: list[Tensor] = []
        key = key_of((args, kwargs), tensors), tape
        plan = self._plans.get(key)
        if plan is not None and plan.failure is None:
            result = plan.run(tensors)
            if result is not MISSED:
                if not keywords and self._binding.specs is None:
                    self._remember(arguments, plan)
                return result
        if plan is not None and plan.failure is not None:
            return self._run(args, kwargs)
        with self._lock:
            made = None if plan is not None else self._plans.get(key)
            if made is not None and made.failure is None:  # traced by another thread meanwhile
                result = made.run(tensors)
                if result is not MISSED:
                    return result
            return self._trace(key, tensors, args, kwargs)

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Runs the function eagerly."""
        args, kwargs = mapped(_argument, args), mapped(_argument, kwargs)
        with execution.within_function():
            result = self._as_result(self._python(*args, **kwargs))
        if is_traced():
            self._note(args, kwargs, result)
        return result

    def _as_result(self, result: Any) -> Any:
        return mapped(self._as_output, result)

    def _as_output(self, value: Any) -> Any:
        if value is None or isinstance(value, Tensor):
            return value
        if isinstance(value, bool | int | float | np.ndarray | np.generic | BaseVariable):
            return as_tensor(value)
        if isinstance(value, str | bytes | complex):
            return as_any_tensor(value)
        if isinstance(value, range):
            return [as_tensor(item) for item in value]
        if hasattr(value, "__tf_tensor__"):
            return as_tensor(value)
        raise TypeError(
            "To be compatible with tf.function, Python functions must return zero or more Tensors or ExtensionTypes or "
            f"None values; in compilation of {self._python!r}, found return value of type {type(value).__name__}, "
            "which is not a Tensor or ExtensionType."
        )

    def _trace(self, key: Any, tensors: list[Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Runs the function eagerly, and records a trace."""
        plan = self._plans.get(key)
        if plan is not None and plan.failure is not None:
            return self._run(args, kwargs)
        recorder = Recorder(key[1], NOT_SINGLETON if self._made_variables else NOT_FIRST if self._called else None)
        given = recorder.begin(tensors)
        if given is False:
            return self._run(args, kwargs)
        try:
            places = iter(given)
            traced = with_tensors(args, places), with_tensors(kwargs, places)
            with execution.within_function():
                result = self._as_result(self._python(*traced[0], **traced[1]))
            self._check_unchanged(traced, key[0])
            outputs, slots = recorder.outputs(result)
            del traced, places, given
        finally:
            recorder.end()
        recorder.close()
        self._called = True
        self._note(args, kwargs, result)
        if recorder.created:
            self._made_variables = True
            if any(reference() is None for reference in recorder.created):
                raise ValueError(NOT_SINGLETON)
            return result
        if plan is None:
            plan = self._plans[key] = Plan(key[1])
            self._sweep()
        if recorder.failure is not None:
            plan.fail(recorder.failure)
        elif recorder.op_raised:
            plan.discard_trace()
            if plan.resets > MOST_RESETS:
                plan.fail("it handles exceptions too often")
        else:
            plan.insert(recorder, outputs, slots)
            if plan.failure is None and plan.leaves > MOST_BRANCHES:
                plan.fail(f"values that Python reads have led it {plan.leaves} ways")
            elif plan.failure is None and plan.resets > MOST_RESETS:
                plan.fail("it does other things each time, with the same values")
        if plan.failure is not None and not self._warned:
            self._warned = True
            get_logger().info("%r runs eagerly: %s", self._python, plan.failure)
        return result

    def _check_unchanged(self, arguments: Any, key: Any) -> None:
        """Raises ValueError if the function changed a list or mapping among its arguments."""
        key, after = fixed(key), fixed(key_of(arguments, []))
        if after == key or self._binding.signature is None:
            return
        before = dict(self._named_keys(key))
        modified = [name for name, item in self._named_keys(after) if before.get(name) != item]
        raise ValueError(
            f"{self._python.__qualname__}{self._binding.signature} should not modify its Python input arguments. "
            f"Modifying a copy is allowed. The following parameter(s) were modified: {', '.join(modified)}"
        )

    def _named_keys(self, key: Any) -> list[tuple[str, Any]]:
        """The parts of a key, by argument name."""
        (_, _, items), (_, (_, _, keys), values) = key[2]
        names = [] if self._binding.signature is None else list(self._binding.signature.parameters)
        return [*zip(names, items, strict=False), *[(name[1], item) for name, item in zip(keys, values, strict=True)]]

    def _note(self, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        """Counts the trace, and remembers its signature."""
        given, output = Signature.types_of(self._binding, args, kwargs), type_of(result)
        for known in self._signatures:
            if covers(known.types, given):
                known.output = common(known.output, output) or known.output
                return
        self._count += 1
        if self._relaxes:
            given = relaxed(given, [known.types for known in self._signatures])
            for known in self._signatures:
                if covers(given, known.types):
                    output = common(known.output, output) or output
        self._signatures.append(Signature(self._binding.named(args, kwargs), given, output))
        del self._signatures[:-MOST_PLANS]

    def _sweep(self) -> None:
        """Drops plans for objects that no longer exist."""
        if len(self._plans) > MOST_PLANS:
            for known in [key for key in self._plans if ended(key[0])]:
                del self._plans[known]
            while len(self._plans) > MOST_PLANS:
                del self._plans[next(iter(self._plans))]

    def experimental_get_tracing_count(self) -> int:
        """The number of times that the function was traced.

        Returns:
          An int.

        Example:
          >>> @tf.function
          ... def double(x):
          ...     return x * 2
          >>> for x in (1.0, 2.0, [1.0, 2.0]):
          ...     _ = double(tf.constant(x))
          >>> double.experimental_get_tracing_count()
          2
        """
        return self._count

    def pretty_printed_concrete_signatures(self, verbose: bool = True) -> str:
        """The signatures for which the function was traced.

        Args:
          verbose: whether each has a line for every argument; else it is one line.

        Returns:
          A str in TensorFlow's format.

        Example:
          >>> double = tf.function(lambda x: x * 2)
          >>> _ = double(tf.constant([1.0, 2.0]))
          >>> print(double.pretty_printed_concrete_signatures())
          Input Parameters:
            x (POSITIONAL_OR_KEYWORD): TensorSpec(shape=(2,), dtype=tf.float32, name=None)
          Output Type:
            TensorSpec(shape=(2,), dtype=tf.float32, name=None)
          Captures:
            None
        """
        return ("\n\n" if verbose else "\n").join(known.text(verbose) for known in self._signatures)

    def _signature_of(self, named: list[tuple[str, str, Any]]) -> Signature:
        types = tuple(type_of(value) for *_, value in named)
        output = next((known.output for known in self._signatures if covers(known.types, types)), None)
        return Signature(named, types, output)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """The function specialized to one signature, given as TensorSpecs or example tensors.

        Nothing is traced before it is called.

        Args:
          *args: arguments, or specs of them; none if the function has an input_signature.
          **kwargs: the same for keyword arguments.

        Returns:
          A ConcreteFunction, which takes tensors that match the specs.

        Raises:
          TypeError: the arguments do not match the function.

        Example:
          >>> double = tf.function(lambda x: x * 2)
          >>> double.get_concrete_function(tf.TensorSpec([None], tf.int32))(tf.constant([1, 2])).numpy()
          array([2, 4], dtype=int32)
        """
        if self._binding.specs is not None and not args and not kwargs:
            args = self._binding.specs
        return ConcreteFunction(self, args, kwargs)

    def explain_plan(self) -> str:
        """Describes which parts of the function are replayed, and which are not and why.

        Returns:
          A str: for each signature its steps before and after planning, its branches, and the number of products that a
          second thread may compute, with the measured times of replays with and without it.

        Example:
          >>> double = tf.function(lambda x: x * 2 + 0 * x)
          >>> _ = double(tf.constant([1.0, 2.0]))
          >>> print(double.explain_plan().splitlines()[0])
          <lambda>(x=TensorSpec(shape=(2,), dtype=tf.float32, name=None))
        """

        def named(key: Any) -> str:
            return ", ".join(f"{name}={shown(item)}" for name, item in self._named_keys(key))

        return explain(self.name, self._plans, named)

    def __deepcopy__(self, memo: dict[int, Any]) -> Function:
        return Function(self._python, self._binding.specs, self._relaxes)

    def __reduce__(self) -> tuple[Any, ...]:
        return Function, (self._python, self._binding.specs, self._relaxes)


def _forget(function: weakref.ref[Function], identity: int, _: Any) -> None:
    """Drops the traces of an instance that no longer exists."""
    held = function()
    if held is not None:
        held._bound.pop(identity, None)


class Method:
    """A function bound to an instance."""

    __slots__ = ("_function", "_instance")

    def __init__(self, function: Function, instance: Any) -> None:
        self._function, self._instance = function, instance

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)

    @property
    def __self__(self) -> Any:
        return self._instance

    @property
    def __wrapped__(self) -> Any:
        return self._function._python

    def __repr__(self) -> str:
        return f"<bound {self._function!r} of {self._instance!r}>"


def _argument(value: Any) -> Any:
    return as_tensor(value) if isinstance(value, np.ndarray | np.generic) else value


class Signature:
    """A signature, for printing; `output` is None until it was traced."""

    def __init__(self, named: list[tuple[str, str, Any]], types: tuple[Any, ...], output: Any = None) -> None:
        self.names = [(name, kind) for name, kind, _ in named]
        self.types, self.output = types, output

    @staticmethod
    def types_of(binding: Binding, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The types of arguments, those of the specs for arguments that have one."""
        variables: list[BaseVariable] = []
        types = [type_of(value, variables) for _, _, value in binding.named(args, kwargs)]
        specs = list(map(type_of, binding.specs or ()))
        types[binding.before : binding.before + len(specs)] = specs
        return tuple(types)

    def text(self, verbose: bool) -> str:
        """The signature in lines, or in one."""
        named = list(zip(self.names, self.types, strict=True))
        if verbose:
            lines = ["Input Parameters:", *([f"  {name} ({kind}): {of!r}" for (name, kind), of in named] or ["  None"])]
            if self.output is not None:
                lines += ["Output Type:", f"  {self.output!r}"]
            return "\n".join([*lines, "Captures:", "  None"])
        parameters = [
            inspect.Parameter(name, getattr(inspect.Parameter, kind), annotation=of) for (name, kind), of in named
        ]
        shown = str(inspect.Signature(parameters))
        return shown if self.output is None else f"{shown} -> {self.output!r}"


class ConcreteFunction:
    """A function specialized to one signature, called with tensors by position or name."""

    def __init__(self, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._function = function
        self._args, self._kwargs = function._binding.bound(args, kwargs, placeholders=True)
        self._named = function._binding.named(self._args, self._kwargs)

    @property
    def structured_input_signature(self) -> Any:
        """Specs of the positional and the keyword arguments."""
        return mapped(_spec, self._args), mapped(_spec, self._kwargs)

    @property
    def inputs(self) -> list[TensorSpec]:
        """Specs of the tensor arguments."""
        return [_spec(leaf) for leaf in leaves((self._args, self._kwargs)) if _stands(leaf)]

    @property
    def name(self) -> str:
        """The function's name."""
        return self._function.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        names = [name for name, _, template in self._named if any(map(_stands, leaves(template)))]
        if len(args) > len(names):
            names = [name for name, *_ in self._named]
        if len(args) > len(names):
            raise TypeError(f"{self.name}() takes {len(names)} arguments, {len(args)} were given")
        given = dict(zip(names, args, strict=False))
        for name, value in kwargs.items():
            if name in given or name not in [known for known, *_ in self._named]:
                raise TypeError(f"{self.name}() got an unexpected keyword argument {name!r}")
            given[name] = value
        missing = [name for name, _, template in self._named if name not in given and _holds_spec(template)]
        if missing:
            raise TypeError(f"{self.name}() missing required arguments: {', '.join(missing)}")
        values = {
            name: _fitted(given[name], template) if name in given else template for name, _, template in self._named
        }
        positional = list(values.values())[: len(self._args)]
        return self._function(*positional, **{name: values[name] for name in self._kwargs})

    def pretty_printed_signature(self, verbose: bool = True) -> str:
        """The arguments, and what the function returns if it was called.

        Args:
          verbose: whether there is a line for every argument; else it is one line.

        Returns:
          A str in TensorFlow's format.
        """
        return self._function._signature_of(self._named).text(verbose)

    def __repr__(self) -> str:
        return f"<ConcreteFunction {self.pretty_printed_signature(verbose=False)} at 0x{id(self):X}>"

    def __str__(self) -> str:
        return f"ConcreteFunction {self.pretty_printed_signature()}"


def _holds_spec(template: Any) -> bool:
    return any(isinstance(leaf, TensorSpec) for leaf in leaves(template))


def _fitted(value: Any, template: Any) -> Any:
    """Converts an argument to the tensors described by a template. Raises TypeError if it does not match."""
    specs = mapped(_spec, template)
    try:
        if type(template) in PLAIN and value != template:
            raise TypeError(f"Can not cast {value!r} to {Literal(type(template), template)!r}")
        return fit(value, specs)
    except (TypeError, ValueError) as error:
        raise TypeError(f"Binding inputs to tf.function failed due to `{error}`.") from None


def _stands(leaf: Any) -> bool:
    """Whether a leaf of a concrete function's arguments is a placeholder for a tensor."""
    return isinstance(leaf, TensorSpec | Tensor | np.ndarray | np.generic)


def _spec(leaf: Any) -> Any:
    if isinstance(leaf, TensorSpec) or not _stands(leaf):
        return leaf
    return TensorSpec.from_tensor(as_tensor(leaf))


def do_not_convert(func: Callable[..., Any] | None = None) -> Any:
    """A decorator without effect, as gradtape never rewrites source code.

    Args:
      func: the function; without it a decorator is returned.

    Returns:
      The function, or a decorator.

    Example:
      >>> @tf.autograph.experimental.do_not_convert
      ... def double(x):
      ...     return 2 * x
      >>> double(21)
      42
    """
    return (lambda inner: inner) if func is None else func
