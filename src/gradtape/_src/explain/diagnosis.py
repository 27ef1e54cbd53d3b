"""Why a gradient is None, zero, NaN, infinite, huge or tiny: the link that breaks it, in a sentence, and the remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from gradtape._engine.api.api import view
from gradtape._engine.diff.tape import GradientTape
from gradtape._engine.record.primitive import node_of
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.explain.asking import flattened, flattened_seeds, require_usable
from gradtape._src.explain.lines import Lost, lost_between, place_of
from gradtape._src.explain.naming import Names
from gradtape._src.explain.steps import Graph, Step, Value, node_on, read

_HUGE, _TINY = 1e4, 1e-7  # norms of a gradient, relative to the target's
_RATIO = 1e3  # ratios of cotangents' norms along the path from which on they explode or vanish


@dataclass(frozen=True)
class Finding:
    """A finding about one gradient, or one step on the way.

    Attributes:
      source: the source of the gradient.
      kind: "none", "zero", "partly zero", "nan", "infinite", "exploding", "vanishing" or "fine".
      sentence: the cause.
      remedy: a suggested remedy; empty if nothing is wrong.
      where: the line of the program, as file:line; empty if unknown.
      code: the line's text.
    """

    source: str
    kind: str
    sentence: str
    remedy: str = ""
    where: str = ""
    code: str = ""

    def __str__(self) -> str:
        place = f"\n    at {self.where}: {self.code}" if self.where else ""
        remedy = f"\n    {self.remedy}" if self.remedy else ""
        return f"{self.source}: {self.sentence}{place}{remedy}"


class Diagnosis:
    """A diagnosis of gradients, returned by `tape.diagnose`. It prints as a paragraph for each finding.

    Args:
      findings: the findings.

    Attributes:
      findings: the findings, at least one per source.

    Raises:
      TypeError: findings is not iterable.

    Example:
      >>> x = tf.Variable(2.0, name="x")
      >>> with tf.GradientTape() as tape:
      ...     y = tf.stop_gradient(x) * 3.0
      >>> tape.diagnose(y, x).healthy
      False
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)

    @property
    def healthy(self) -> bool:
        """Whether no gradient has a problem."""
        return all(finding.kind == "fine" for finding in self.findings)

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))

    def __repr__(self) -> str:
        return f"<Diagnosis: {', '.join(f'{finding.source} {finding.kind}' for finding in self.findings)}>"


def diagnose(
    tape: GradientTape, target: Any, sources: Any, output_gradients: Any = None, frame: FrameType | None = None
) -> Diagnosis:
    """Implements `tape.diagnose`."""
    require_usable(tape, "diagnose")
    targets, flat = flattened(target, "target", "diagnose"), flattened(sources, "source", "diagnose")
    graph = read(tape, targets, flat, flattened_seeds(target, output_gradients))
    return Diagnosis(_Examination(tape, targets, flat, graph, Names(graph, frame)).findings())


