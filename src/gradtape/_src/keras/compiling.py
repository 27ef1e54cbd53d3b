"""Compiled losses and metrics: one for each output, assigned by structure or by name."""

from __future__ import annotations

from typing import Any, NamedTuple

from gradtape._engine.api.api import apply_cast
from gradtape._src.core import dtypes, nest
from gradtape._src.keras import losses, metrics, settings
from gradtape._src.keras.inputs import TENSORS
from gradtape._src.keras.losses.base import Loss, LossFunctionWrapper
from gradtape._src.keras.metrics import accuracies
from gradtape._src.keras.metrics.base import Metric
from gradtape._src.keras.metrics.reductions import Mean, MeanMetricWrapper


class CompiledLoss(NamedTuple):
    """The loss of an output, its weight and the output's name."""

    place: int
    function: Any
    weight: Any
    name: str


class CompileLoss:
    """The sum of the losses of a model's outputs.

    Attributes:
      metrics: means of the losses of several outputs.
    """

    def __init__(self, loss: Any, weights: Any, output_names: list[str] | None) -> None:
        if weights and not isinstance(weights, list | tuple | dict | float):
            raise ValueError(
                "Expected `loss_weights` argument to be a float (single output case) or a list, tuple, or dict "
                f"(multiple output case). Received instead: loss_weights={weights} of type {type(weights)}"
            )
        self._loss, self._weights, self.output_names = loss, weights, output_names
        self.name = "compile_loss"
        self.built = False
        self.metrics: list[Any] = []
        self._losses: list[CompiledLoss] = []

    @property
    def variables(self) -> list[Any]:
        return [variable for metric in self.metrics for variable in metric.variables]

    def build(self, y_true: Any, y_pred: Any) -> None:
        names = names_of(y_pred, self.output_names)
        count = len(names)
        specs = _per_output(self._loss, y_pred, names, "loss")
        weights: list[Any] = [None] * count
        if self._weights is not None:
            given = len(nest.flatten(self._loss))
            flat = nest.flatten(self._weights)
            if isinstance(self._weights, dict) and isinstance(self._loss, dict):
                weights = [_first_of(spec) for spec in _per_output(self._weights, y_pred, names, "loss_weights")]
            elif len(flat) != given:
                raise ValueError(
                    f"`loss_weights` must match the number of losses, got {given} losses and {len(flat)} weights."
                )
            elif given == count:
                weights = flat
        targets = aligned(y_true, y_pred, names, [bool(spec) for spec in specs])
        outputs = nest.flatten(y_pred)
        self._losses = []
        for place, spec in enumerate(specs):
            for part, identifier in enumerate(spec):
                function = get_loss(identifier, targets[place], outputs[place])
                weight = weights[place]
                if self._weights is not None and len(spec) > 1:
                    weight = nest.flatten(self._weights)[part]
                name = names[place]
                self._losses.append(CompiledLoss(place, function, weight, function.name if name is None else name))
        if len(self._losses) > 1:
            self.metrics = [Mean(name=f"{entry.name}_loss") for entry in self._losses]
        self._used = [bool(spec) for spec in specs]
        self.built = True

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        if not self.built:
            self.build(y_true, y_pred)
        if not self.metrics and isinstance(y_pred, TENSORS) and isinstance(y_true, TENSORS):
            (entry,) = self._losses
            return _weighed(entry.function(y_true, y_pred, _only(sample_weight)), entry.weight)
        names = names_of(y_pred, self.output_names)
        targets = aligned(y_true, y_pred, names, self._used)
        outputs = nest.flatten(y_pred)
        weights = _weights_of(sample_weight, len(outputs))
        total = None
        for number, (place, function, weight, _) in enumerate(self._losses):
            value = _cast(function(targets[place], outputs[place], weights[place]))
            if self.metrics:
                self.metrics[number].update_state(value, sample_weight=outputs[place].shape[0])
            value = _weighed(value, weight)
            total = value if total is None else total + value
        return total


