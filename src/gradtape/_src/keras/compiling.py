"""Compiled losses and metrics: one for each output, assigned by structure or by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, NamedTuple

from gradtape._engine.api.api import apply_cast
from gradtape._src.core import dtypes, nest, replication
from gradtape._src.core.execution import inside_function
from gradtape._src.keras import losses, metrics, settings, trees
from gradtape._src.keras.inputs import masks
from gradtape._src.keras.losses.base import Loss, LossFunctionWrapper, weight_of
from gradtape._src.keras.metrics import accuracies
from gradtape._src.keras.metrics.base import Metric
from gradtape._src.keras.metrics.reductions import Mean, MeanMetricWrapper


class Weighed(NamedTuple):
    """A loss as given by the program, and its weight: a leaf of the structure of losses."""

    loss: Any
    weight: Any


class CompiledLoss(NamedTuple):
    """A loss, the path to its output and its target, its weight and the name of its mean."""

    path: tuple[Any, ...]
    function: Any
    weight: Any
    name: str


class CompileLoss:
    """The sum of the losses of a model's outputs.

    Attributes:
      metrics: the mean losses of several outputs.
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
        names = self.output_names
        loss, weights = self._loss, self._weights
        if names and isinstance(loss, dict) and not isinstance(y_pred, dict):
            if set(names) != set(loss):
                raise ValueError(f"Expected keys {names} in loss dict, but found loss.keys()={list(loss)}")
            loss = [loss[name] for name in names]
            if isinstance(weights, dict):
                weights = [weights[name] for name in names]
        loss = _weighed(loss, weights)
        if type(loss) is Weighed:
            every = loss
            loss = trees.map_structure(lambda _: every, y_pred) if nest.is_nested(y_pred) else every
        self._losses = list(self._found(y_true, y_pred, loss, _names_like(y_pred, names), ()))
        if len(self._losses) > 1:
            self.metrics = [Mean(name=f"{entry.name}_loss") for entry in self._losses]
        self.built = True

    def _found(self, y_true: Any, y_pred: Any, loss: Any, names: Any, path: tuple[Any, ...]) -> Iterator[CompiledLoss]:
        """The losses of some of the outputs, in the order of the program."""
        if _is_list(loss):
            leaves = all(part is None or type(part) is Weighed for part in loss)
            if leaves and len(loss) == len(nest.flatten(y_pred)):
                loss = nest.pack_sequence_as(y_pred, loss)
            elif not isinstance(y_pred, type(loss)):
                for part in loss:
                    yield from self._found(y_true, y_pred, part, names, path)
                return
        if loss is None:
            return
        if type(loss) is Weighed:
            function = get_loss(loss.loss, y_true, y_pred)
            own = function.name if names is None else names
            place = (own,) if not path else (*path[:-1], own) if isinstance(path[-1], int) else path
            name = own if nest.is_nested(own) else "/".join(map(str, place))
            yield CompiledLoss(path, function, loss.weight, name)
            return
        if not isinstance(loss, type(y_pred)):
            raise KeyError(f"The path: {path} in the `loss` argument, can't be found in the model's output (`y_pred`).")
        for key, part in loss.items() if isinstance(loss, dict) else enumerate(loss):
            if part is None:
                continue
            if not (_has(y_true, key, loss) and _has(y_pred, key, loss)):
                raise KeyError(
                    f"The path: {(*path, key)} in the `loss` argument, can't be found in either the model's output "
                    "(`y_pred`) or in the labels (`y_true`)."
                )
            yield from self._found(y_true[key], y_pred[key], part, names[key], (*path, key))

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        if y_true is None and inside_function():
            raise ValueError("None values not supported.")
        if nest.is_nested(y_true) or nest.is_nested(y_pred):
            y_true = self._aligned(y_true, y_pred)
        if not self.built:
            self.build(y_true, y_pred)
        total = None
        for number, (path, function, weight, _) in enumerate(self._losses):
            target, output, weights = y_true, y_pred, sample_weight
            for key in path:
                target, output = target[key], output[key]
            if nest.is_nested(weights):
                weights = _at(path, weights)
            value = _cast(function(target, output, weights))
            if replication.several:
                value = _of_replica(value, function, output, weights)
            if self.metrics:
                self.metrics[number].update_state(value, sample_weight=nest.flatten(output)[0].shape[0])
            if weight is not None:
                value = value * weight
            total = value if total is None else total + value
        return total

    def _aligned(self, y_true: Any, y_pred: Any) -> Any:
        """The targets in the structure of the outputs; None for an output without a loss if there are fewer targets."""
        names = self.output_names
        if not nest.is_nested(y_true) and nest.is_nested(y_pred) and len(y_pred) == 1:
            y_true = [y_true]
        elif _is_list(y_pred) and isinstance(y_true, dict) and names and set(names) == set(y_true):
            y_true = [y_true[name] for name in names]
        flat, count = nest.flatten(y_true), len(nest.flatten(y_pred))
        if len(flat) == count and (
            isinstance(y_true, dict) == isinstance(y_pred, dict) or not isinstance(y_true, dict)
        ):
            return nest.pack_sequence_as(y_pred, flat) if nest.is_nested(y_pred) else flat[0]
        losses = nest.flatten(self._loss)
        if len(flat) == sum(loss is not None for loss in losses):
            values = iter(flat)
            return nest.pack_sequence_as(self._loss, [None if loss is None else next(values) for loss in losses])
        marks = [nest.map_structure(lambda _: "*", structure) for structure in (y_true, y_pred)]
        raise ValueError(f"y_true and y_pred have different structures.\ny_true: {marks[0]}\ny_pred: {marks[1]}\n")


