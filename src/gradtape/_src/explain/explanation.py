"""An explanation: the steps from a target back to its sources, each with names, formulas and numbers, to be shown or
checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_broadcast_to, apply_identity, as_tensor, view
from gradtape._engine.diff.tape import GradientTape
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.explain import steps as _steps
from gradtape._src.explain.algebra import ONE, ZERO, Formula, function, number, product, size
from gradtape._src.explain.asking import flattened, flattened_seeds, require_usable
from gradtape._src.explain.formulas import row_of, rule_of, scaled, slopes_of
from gradtape._src.explain.naming import Names
from gradtape._src.explain.notation import PARTIAL, latex, text
from gradtape._src.explain.steps import Graph, Step, Value

_LONGEST = 40  # of a source's gradient in one formula
_WRITTEN = {"text": text, "latex": latex}


@dataclass
class Flow:
    """The contribution of a step to one of its operands.

    Attributes:
      operand: its name.
      rule: the contribution as a formula: the incoming cotangent times the local derivative, if there is one.
      slope: the local derivative as a formula; None of an op that is not elementwise. A complex cotangent is multiplied
        by its conjugate, as TensorFlow has it.
      slope_numbers: the local derivative's values.
      given: the outgoing cotangent.
      summed: the names of axes over which it was summed because the operand was broadcast; empty if it was not.
      total: the accumulated cotangent of the operand; None while further contributions may follow.
      parts: number of accumulated contributions, including the initial cotangent of a target.
      shape: the operand's shape.
    """

    operand: str
    rule: Formula
    slope: Formula | None
    slope_numbers: np.ndarray | None
    given: np.ndarray
    summed: bool
    total: np.ndarray | None
    parts: int
    shape: tuple[int, ...]


@dataclass
class Explained:
    """A step of an explanation.

    Attributes:
      place: its number among the steps, from 1 on.
      result: the name of its result.
      op: the op's name.
      formula: the op as a formula of its operands.
      source: the op in the program's source code; empty if unknown.
      file, line, code: where it was recorded; empty if unknown.
      shape, value: of its result; value is None if the tape did not keep it.
      arrives: the cotangent of its result.
      flows: its contributions to its operands.
    """

    place: int
    result: str
    op: str
    formula: Formula
    source: str
    file: str
    line: int
    code: str
    shape: tuple[int, ...]
    value: np.ndarray | None
    arrives: np.ndarray | None
    flows: list[Flow] = field(default_factory=list)
    step: Step | None = None

    @property
    def title(self) -> str:
        """The step as an equation."""
        formula = text(self.formula)
        return formula if self.result == formula else f"{self.result} = {formula}"


class Explanation:
    """An explanation of a gradient, step by step, returned by `tape.explain`.

    It prints as text; `markdown`, `latex`, `svg` and `html` convert it to these formats, and notebooks show the last.

    Args:
      graph: the recorded graph of the target.
      frame: the calling frame, whose variables name the values.
      seeded: whether initial cotangents were given.

    Attributes:
      target: the target's name; for several their sum, as a formula or as `targets`.
      sources: the sources' names.
      steps: the steps from the target back to the sources, in order.
      gradients: the gradients, as returned by `gradient`; None if the target does not depend on a
        source.
      formulas: each gradient as one formula, in text; empty if it would be too long.

    Raises:
      AttributeError: graph or frame has another type.

    Example:
      >>> x = tf.Variable(3.0)
      >>> with tf.GradientTape() as tape:
      ...     y = x * x * x
      >>> explanation = tape.explain(y, x)
      >>> explanation.formulas
      ['3·x²']
      >>> explanation.check().passed
      True
    """

    def __init__(self, graph: Graph, frame: FrameType | None, seeded: bool = False) -> None:
        self._graph = graph
        self._seeded = seeded
        self._names = Names(graph, frame)
        self._by_name = {value.name: formula for value, formula in self._names.formulas.items()}
        self.target: str = graph.target.name
        self.sources: list[str] = [source.name for source in graph.sources]
        self.gradients: list[Tensor | None] = [source.cotangent for source in graph.sources]
        self.steps: list[Explained] = [self._explained(place, step) for place, step in enumerate(graph.steps, 1)]
        found = _in_one_formula(graph, self._names, seeded)
        self._formulas = [None if formula is None or size(formula) > _LONGEST else formula for formula in found]
        self.formulas: list[str] = ["" if formula is None else text(formula) for formula in self._formulas]

    @property
    def count(self) -> int | None:
        """The meaning of n in formulas: the number of elements of the mean; None without a mean."""
        return self._names.counted

    def derivative_name(self, operand: str, form: str = "text") -> str:
        """The name of the target's derivative by a value.

        Args:
          operand: the value's name.
          form: "text" or "latex".

        Returns:
          A string.

        Example:
          >>> x = tf.Variable(3.0)
          >>> with tf.GradientTape() as tape:
          ...     y = x * x
          >>> tape.explain(y, x).derivative_name("x")
          '∂y/∂x'
        """
        return _WRITTEN[form](self._partial(self._by_name[operand]))

    def formula_of(self, source: str) -> Formula | None:
        """A source's gradient as one formula; None if it is too long, or there is none.

        Args:
          source: the source's name.

        Returns:
          A formula.

        Example:
          >>> x = tf.Variable(3.0)
          >>> with tf.GradientTape() as tape:
          ...     y = x * x
          >>> tape.explain(y, x).formula_of("x").kind
          'product'
        """
        return dict(zip(self.sources, self._formulas, strict=True)).get(source)

    def _partial(self, operand: Formula) -> Formula:
        """The target's derivative by a value, as a formula."""
        return function(PARTIAL, self._by_name[self.target], operand)

    def local_name(self, step: Explained, flow: Flow, form: str = "text") -> str:
        """The name of a step's local derivative by one of its operands.

        Args:
          step: one of `steps`.
          flow: one of its flows.
          form: "text" or "latex".

        Returns:
          A string.

        Example:
          >>> x = tf.Variable(3.0)
          >>> with tf.GradientTape() as tape:
          ...     y = tf.sin(x * x)
          >>> explanation = tape.explain(y, x)
          >>> step = explanation.steps[0]
          >>> explanation.local_name(step, step.flows[0])
          '∂y/∂(x²)'
        """
        return _WRITTEN[form](function(PARTIAL, self._by_name[step.result], self._by_name[flow.operand]))

    def _explained(self, place: int, step: Step) -> Explained:
        written = step.written
        arrives = step.result.cotangent
        shown = Explained(
            place,
            step.result.name,
            step.kernel,
            self._names.formula_of(step),
            written.expression if written is not None else "",
            written.file if written is not None else "",
            written.line if written is not None else 0,
            written.text if written is not None else "",
            step.result.shape or (),
            step.result.array,
            None if arrives is None else view(arrives),
            step=step,
        )
        for operand_place, given in enumerate(step.given):
            operand = step.operands[operand_place]
            if given is None or not operand.node or not operand.leads:
                continue
            if any(
                flow.operand == operand.name and step.operands[operand_place - 1] is operand for flow in shown.flows
            ):
                self._join(shown.flows[-1], step, operand_place, given)
                continue
            shown.flows.append(self._flow(step, operand_place, given))
        return shown

    def _join(self, flow: Flow, step: Step, place: int, given: Tensor) -> None:
        """Joins the contributions of x * x to x."""
        more = self._flow(step, place, given)
        flow.given = flow.given + more.given
        if flow.slope is not None and more.slope is not None:
            flow.slope = flow.slope + more.slope
            flow.rule = _chained(self._arrives(step), _factor(step, flow.slope))
        else:
            flow.rule = flow.rule + more.rule
        if flow.slope_numbers is not None and more.slope_numbers is not None:
            flow.slope_numbers = flow.slope_numbers + more.slope_numbers
        flow.total = more.total

    def _arrives(self, step: Step) -> Formula:
        """The cotangent of a step's result: 1 of a target that no other depends on, unless another was given."""
        if step.result.target and not step.result.contributions and not self._seeded:
            return number(self._graph.targets.count(step.result))
        return self._partial(self._by_name[step.result.name])

    def _flow(self, step: Step, place: int, given: Tensor) -> Flow:
        operand = step.operands[place]
        arrives = self._arrives(step)
        slope = _slope(step, place, self._names)
        rule = (
            _chained(arrives, _factor(step, slope)) if slope is not None else _given(step, place, arrives, self._names)
        )
        whole = operand.contributions
        last = whole[-1][0] is step
        return Flow(
            operand.name,
            rule,
            slope,
            _slope_numbers(step, place) if slope is not None else None,
            view(given),
            step.elementwise and operand.shape != step.result.shape,
            view(operand.cotangent) if last and operand.cotangent is not None else None,
            len({id(one[0]) for one in whole}) + operand.target,
            operand.shape or (),
        )

    def check(self, tolerance: float = 1e-3) -> Any:
        """Recomputes every step by central differences, in float64.

        Args:
          tolerance: maximum error relative to the largest of the differences.

        Returns:
          A `Check`: `passed`, and in `steps` the error of each step; printed, it is a table.

        Example:
          >>> x = tf.Variable(3.0)
          >>> with tf.GradientTape() as tape:
          ...     y = tf.sin(x)
          >>> bool(tape.explain(y, x).check())
          True
        """
        from gradtape._src.explain.checking import check

        return check(self, tolerance)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        count = len(self.steps)
        return f"<Explanation of {self.target} by {', '.join(self.sources)}: {count} step{'s' * (count != 1)}>"

    def text(self, width: int | None = None) -> str:
        """The explanation as text.

        Args:
          width: the width in columns; that of the terminal if None.

        Returns:
          A string.

        Example:
          >>> x = tf.Variable(3.0)
          >>> with tf.GradientTape() as tape:
          ...     y = x * x
          >>> print(tape.explain(y, x).text(60))
          ∂y/∂x: 1 step from y back
          <BLANKLINE>
          1. y = x²   [Mul, scalar]
               value    9.0
               arrives  ∂y/∂y = 1.0
               local    ∂y/∂x = 2·x = 6.0
               leaves   ∂y/∂x = 2·x = 6.0
          <BLANKLINE>
          Gradients
            ∂y/∂x = 2·x
                  = 6.0   (scalar)
        """
        from gradtape._src.explain.as_text import render

        return render(self, width)

    def latex(self) -> str:
        r"""The derivation in LaTeX: aligned equations for mathematics mode, with numbers.

        Returns:
          A string.

        Example:
          >>> x = tf.Variable(3.0)
          >>> with tf.GradientTape() as tape:
          ...     y = x * x
          >>> tape.explain(y, x).latex().splitlines()[2]
          '\\frac{\\partial y}{\\partial x} &= 2 \\cdot x = 6.0'
        """
        from gradtape._src.explain.as_latex import render

        return render(self)

    def svg(self, fold: bool | None = None) -> str:
        """The explanation as a picture, one self-contained SVG element, for light and dark pages.

        Args:
          fold: whether steps of one line of the program are one box; None: if there are many.

        Returns:
          A string.

        Example:
          >>> x = tf.Variable(3.0)
          >>> with tf.GradientTape() as tape:
          ...     y = x * x
          >>> tape.explain(y, x).svg()[:4]
          '<svg'
        """
        from gradtape._src.explain.as_svg import render

        return render(self, fold)

    def html(self) -> str:
        """The explanation as a self-contained page: the picture, and every step to be expanded.

        Returns:
          A string.

        Example:
          >>> x = tf.Variable(3.0)
          >>> with tf.GradientTape() as tape:
          ...     y = x * x
          >>> tape.explain(y, x).html()[:15]
          '<!doctype html>'
        """
        from gradtape._src.explain.as_html import page

        return page(self)

    def _repr_html_(self) -> str:
        from gradtape._src.explain.as_html import fragment

        return fragment(self)

    def markdown(self) -> str:
        """The explanation in Markdown, its formulas in code.

        Returns:
          A string.

        Example:
          >>> x = tf.Variable(3.0)
          >>> with tf.GradientTape() as tape:
          ...     y = x * x
          >>> tape.explain(y, x).markdown().splitlines()[2]
          '### 1. `y = x²`'
        """
        from gradtape._src.explain.as_markdown import render

        return render(self)