class CompileMetrics:
    """The metrics of a model's outputs, first those without weights."""

    def __init__(self, plain: Any, weighted: Any, output_names: list[str] | None) -> None:
        for name, value in (("metrics", plain), ("weighted_metrics", weighted)):
            if value and not isinstance(value, list | tuple | dict):
                raise ValueError(
                    f"Expected `{name}` argument to be a list, tuple, or dict. Received instead: {name}={value} of "
                    f"type {type(value)}"
                )
        self._given = {"metrics": plain, "weighted_metrics": weighted}
        self.output_names = output_names
        self.name = "compile_metrics"
        self.built = False
        self._groups: dict[str, list[list[Any]]] = {}
        self._shown: list[tuple[str, Any]] = []

    @property
    def metrics(self) -> list[Any]:
        return [metric for group in self._groups.values() for of_output in group for metric in of_output]

    @property
    def variables(self) -> list[Any]:
        return [variable for metric in self.metrics for variable in metric.variables]

    def build(self, y_true: Any, y_pred: Any) -> None:
        names = names_of(y_pred, self.output_names)
        outputs = nest.flatten(y_pred)
        for argument, given in self._given.items():
            self._groups[argument] = [[] for _ in outputs]
            if not given:
                continue
            try:
                specs = [nest.flatten(given)] if len(outputs) == 1 else _per_output(given, y_pred, names, argument)
                targets = aligned(y_true, y_pred, names, [bool(spec) for spec in specs])
                self._groups[argument] = [
                    [get_metric(identifier, target, output) for identifier in spec]
                    for spec, target, output in zip(specs, targets, outputs, strict=True)
                ]
            except (KeyError, ValueError) as error:
                if len(outputs) == 1:
                    raise
                raise ValueError(f"{error}\nReceived: {argument}={given}") from error
        self._name(names if len(outputs) > 1 else [None] * len(outputs))
        self.built = True

    def _name(self, names: list[Any]) -> None:
        """Determines the names of results: prefixed by the output's name, and numbered if they repeat."""
        self._shown = []
        counts: dict[str, int] = {}
        for argument, groups in self._groups.items():
            for output, group in zip(names, groups, strict=True):
                for metric in group:
                    prefix = f"{output}_" if output else ""
                    name = f"{prefix}{metric.name}"
                    if name in counts and argument == "weighted_metrics":
                        counts[name] += 1
                        name = f"{prefix}weighted_{metric.name}"
                    if name in counts:
                        number = counts[name]
                        counts[name] += 1
                        name = f"{name}_{number}"
                    else:
                        counts[name] = 1
                    self._shown.append((name, metric))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        if not self.built:
            self.build(y_true, y_pred)
        if isinstance(y_pred, TENSORS) and isinstance(y_true, TENSORS):
            outputs, targets = [y_pred], [y_true]
        else:
            outputs = nest.flatten(y_pred)
            used = [any(group[place] for group in self._groups.values()) for place in range(len(outputs))]
            targets = aligned(y_true, y_pred, names_of(y_pred, self.output_names), used)
        for group, target, output in zip(self._groups["metrics"], targets, outputs, strict=True):
            for metric in group:
                metric.update_state(target, output)
        if not any(self._groups["weighted_metrics"]):
            return
        weights = _weights_of(sample_weight, len(outputs))
        for group, target, output, weight in zip(
            self._groups["weighted_metrics"], targets, outputs, weights, strict=True
        ):
            for metric in group:
                metric.update_state(target, output, weight)

    def reset_state(self) -> None:
        for metric in self.metrics:
            metric.reset_state()

    def result(self) -> dict[str, Any]:
        if not self.built:
            raise ValueError("Cannot get result() since the metric has not yet been built.")
        return {name: metric.result() for name, metric in self._shown}


def _cast(value: Any) -> Any:
    wanted = dtypes.as_dtype(settings.floatx())
    return value if value.dtype is wanted else apply_cast(value, wanted)


def _weighed(value: Any, weight: Any) -> Any:
    value = _cast(value)
    return value if weight is None else value * weight


def _only(sample_weight: Any) -> Any:
    return nest.flatten(sample_weight)[0] if nest.is_nested(sample_weight) else sample_weight


def _first_of(spec: list[Any]) -> Any:
    return spec[0] if spec else None


def _weights_of(sample_weight: Any, count: int) -> list[Any]:
    flat = nest.flatten(sample_weight)
    return flat if len(flat) == count else [flat[0]] * count


def names_of(y_pred: Any, output_names: list[str] | None) -> list[Any]:
    """The outputs' names in the order in which they are flattened: the model's, or the keys of a dict."""
    count = len(nest.flatten(y_pred))
    if isinstance(y_pred, dict) and len(y_pred) == count:
        keys = sorted(y_pred)
        if not (output_names and set(keys) == set(output_names)):
            return list(keys)
        return list(keys)
    if output_names and len(output_names) == count:
        return list(output_names)
    return [None] * count