class CompileMetrics:
    """The metrics of a model's outputs, unweighted ones first."""

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
        # The names of the outputs in the order of the groups, if no output is nested.
        self._keys: list[str] | None = None
        self._groups: dict[str, list[list[Any]]] = {}
        self._shown: list[tuple[str, Any]] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"

    @property
    def metrics(self) -> list[Any]:
        return [metric for group in self._groups.values() for of_output in group for metric in of_output]

    @property
    def variables(self) -> list[Any]:
        return [variable for metric in self.metrics for variable in metric.variables]

    def build(self, y_true: Any, y_pred: Any) -> None:
        count = len(nest.flatten(y_pred))
        names = self.output_names
        is_flat = nest.is_nested(y_pred) and len(y_pred) == count
        if is_flat and isinstance(y_pred, dict) and not (names and set(names) == set(y_pred)):
            names = list(y_pred) if isinstance(y_pred, OrderedDict) else sorted(y_pred)
        self._keys = names if is_flat and count > 1 else None
        for argument, given in self._given.items():
            groups: list[list[Any]]
            if not given:
                groups = [[] for _ in range(count)]
            elif count == 1:
                groups = [_metrics_of(nest.flatten(given), nest.flatten(y_true)[0], nest.flatten(y_pred)[0])]
            else:
                groups = self._groups_of(argument, given, y_true, y_pred, names, is_flat)
            self._groups[argument] = groups
        self._name(list(names) if names and count > 1 else [None] * count)
        self.built = True

    def _groups_of(
        self, argument: str, given: Any, y_true: Any, y_pred: Any, names: list[str] | None, is_flat: bool
    ) -> list[list[Any]]:
        """The metrics of each of several outputs."""
        flat = None
        if is_flat and _is_list(given) and len(given) == len(y_pred):
            flat = given
        elif is_flat and names and isinstance(given, dict) and set(given) <= set(names):
            flat = [given.get(name) for name in names]
        if flat is not None:
            try:
                return [_metrics_of(*each) for each in zip(flat, self._flat(y_true), self._flat(y_pred), strict=False)]
            except ValueError as error:
                raise ValueError(f"{error}\nReceived: {argument}={given}") from error
        try:
            groups: list[list[Any]] = []
            trees.map_structure_up_to(
                trees.lists_to_tuples(y_pred),
                lambda *each: groups.append(_metrics_of(*each)),
                *map(trees.lists_to_tuples, (given, y_true, y_pred)),
            )
            return groups
        except (ValueError, TypeError) as error:
            named = (
                "either be a dict or a list matching the output names of the functional model "
                f"{self.output_names} or match"
                if self.output_names
                else "match"
            )
            raise ValueError(
                f"{error}\nInvalid `{argument}`. `{argument}` should contain metrics objects and {named} the output "
                f"structure of the model: {nest.map_structure(lambda _: 'X', y_pred)}.\nReceived: {argument}={given}"
            ) from error

    def _flat(self, values: Any) -> list[Any]:
        """Outputs, targets or weights in the order of the groups."""
        if self._keys is not None and isinstance(values, dict):
            return [values[key] for key in self._keys]
        return nest.flatten(values)

    def _name(self, names: list[Any]) -> None:
        """Determines the names of results: prefixed by the output's name, and numbered if they repeat."""
        self._shown = []
        counts: dict[str, int] = {}
        for argument, groups in self._groups.items():
            for output, group in zip(names, groups, strict=False):
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
        targets, outputs = self._flat(y_true), self._flat(y_pred)
        for group, target, output in zip(self._groups["metrics"], targets, outputs, strict=False):
            for metric in group:
                metric.update_state(target, output)
        if not any(self._groups["weighted_metrics"]):
            return
        weights = self._flat(sample_weight)
        if len(weights) < len(targets):
            weights = [weights[0]] * len(targets)
        for group, target, output, weight in zip(
            self._groups["weighted_metrics"], targets, outputs, weights, strict=False
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


def _of_replica(value: Any, loss: Any, y_pred: Any, weights: Any) -> Any:
    """A replica's loss, whose share of examples is its part of the loss of the global batch, whatever its reduction."""
    strategy, reduction = replication.replicated(), getattr(loss, "reduction", None)
    if strategy is None or not strategy._parts or value.ndim:
        return value
    if reduction == "sum":
        return strategy._by_weight(value, None)
    weight = weight_of(masks.get(y_pred), weights, reduction)
    return value if weight is None else strategy._by_weight(value, weight)


def _weighed(loss: Any, weights: Any) -> Any:
    """The structure of losses, each with its weight; None where there is no loss."""
    if weights is None:
        flat = [None] * len(nest.flatten(loss))
    else:
        flat = nest.flatten(weights)
        count = len(nest.flatten(loss))
        if len(flat) != count:
            raise ValueError(
                f"`loss_weights` must match the number of losses, got {count} losses and {len(flat)} weights."
            )
    pairs = zip(nest.flatten(loss), flat, strict=True)
    return nest.pack_sequence_as(loss, [None if given is None else Weighed(given, weight) for given, weight in pairs])


def _names_like(y_pred: Any, names: list[str] | None) -> Any:
    """The outputs' names in the structure of the outputs, None for unnamed ones."""
    count = len(nest.flatten(y_pred))
    if not names or len(names) != count:
        names = [None] * count  # type: ignore[list-item]
    return nest.pack_sequence_as(y_pred, names) if nest.is_nested(y_pred) else names[0]


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple) and type(value) is not Weighed


def _has(value: Any, key: Any, loss: Any) -> bool:
    if isinstance(loss, dict):
        return isinstance(value, dict) and key in value
    return _is_list(value) and key < len(value)


def _at(path: tuple[Any, ...], structure: Any) -> Any:
    for key in path:
        structure = structure[key]
    return structure


def _metrics_of(given: Any, target: Any, output: Any) -> list[Any]:
    """The metrics given for an output."""
    if given is None:
        return []
    return [get_metric(each, target, output) for each in (given if isinstance(given, list | tuple) else [given])]


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