def _slope(step: Step, place: int, names: Names) -> Formula | None:
    """An elementwise op's local derivative."""
    if not step.elementwise or row_of(step.name) is None:
        return None
    return slopes_of(step.name, [names.formulas[operand] for operand in step.operands])[place]


def _factor(step: Step, slope: Formula) -> Formula:
    """The factor of a cotangent: the local derivative, conjugated for complex numbers."""
    return function("conj", slope) if _is_complex(step) and slope.kind != "number" else slope


def _is_complex(step: Step) -> bool:
    return any(result.tensor is not None and result.tensor.dtype.is_complex for result in step.results)


def _given(step: Step, place: int, arrives: Formula, names: Names) -> Formula:
    operands = [names.formulas[operand] for operand in step.operands]
    return rule_of(step.kernel, step.name).cotangent(step, place, arrives, operands, names.formulas[step.result])


def _slope_numbers(step: Step, place: int) -> np.ndarray | None:
    """The values of an elementwise op's local derivative, by its own reverse rule; None if an operand is unknown."""
    if any(operand.tensor is None for operand in step.operands) or step.result.shape is None:
        return None
    tensors = [operand.tensor for operand in step.operands]
    shape = step.result.shape
    apart = GradientTape()
    with apart:
        wide = apply_identity(apply_broadcast_to(as_tensor(tensors[place]), shape))  # type: ignore[arg-type]
        apart.watch(wide)
        tensors[place] = wide
        (result,) = step.primitive.again(tuple(tensors), _steps.attributes_of(step))  # type: ignore[arg-type]
    found = apart.gradient(result, wide)
    return None if found is None else view(found).conj() if _is_complex(step) else view(found)