def _per_output(given: Any, y_pred: Any, names: list[Any], argument: str) -> list[list[Any]]:
    """The list of losses or metrics for each output."""
    count = len(names)
    if not nest.is_nested(given):
        return [[given]] * count
    outputs_are_nested = nest.is_nested(y_pred)
    if isinstance(given, dict):
        keys = set(given)
        if not outputs_are_nested and count == 1 and keys != set(names) and names[0] is not None:
            raise ValueError(f"Expected keys {names} in {argument} dict, but found {argument}.keys()={list(given)}")
        if argument == "loss" and not isinstance(y_pred, dict) and names[0] is not None and keys != set(names):
            raise ValueError(f"Expected keys {names} in loss dict, but found loss.keys()={list(given)}")
        for key in given:
            if key not in names:
                raise KeyError(
                    f"The path: {(key,)} in the `{argument}` argument, can't be found in the model's output (`y_pred`)."
                )
        return [_listed(given.get(name)) for name in names]
    if len(given) == count and (outputs_are_nested or count > 1):
        return [_listed(part) for part in given]
    if count == 1:
        return [list(given)]
    flat = nest.flatten(given)
    if len(flat) == count:
        return [_listed(part) for part in flat]
    raise ValueError(
        f"Invalid `{argument}`. `{argument}` should be a list with as many parts as the model has outputs, {count}, "
        f"or a dict with their names as keys. Received: {argument}={given}"
    )


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def aligned(y_true: Any, y_pred: Any, names: list[Any], used: list[bool]) -> list[Any]:
    """The targets in the order of the outputs; if there are fewer, None for outputs without a loss."""
    if isinstance(y_true, dict) and not isinstance(y_pred, dict) and set(names) == set(y_true):
        return [y_true[name] for name in names]
    flat = nest.flatten(y_true)
    if len(flat) == len(names):
        return flat
    if len(flat) == sum(used):
        values = iter(flat)
        return [next(values) if use else None for use in used]
    marks = [nest.map_structure(lambda _: "*", structure) for structure in (y_true, y_pred)]
    raise ValueError(f"y_true and y_pred have different structures.\ny_true: {marks[0]}\ny_pred: {marks[1]}\n")


def _kinds(y_true: Any, y_pred: Any) -> tuple[bool, bool]:
    """Whether outputs are single probabilities, and whether targets are class indices."""
    last = y_pred.shape[-1]
    fewer = len(y_true.shape) < len(y_pred.shape)
    return last == 1, fewer or (y_true.shape[-1] == 1 and last > 1)


def get_loss(identifier: Any, y_true: Any, y_pred: Any) -> Any:
    """The loss for a name or a function."""
    if str(identifier).lower() in ("crossentropy", "ce"):
        binary, sparse = _kinds(y_true, y_pred)
        kind = "binary" if binary else "sparse_categorical" if sparse else "categorical"
        found = losses.get(f"{kind}_crossentropy")
    else:
        found = losses.get(identifier)
    if isinstance(found, Loss):
        return found
    name = identifier if isinstance(identifier, str) else _name_of(found)
    return LossFunctionWrapper(found, name=name)


def get_metric(identifier: Any, y_true: Any, y_pred: Any) -> Any:
    """The metric for a name or a function."""
    if identifier is None:
        raise ValueError("Expected metric, received `None`")
    if str(identifier).lower() in ("accuracy", "acc"):
        binary, sparse = _kinds(y_true, y_pred)
        kind = "Binary" if binary else "SparseCategorical" if sparse else "Categorical"
        found = getattr(accuracies, f"{kind}Accuracy")(name=str(identifier))
    else:
        found = metrics.get(identifier)
    name = identifier if isinstance(identifier, str) else _name_of(found)
    if not isinstance(found, Metric):
        found = MeanMetricWrapper(found)
    found.name = name
    return found


def _name_of(thing: Any) -> str:
    if hasattr(thing, "name"):
        return str(thing.name)
    from gradtape._src.keras.naming import to_snake_case

    return thing.__name__ if hasattr(thing, "__name__") else to_snake_case(type(thing).__name__)