class _Examination:
    def __init__(self, tape: GradientTape, targets: list[Any], sources: list[Any], graph: Graph, names: Names) -> None:
        self.tape, self.targets, self.sources, self.graph, self.names = tape, targets, sources, graph, names
        self.goal = graph.target.name
        self.steps = sorted([*graph.steps, *graph.others], key=lambda step: step.position)

    def findings(self) -> list[Finding]:
        found: list[Finding] = []
        forward = self._first_not_finite()
        for item, value in zip(self.sources, self.graph.sources, strict=True):
            found += self._of(item, value, forward)
        return found

    def _of(self, item: Any, value: Value, forward: Step | None) -> list[Finding]:
        if value.cotangent is None:
            return [self._none(item, value)]
        gradient = view(value.cotangent)
        if not np.isfinite(gradient).all():
            return [self._not_finite(value, gradient, forward)]
        if gradient.size and not gradient.any():
            return [self._zero(value)]
        found = [*self._dead(value), *self._scale(value, gradient)]
        return found or [Finding(value.name, "fine", f"its gradient is finite, of norm {_norm(gradient):.3g}.")]

    # None

    def _none(self, item: Any, value: Value) -> Finding:
        name, goal = value.name, self.goal

        def said(sentence: str, remedy: str, step: Step | None = None, lost: Lost | None = None) -> Finding:
            where, code = place_of(lost.kept if lost else step.remembered if step else None)
            return Finding(name, "none", f"its gradient is None: {sentence}", remedy, where, code)

        if not _has_gradient(item):
            return said(
                f"{name} is of dtype {item.dtype.name}, which has no gradient.",
                f"Convert it to floating: tf.cast({name}, tf.float32), or write its numbers with a decimal point.",
            )
        if not any(map(_has_gradient, self.targets)):
            dtypes = " and ".join(sorted({target.dtype.name for target in self.targets}))
            return said(
                f"{goal} is of dtype {dtypes}, and no gradient flows through integers.",
                "Compute the target in a floating dtype; a count or an index has no derivative.",
            )
        node = node_on(self.tape, item)
        cone = [step for step, _ in self._ways(node)]
        lost = self._lost(cone, node)
        if isinstance(item, BaseVariable):
            if lost is None and not any(
                step_operand.variable is item for step in self.steps for step_operand in step.operands
            ):
                return self._unread(item, name, said)
        elif not self._on_tape(item):
            if node_of(item):
                return said(
                    f"{name} was not recorded by this tape and not watched before it was used.",
                    f"Call tape.watch({name}) at the start of the block, or compute {name} within it.",
                )
            return said(
                f"{name} is a constant that the tape does not watch.",
                f"Call tape.watch({name}) at the start of the block; variables are watched by themselves.",
            )
        for step, leading in self._ways(node):
            if step.passed and all(
                given is None
                for given, operand in zip(step.given, step.operands, strict=True)
                if operand.node in leading
            ):
                return said(
                    f"{step.kernel} has no derivative.",
                    "Replace it by a smooth op, or state a gradient with tf.custom_gradient.",
                    step,
                )
        if lost is not None:
            return said(*_LOST.get(lost.kernel, _lost_generally)(lost, name), lost=lost)
        if not any(map(self._on_tape, self.targets)):
            return said(
                f"{goal} was not recorded: it was computed outside of the tape's block, or of nothing that is watched.",
                f"Compute {goal} within the tape's context, by tf ops, from what the tape watches.",
            )
        if cone:
            return said(
                f"{goal} does not depend on it: it is used by {cone[-1].kernel}, whose result does not reach {goal}.",
                "If it should, look for .numpy(), float() or NumPy's functions on the way, or for a result not used.",
                cone[-1],
            )
        return said(
            f"{goal} does not depend on it by anything that was recorded.",
            "Compute within the tape's block and by ops of tf; within tf.explain.lines() the broken link is named.",
        )

    def _unread(self, item: BaseVariable, name: str, said: Callable[..., Finding]) -> Finding:
        if not item.trainable:
            return said(
                f"{name} is not trainable, so the tape does not watch it by itself.",
                f"Call tape.watch({name}), or make the variable trainable.",
            )
        if not any(item is variable for variable in self.tape.watched_variables()):
            return said(
                f"{name} was not read within the tape's context while it recorded, or the tape watches no variables.",
                f"Use {name} itself within the context: assigning to it is not a read, and values read before are "
                f"constants. With watch_accessed_variables=False call tape.watch({name}).",
            )
        return said(
            f"{name} was read, but nothing recorded depends on it.",
            "Use the value read by tf ops, within the context; within tf.explain.lines() the missing link is named.",
        )

    def _on_tape(self, item: Any) -> bool:
        node = node_on(self.tape, item)
        return bool(node) and (
            node in self.graph.positions
            or any(operand.node == node for step in self.steps for operand in step.operands)
        )

    def _ways(self, node: int) -> list[tuple[Step, set[int]]]:
        """The recorded steps that depend on a value, each with the operands' nodes through which it does."""
        reached = {node}
        found = []
        for step in self.steps:
            leading = {operand.node for operand in step.operands if operand.node and operand.node in reached}
            if leading:
                found.append((step, leading))
                reached |= {result.node for result in step.results if result.node}
        return found

    def _positions(self, value: Value) -> dict[int, set[int]]:
        """The same by the steps' positions."""
        return {step.position: leading for step, leading in self._ways(value.node)}

    def _lost(self, cone: list[Step], node: int) -> Lost | None:
        """The op of a value, or of one of these steps' results, whose path to the target was not recorded."""
        nodes = {node, *(result.node for step in cone for result in step.results)}
        nodes |= {position for position, variable in self.graph.owner.items() if variable == node}
        ends = set(map(id, self.targets))
        for step in self.steps:
            if step.passed and step.remembered is not None:
                ends.update(map(id, step.remembered.operands))
        return lost_between(nodes - {0}, ends)

    # Zero

    def _zero(self, value: Value) -> Finding:
        """The step nearest to the target that turns a cotangent that is not zero into zeros."""
        ways = self._positions(value)
        for step in self.graph.steps:
            arrives = step.result.cotangent
            if step.position not in ways or arrives is None or not view(arrives).any():
                continue
            for place, given in enumerate(step.given):
                operand = step.operands[place]
                leads = operand is value or operand.node in ways[step.position]
                if given is not None and leads and not view(given).any():
                    return self._of_zero(value, step, place)
        return Finding(value.name, "zero", "its gradient is zero: its terms cancel.", "")

    def _of_zero(self, value: Value, step: Step, place: int) -> Finding:
        sentence, remedy = _why_zero(step, place)
        where, code = place_of(step.remembered)
        return Finding(value.name, "zero", f"its gradient is zero: {sentence}", remedy, where, code)

    def _dead(self, value: Value) -> list[Finding]:
        """Units of a layer that no example activates."""
        found = []
        for step in self.graph.steps:
            array = step.operands[0].array
            if (
                step.name not in _SWITCHES
                or array is None
                or array.ndim < 2
                or step.position not in self._positions(value)
            ):
                continue
            units = array.reshape(-1, array.shape[-1])
            dead = int((units <= 0).all(axis=0).sum())
            if dead and units.shape[0] > 1:
                where, code = place_of(step.remembered)
                sentence = (
                    f"{dead} of {units.shape[1]} units of {step.name} are dead: their input is not above 0 for any of "
                    f"{units.shape[0]} examples, so no gradient passes them."
                )
                found.append(Finding(value.name, "partly zero", sentence, _ALIVE, where, code))
        return found

    # NaN and infinity

    def _first_not_finite(self) -> Step | None:
        """The first step whose value is not finite, though its operands are."""
        for step in self.steps:
            array = step.result.array
            if not step.passed or array is None or _finite(array):
                continue
            if all(operand.array is None or _finite(operand.array) for operand in step.operands):
                return step
        return None

    def _not_finite(self, value: Value, gradient: np.ndarray, forward: Step | None) -> Finding:
        kind = "nan" if np.isnan(gradient).any() else "infinite"
        word = "NaN" if kind == "nan" else "infinite"
        given = [value.array for value in self.graph.sources if value.array is not None and not _finite(value.array)]
        if given:
            return Finding(
                value.name, kind, f"its gradient is {word}: a source is not finite itself.", "Look at what made it."
            )
        if forward is not None:
            where, code = place_of(forward.remembered)
            what = "NaN" if np.isnan(np.asarray(forward.result.array)).any() else "infinity"
            inputs = " and ".join(_extremes(operand.name, operand.array) for operand in forward.operands)
            sentence = (
                f"its gradient is {word}: {forward.kernel} gave the first {what} on the way forward, of {inputs}."
            )
            later = (step for step in self.graph.steps if step.position > forward.position and step.kernel in _CHOICES)
            return Finding(value.name, kind, sentence, _remedy(next(later, forward)), where, code)
        for step in self.graph.steps:
            arrives = step.result.cotangent
            if arrives is None or not _finite(view(arrives)):
                continue
            for place, found in enumerate(step.given):
                if found is not None and not _finite(view(found)):
                    where, code = place_of(step.remembered)
                    operand = step.operands[place]
                    sentence = (
                        f"its gradient is {word}: it arose in the backward pass, in the derivative of {step.kernel} at "
                        f"{_extremes(operand.name, operand.array)}; the values forward are finite."
                    )
                    return Finding(value.name, kind, sentence, _remedy(step), where, code)
        return Finding(value.name, kind, f"its gradient is {word}: contributions overflow as they are added.", _SMALLER)

    # Scale

    def _scale(self, value: Value, gradient: np.ndarray) -> list[Finding]:
        ways = self._positions(value)
        norms = [
            (_norm(view(step.result.cotangent)), step)
            for step in self.graph.steps
            if step.position in ways and step.result.cotangent is not None
        ]
        norm = _norm(gradient)
        start = norms[0][0] if norms and norms[0][0] else 1.0
        if norm > _HUGE * start or (norms and max(one for one, _ in norms) > _RATIO * start and norm > start):
            step, factor = _largest_jump(value, norms, ways, grows=True)
            kind, word, change, remedy = "exploding", "is huge", "grows", _SMALLER
        elif norm < _TINY * start or (len(norms) > 8 and norm < start / _RATIO and _falls(norms)):
            step, factor = _largest_jump(value, norms, ways, grows=False)
            kind, word, change, remedy = "vanishing", "has all but vanished", "shrinks", _LARGER
            factor = 1 / factor if factor else np.inf
        else:
            return []
        where, code = place_of(step.remembered if step is not None else None)
        most = f"; most at {step.kernel}, by a factor of {factor:.3g}" if step is not None else ""
        sentence = f"its gradient {word}, of norm {norm:.3g}: it {change} over {len(norms)} steps{most}."
        return [Finding(value.name, kind, sentence, remedy, where, code)]