def _chained(arrives: Formula, slope: Formula) -> Formula:
    """The cotangent times the local derivative, in this order."""
    if arrives == ONE or slope in (ZERO, ONE, number(-1)):
        return product(arrives, slope)
    return Formula("product", "", (arrives, *(slope.parts if slope.kind == "product" else (slope,))))


def _in_one_formula(graph: Graph, names: Names, seeded: bool) -> list[Formula | None]:
    """Each source's gradient as a formula of named values: the sweep once more, with formulas for numbers."""
    whole = names.formulas[graph.target]
    gathered: dict[Value, Formula] = {}
    for target in graph.targets:
        start = function(PARTIAL, whole, names.formulas[target]) if seeded else ONE
        gathered[target] = start if seeded or target not in gathered else gathered[target] + start
    for step in graph.steps:
        g = gathered.get(step.result)
        if g is None or len(step.results) > 1 or (size(g) > _LONGEST and not step.result.target):
            g = function(PARTIAL, whole, names.formulas[step.result])
        for place, given in enumerate(step.given):
            operand = step.operands[place]
            if given is None or not operand.node:
                continue
            slope = _slope(step, place, names)
            if slope is None:
                share = _given(step, place, g, names)
            else:
                share = product(g, _factor(step, slope))
                if operand.shape != step.result.shape:
                    share = _summed(share, step.result.shape or (), operand.shape or ())
            gathered[operand] = gathered[operand] + share if operand in gathered else share
    return [None if source.cotangent is None else gathered.get(source, ZERO) for source in graph.sources]


def _summed(share: Formula, wide: tuple[int, ...], narrow: tuple[int, ...]) -> Formula:
    """A contribution summed to a smaller shape."""
    elements = int(np.prod(wide)) // max(int(np.prod(narrow)), 1)
    if elements == 1:
        return share
    found = scaled("sum", share)
    factors = found.parts if found.kind == "product" else (found,)
    if factors[-1] == Formula("function", "sum", (ONE,)):
        return product(*factors[:-1], number(elements))
    return found


def explain(
    tape: GradientTape, target: Any, sources: Any, output_gradients: Any = None, frame: FrameType | None = None
) -> Explanation:
    """Implements `tape.explain`."""
    require_usable(tape, "explain")
    targets, flat = flattened(target, "target", "explain"), flattened(sources, "source", "explain")
    seeds = flattened_seeds(target, output_gradients)
    return Explanation(_steps.read(tape, targets, flat, seeds), frame, any(seed is not None for seed in seeds))