_SMALLER = "Clip gradients (tf.clip_by_global_norm), lower the learning rate, or normalize inputs and layers."
_LARGER = "Use relu or its relatives, residual connections, normalization, or initial weights of larger variance."
_ALIVE = "Use leaky_relu, elu or gelu, a smaller learning rate, or initial biases a little above 0."
_SWITCHES = {"relu", "relu6"}
_CHOICES = {"SelectV2", "Select"}
_SATURATING = {"sigmoid", "tanh", "softmax", "Softmax", "erf", "softsign"}
_COMPARING = {"Maximum", "Minimum", "Max", "Min", "SelectV2", "ClipByValue", "where", "select"}  # kernels and names
_PRODUCTS = {"Mul", "MatMul", "BatchMatMulV2", "MulNoNan"}
_STEPPED = {"Floor", "Ceil", "Round", "Rint", "Sign"}


def _lost_generally(lost: Lost, name: str) -> tuple[str, str]:
    if not lost.floating:
        return (
            f"{lost.kernel} gives {lost.dtype}, which has no gradient.",
            "Keep to floating dtypes on the way to the target, or use a smooth relative of this op.",
        )
    return (
        f"{lost.kernel} was computed where the tape does not record, or has no derivative.",
        "Compute it within the tape's block and outside of stop_recording, by an op that has a derivative.",
    )


_LOST: dict[str, Callable[[Lost, str], tuple[str, str]]] = {
    "StopGradient": lambda lost, name: (
        "tf.stop_gradient ends its path.",
        "Remove it, or request the gradient with respect to what follows it.",
    ),
    "Cast": lambda lost, name: (
        f"a cast to {lost.dtype} ends its path: no gradient flows through it.",
        "Cast to a floating dtype.",
    ),
    "ArgMax": lambda lost, name: (
        "ArgMax returns indices, which have no derivative.",
        "Use tf.nn.softmax, or tf.reduce_max for the value.",
    ),
}


def _why_zero(step: Step, place: int) -> tuple[str, str]:
    """The reason why a step gives an operand zeros."""
    operand = step.operands[place]
    array = operand.array
    if step.name in _SWITCHES and array is not None and (array <= 0).all():
        return f"all {array.size} inputs of {step.name} are 0 or below (at most {array.max():.3g}): dead units.", _ALIVE
    if step.name in _SATURATING and array is not None:
        return (
            f"{step.name} is saturated: its inputs range from {array.min():.3g} to {array.max():.3g}, where it is "
            "flat.",
            "Scale or normalize its inputs, use smaller initial weights, or a loss of logits.",
        )
    if step.kernel in _COMPARING or step.name in _COMPARING:
        return (
            f"{step.kernel} chose another operand everywhere.",
            "Check the values that it compares; a soft maximum gives both a gradient.",
        )
    if step.kernel in _PRODUCTS:
        other = step.operands[1 - place]
        if other.array is not None and not other.array.any():
            return (
                f"it is multiplied by {other.name or 'a factor'}" + (", which is all zeros." if other.named else "."),
                "Check that factor: weights initialized to zeros block the gradients of what they multiply.",
            )
    if step.kernel in _STEPPED:
        return (
            f"{step.kernel} is flat between its jumps.",
            "Use a smooth relative, or state a gradient: tf.custom_gradient.",
        )
    what = "" if array is None else f" at {_extremes(operand.name, array)}"
    return f"the derivative of {step.kernel} is 0{what}.", "Look at this step with tape.explain."


_REMEDIES: dict[str, str] = {
    "Log": "Keep its operand above 0: tf.math.log(x + 1e-7), tf.math.log1p, or a loss of logits.",
    "Sqrt": "Keep its operand above 0: tf.sqrt(x + 1e-12); its derivative at 0 is infinite.",
    "Rsqrt": "Keep its operand above 0: tf.math.rsqrt(x + 1e-12).",
    "RealDiv": "Keep the divisor away from 0, or use tf.math.divide_no_nan.",
    "Reciprocal": "Keep its operand away from 0, or use tf.math.reciprocal_no_nan.",
    "Exp": "Keep its operand small: subtract the maximum (tf.reduce_logsumexp, tf.nn.softmax), or clip it.",
    "Pow": "Keep the base above 0 if the exponent is not an integer, or clip it.",
    "EuclideanNorm": "Its derivative at zeros is NaN: tf.sqrt(tf.reduce_sum(tf.square(x)) + 1e-12) is smooth there.",
    "Acos": "Keep its operand within -1 and 1: tf.clip_by_value(x, -1 + 1e-6, 1 - 1e-6).",
    "Asin": "Keep its operand within -1 and 1: tf.clip_by_value(x, -1 + 1e-6, 1 - 1e-6).",
    "SelectV2": "Choose the operand before the function, not the result after it: both branches are differentiated.",
}


def _remedy(step: Step) -> str:
    return _REMEDIES.get(step.kernel, "Inspect this step with tape.explain, and clip or rescale its inputs.")


def _has_gradient(item: Tensor | BaseVariable) -> bool:
    return bool(item.dtype.is_floating or item.dtype.is_complex)


def _finite(array: np.ndarray) -> bool:
    return array.dtype.kind not in "fcV" or bool(np.isfinite(array).all())


def _extremes(name: str, array: np.ndarray | None) -> str:
    """A value by name and range."""
    if array is None or not array.size:
        return name
    if array.size == 1:
        return f"{name} = {array.reshape(-1)[0]}" if name != str(array.reshape(-1)[0]) else name
    return f"{name} between {array.min():.3g} and {array.max():.3g}"


def _norm(array: np.ndarray) -> float:
    return float(np.sqrt(np.sum(np.square(np.abs(array).astype(np.float64)))))


def _falls(norms: list[tuple[float, Step]]) -> bool:
    """Whether cotangents lose more in the second half of the path than they gain."""
    ordered = [norm for norm, _ in norms]
    return ordered[-1] < ordered[len(ordered) // 2] < ordered[0]


def _largest_jump(
    value: Value, norms: list[tuple[float, Step]], ways: dict[int, set[int]], grows: bool
) -> tuple[Step | None, float]:
    """The step that changes the norm of cotangents most on the way to a value."""
    found: Step | None = None
    most = 1.0
    for norm, step in norms:
        leaves = [
            _norm(view(given))
            for given, operand in zip(step.given, step.operands, strict=True)
            if given is not None and operand.node in ways[step.position] and operand is not value
        ]
        if not norm or not leaves:
            continue
        factor = max(leaves) / norm
        if (factor > most) if grows else (factor < most):
            found, most = step, factor
    return found, most
