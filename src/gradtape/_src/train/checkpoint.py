"""Checkpoint: saves and restores the variables of objects, by the names of attributes.

A checkpoint is a bundle of the variables' values and of the graph of the objects that hold them: nodes, each with named
children (protobuf/trackable_object_graph.proto). Restoring walks that graph and the program's objects together.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from gradtape._engine.api.api import empty, view
from gradtape._engine.record.primitive import fail_trace
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.sequence import held
from gradtape._src.core import error_kinds, errors, protobuf
from gradtape._src.core.dtypes import int64
from gradtape._src.core.logger import get_logger
from gradtape._src.state import tracking
from gradtape._src.state.variable import Variable
from gradtape._src.train.bundle import NAMES, BundleReader, write_bundle
from gradtape._src.train.checkpoint_state import update_checkpoint_state

GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_VALUE = "VARIABLE_VALUE"


class Node(NamedTuple):
    """An object in a checkpoint: its children by name, and the keys of its own values by their names."""

    children: dict[str, int]
    keys: dict[str, str]


def _values(value: Any) -> Mapping[str, Any]:
    """The values that an object saves itself, by name."""
    if isinstance(value, BaseVariable):
        return {_VALUE: view(value.read_value())}
    if hasattr(type(value), "_serialize_to_tensors"):
        return {name: _storable(part) for name, part in value._serialize_to_tensors().items()}
    return {}


def _storable(value: Any) -> np.ndarray | bytes:
    return value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else np.asarray(held(value))


def escaped(name: str) -> str:
    """A child's name as a part of a key."""
    return name.replace(".", "..").replace("/", ".S")


def gather(root: Any) -> tuple[dict[str, np.ndarray | bytes], bytes]:
    """The values that can be reached from an object, by key, and the encoded graph of the objects.

    A key is the shortest path to its object, as in TensorFlow: ``model/w/.ATTRIBUTES/VARIABLE_VALUE``.
    """
    found: list[tuple[Any, str]] = [(root, "")]
    numbers = {id(root): 0}
    tensors: dict[str, np.ndarray | bytes] = {}
    nodes = []
    for value, path in found:
        message = b""
        for name, part in tracking.children(value):
            if id(part) not in numbers:
                numbers[id(part)] = len(found)
                found.append((part, f"{path}{escaped(name)}/"))
            reference = protobuf.integer(1, numbers[id(part)]) if numbers[id(part)] else b""
            message += protobuf.text(1, reference + protobuf.text(2, name))
        for name, own in _values(value).items():
            key = f"{path}.ATTRIBUTES/{escaped(name)}"
            tensors[key] = np.asarray(own) if not isinstance(own, bytes) else own
            full = value.name.removesuffix(":0") if isinstance(value, BaseVariable) else ""
            message += protobuf.text(2, protobuf.text(1, name) + protobuf.text(2, full) + protobuf.text(3, key))
        nodes.append((message, bool(_values_below(value))))
    graph = b"".join(
        protobuf.text(1, message + protobuf.text(5, protobuf.integer(1, 1) if holds else b""))
        for message, holds in nodes
    )
    return tensors, graph


def _values_below(value: Any) -> bool:
    """Whether there is anything to save in an object or below it."""
    return bool(isinstance(value, BaseVariable) or any(True for _ in tracking.children(value)))


def read_graph(reader: BundleReader) -> list[Node]:
    """The graph of a checkpoint's objects, the root first.

    Raises:
      UnimplementedError: there is none, as in checkpoints of graph mode.
      DataLossError: it is damaged.
    """
    if GRAPH not in reader:
        message = (
            f"{reader.prefix} has no object graph, like checkpoints of `tf.compat.v1.train.Saver`: read "
            "its values by name with `tf.train.load_checkpoint` and assign them."
        )
        raise errors.UnimplementedError(None, None, message)
    nodes = []
    try:
        data = reader.read(GRAPH)
        for node in protobuf.strings(data, 1):  # type: ignore[arg-type]
            children = {}
            for reference in protobuf.strings(node, 1):
                children[protobuf.strings(reference, 2)[-1].decode()] = protobuf.one(reference, 1)
            keys = {}
            for own in protobuf.strings(node, 2):
                keys[protobuf.strings(own, 1)[-1].decode()] = protobuf.strings(own, 3)[-1].decode()
            nodes.append(Node(children, keys))
        if not nodes or any(place >= len(nodes) for node in nodes for place in node.children.values()):
            raise ValueError("a node that is not there")
    except (ValueError, IndexError) as error:
        raise error_kinds.DataLossError(
            None, None, f"{reader.prefix}: the graph of objects is damaged: {error}"
        ) from None
    return nodes


class _Restoration:
    """A checkpoint that is restored to objects as they are created.

    It holds objects weakly, and lives as long as one of them waits for a child that the checkpoint has.
    """

    def __init__(self, roots: Iterable[Any], reader: BundleReader) -> None:
        self._reader = reader
        self._nodes = read_graph(reader)
        self._objects: dict[int, weakref.ref[Any]] = {}  # restored objects, by node
        self._owners: list[tuple[weakref.ref[Any], int]] = [(weakref.ref(root), 0) for root in roots]
        # Keys of values without an object.
        self.unused: set[str] = {key for node in self._nodes for key in node.keys.values()}
        self._warning = weakref.finalize(self, _warn_of_unused, reader.prefix, self.unused)
        self.proceed()

    def proceed(self) -> None:
        """Restores objects created since the last time: all of them, or none if one value does not fit."""
        pairs = [(owner(), place) for owner, place in self._owners]
        known = {(id(value), place) for value, place in pairs}
        assignments = []
        for value, place in pairs:
            if value is None:
                continue
            node = self._nodes[place]
            if node.keys and place not in self._objects:
                assignments.append((place, value, self._prepare(value, node)))
            held = dict(tracking.children(value))
            for name, below in node.children.items():
                if name in held and (id(held[name]), below) not in known:
                    known.add((id(held[name]), below))
                    pairs.append((held[name], below))
        for place, value, assign in assignments:
            if place not in self._objects:
                assign()
                self._objects[place] = weakref.ref(value)
                self.unused.difference_update(self._nodes[place].keys.values())
        if not self.unused:
            tracking.stop_waiting(self.proceed)
            return
        before = {(id(owner()), place) for owner, place in self._owners}
        for value, place in pairs:
            if not isinstance(value, list | tuple | dict | BaseVariable | None) and self._nodes[place].children:
                tracking.wait(value, self.proceed)
                if (id(value), place) not in before:
                    self._owners.append((weakref.ref(value), place))

    def _prepare(self, value: Any, node: Node) -> Callable[[], None]:
        """Reads and checks the values of an object; returns a function that sets them."""
        if not isinstance(value, BaseVariable):
            if not hasattr(type(value), "_restore_from_tensors"):
                return lambda: None
            stored = {name: self._reader.read(key) for name, key in node.keys.items()}
            return lambda: value._restore_from_tensors(stored)
        if _VALUE not in node.keys:
            return lambda: None
        key = node.keys[_VALUE]
        entry = self._reader.entries.get(key)
        if entry is not None and NAMES.get(entry.dtype) != value.dtype.name:
            message = (
                f"tensor_name = {key}; expected dtype {value.dtype.name} does not equal original dtype "
                f"{NAMES.get(entry.dtype, entry.dtype)}: make variable {value.name} of that dtype"
            )
            raise errors.InvalidArgumentError(None, None, message)
        if entry is not None and not value.shape.is_compatible_with(entry.shape):
            name = f"{value.path}:0" if hasattr(value, "path") else value.name
            raise ValueError(
                f"Received incompatible tensor with shape {entry.shape} when attempting to restore variable with shape "
                f"{tuple(value.shape)} and name {name}."
            )
        tensor, array = empty(value.shape if entry is None else entry.shape, value.dtype)
        self._reader.read(key, array)
        return lambda: value._adopt(tensor)

    def unmatched(self, root: Any) -> list[Any]:
        """Objects below another that have values, but were not restored."""
        matched = {id(found()) for found in self._objects.values()}
        return [value for value in _reach(root) if _has_values(value) and id(value) not in matched]

    def expect_partial(self) -> None:
        """Silences warnings about values that are never restored."""
        self._warning.detach()

    @property
    def matched(self) -> list[Any]:
        """The restored objects that still exist."""
        return [value for found in self._objects.values() if (value := found()) is not None]


def _warn_of_unused(prefix: str, unused: set[str]) -> None:
    if unused:
        shown = sorted(unused)
        more = f" and {len(shown) - 10} more" if len(shown) > 10 else ""
        get_logger().warning(
            "Values of checkpoint %s were never restored: %s%s. `restore(...).expect_partial()` says that this is "
            "meant, `.assert_consumed()` raises at once.",
            *(prefix, ", ".join(shown[:10]), more),
        )


def _has_values(value: Any) -> bool:
    return isinstance(value, BaseVariable) or hasattr(type(value), "_serialize_to_tensors")


def _reach(root: Any) -> list[Any]:
    """An object and all that is below it, each once."""
    found, seen = [root], {id(root)}
    for value in found:
        for _, part in tracking.children(value):
            if id(part) not in seen:
                seen.add(id(part))
                found.append(part)
    return found


class InitializationOnlyStatus:
    """The status of restoring nothing: assertions that something was restored fail."""

    def assert_consumed(self) -> Any:
        """Raises AssertionError: no checkpoint was given."""
        raise AssertionError("No checkpoint specified (save_path=None); nothing is being restored.")

    assert_existing_objects_matched = assert_consumed
    assert_nontrivial_match = assert_consumed

    def expect_partial(self) -> InitializationOnlyStatus:
        """Returns itself."""
        return self

    def initialize_or_restore(self, session: Any = None) -> None:
        """Does nothing: variables have values as soon as they exist."""

    run_restore_ops = initialize_or_restore


class CheckpointLoadStatus:
    """The status of a restore.

    Example:
      >>> import tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = tf.train.Checkpoint(w=tf.Variable(3.0)).save(f"{folder}/ckpt")
      ...     w = tf.Variable(0.0)
      ...     status = tf.train.Checkpoint(w=w).restore(path).assert_consumed()
      >>> w.numpy()
      np.float32(3.0)
    """

    def __init__(self, root: Any, restoration: _Restoration) -> None:
        self._root = root
        self._restoration = restoration

    def assert_consumed(self) -> CheckpointLoadStatus:
        """Checks that every value of the checkpoint has an object, and every object a value.

        Returns:
          The status.

        Raises:
          AssertionError: one has not; the message lists them.
        """
        self.assert_existing_objects_matched()
        unused = sorted(self._restoration.unused)
        if unused:
            self._restoration.expect_partial()
            raise AssertionError(
                f"Unresolved object in checkpoint: {len(unused)} values have no Python object: {', '.join(unused[:10])}"
                f"{' and more' if len(unused) > 10 else ''}. `expect_partial()` says that this is meant."
            )
        return self

    def assert_existing_objects_matched(self) -> CheckpointLoadStatus:
        """Checks that every object that exists by now got its value.

        Returns:
          The status.

        Raises:
          AssertionError: one got none; the message lists them.
        """
        self._restoration.proceed()
        unmatched = self._restoration.unmatched(self._root)
        if unmatched:
            raise AssertionError(
                f"Found {len(unmatched)} Python objects that were not bound to checkpointed values, likely due to "
                f"changes in the Python program. Showing {min(10, len(unmatched))} of {len(unmatched)} unmatched "
                f"objects: {unmatched[:10]}"
            )
        return self

    def assert_nontrivial_match(self) -> CheckpointLoadStatus:
        """Checks that something below the root got a value.

        Returns:
          The status.

        Raises:
          AssertionError: nothing did.
        """
        self._restoration.proceed()
        counter = getattr(self._root, "_save_counter", None)
        if not any(value is not counter for value in self._restoration.matched):
            raise AssertionError(
                "Nothing except the root object matched a checkpointed value. Typically this means that the "
                "checkpoint does not match the Python program."
            )
        return self

    def expect_partial(self) -> CheckpointLoadStatus:
        """Silences warnings about values without an object.

        Returns:
          The status.
        """
        self._restoration.expect_partial()
        return self

    def initialize_or_restore(self, session: Any = None) -> None:
        """Restores objects created since; this happens automatically when an object gets an attribute."""
        self._restoration.proceed()

    run_restore_ops = initialize_or_restore


class Checkpoint:
    """Saves the variables that objects hold, and restores them, by the attributes that lead to them.

    The files are TensorFlow's, compatible in both directions.

    Args:
      root: an object whose attributes are the checkpoint's.
      **kwargs: objects by name: variables, modules, models, optimizers, generators, lists, tuples and dicts of these.

    Attributes:
      save_counter: the number of checkpoints saved so far, a variable.

    Raises:
      ValueError: an object has nothing that could be saved.

    Example:
      >>> import tempfile
      >>> w, optimizer = tf.Variable(1.0), tf.optimizers.SGD(0.1)
      >>> checkpoint = tf.train.Checkpoint(w=w, optimizer=optimizer)
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     path = checkpoint.save(f"{folder}/ckpt")
      ...     _ = w.assign(5.0)
      ...     _ = checkpoint.restore(path)
      >>> w.numpy(), path[-6:]
      (np.float32(1.0), 'ckpt-1')
    """

    def __init__(self, root: Any = None, **kwargs: Any) -> None:
        self._root = root
        self._save_counter: Variable | None = None
        for name, value in [("root", root)] * (root is not None) + list(kwargs.items()):
            if not tracking.is_trackable(value):
                raise ValueError(
                    f"`Checkpoint` was expecting {name} to be a trackable object (an object derived from `Trackable`), "
                    f"got {value}. If you believe this object should be trackable (i.e. it is part of the TensorFlow "
                    "Python API and manages state), please open an issue."
                )
        if root is not None:
            held = dict(tracking.children(root))
            for name, value in kwargs.items():
                if name in held and held[name] is not value:
                    raise ValueError(
                        f"Cannot create a Checkpoint with keyword argument {name} if root.{name} already exists."
                    )
        for name, value in kwargs.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        tracking.attribute_added(self)

    def _trackable_children(self) -> dict[str, Any]:
        own = {name: value for name, value in vars(self).items() if name not in ("_root", "_save_counter")}
        held = dict(tracking.children(self._root)) if self._root is not None else {}
        return {**held, **own, **({} if self._save_counter is None else {"save_counter": self._save_counter})}

    @property
    def save_counter(self) -> Variable:
        """The number of checkpoints saved so far."""
        if self._save_counter is None:
            self._save_counter = Variable(0, dtype=int64, trainable=False, name="save_counter")
        return self._save_counter

    def write(self, file_prefix: Any, options: Any = None) -> str:
        """Writes a checkpoint of exactly this prefix, without a number.

        Args:
          file_prefix: the path before ``.index``; the folder is created.
          options: not used; TensorFlow's concern devices.

        Returns:
          The prefix.

        Raises:
          OSError: it cannot be written. An existing checkpoint of that prefix is kept.

        Example:
          >>> import tempfile
          >>> v = tf.Variable(1.0)
          >>> with tempfile.TemporaryDirectory() as folder:
          ...     path = tf.train.Checkpoint(v=v).write(f"{folder}/best")
          ...     _ = v.assign(0.0)
          ...     status = tf.train.Checkpoint(v=v).read(path)
          >>> v.numpy()
          np.float32(1.0)
        """
        fail_trace("a checkpoint is written")
        prefix = os.fspath(file_prefix)
        tensors, graph = gather(self)
        write_bundle(prefix, {**tensors, GRAPH: graph})
        return prefix

    def save(self, file_prefix: Any, options: Any = None) -> str:
        """Writes a checkpoint whose prefix ends in its number, and records it in the folder as the latest.

        Args:
          file_prefix: the path before ``-1.index``; the folder is created.
          options: not used.

        Returns:
          The prefix with its number.

        Raises:
          OSError: it cannot be written.

        Example:
          >>> import tempfile
          >>> v = tf.Variable(1.0)
          >>> checkpoint = tf.train.Checkpoint(v=v)
          >>> with tempfile.TemporaryDirectory() as folder:
          ...     path = checkpoint.save(f"{folder}/ckpt")
          ...     _ = v.assign(0.0)
          ...     status = checkpoint.restore(tf.train.latest_checkpoint(folder))
          >>> v.numpy()
          np.float32(1.0)
        """
        counter = self.save_counter
        number = int(counter) + 1
        counter.assign(number)
        try:
            path = self.write(f"{os.fspath(file_prefix)}-{number}")
        except BaseException:
            counter.assign(number - 1)
            raise
        update_checkpoint_state(os.path.dirname(path), path)
        return path

    def read(self, save_path: Any, options: Any = None) -> CheckpointLoadStatus:
        """Restores a checkpoint written by `write`.

        Args:
          save_path: the prefix.
          options: not used.

        Returns:
          A status with `assert_consumed()`, `assert_existing_objects_matched()`, `assert_nontrivial_match()` and
          `expect_partial()`. Objects that do not exist yet are restored when they become attributes.

        Raises:
          NotFoundError: the checkpoint does not exist.
          DataLossError: its files are damaged. Nothing is restored then, or if a value does not fit:
          ValueError: a variable has another shape.
          InvalidArgumentError: a variable has another dtype.

        Example:
          >>> import tempfile
          >>> v = tf.Variable(1.0)
          >>> with tempfile.TemporaryDirectory() as folder:
          ...     path = tf.train.Checkpoint(v=v).write(f"{folder}/best")
          ...     _ = v.assign(0.0)
          ...     status = tf.train.Checkpoint(v=v).read(path)
          >>> v.numpy()
          np.float32(1.0)
        """
        fail_trace("a checkpoint is read")
        roots = [self] if self._root is None else [self, self._root]
        return CheckpointLoadStatus(self, _Restoration(roots, BundleReader(os.fspath(save_path))))

    def restore(self, save_path: Any, options: Any = None) -> CheckpointLoadStatus | InitializationOnlyStatus:
        """Restores a checkpoint written by `save`; see `read`.

        Args:
          save_path: the prefix with its number, or None, as from `tf.train.latest_checkpoint` for an empty folder.
          options: not used.

        Returns:
          A status, as from `read`. That of None restores nothing.

        Raises:
          NotFoundError, DataLossError, ValueError, InvalidArgumentError: as `read`.

        Example:
          >>> import tempfile
          >>> v = tf.Variable(1.0)
          >>> checkpoint = tf.train.Checkpoint(v=v)
          >>> with tempfile.TemporaryDirectory() as folder:
          ...     path = checkpoint.save(f"{folder}/ckpt")
          ...     _ = v.assign(0.0)
          ...     status = checkpoint.restore(tf.train.latest_checkpoint(folder))
          >>> v.numpy()
          np.float32(1.0)
        """
        if save_path is None:
            return InitializationOnlyStatus()
        self.save_counter  # noqa: B018  so that it is there to be restored
        try:
            return self.read(save_path)
        except error_kinds.NotFoundError as error:
            message = (
                f"Error when restoring from checkpoint or SavedModel at {os.fspath(save_path)}: {error.message}\n"
                "Please double-check that the path is correct. You may be missing the checkpoint suffix (e.g. the "
                "'-1' in 'path/to/ckpt-1')."
            )
            raise error_kinds.NotFoundError(None, None, message) from None

    def sync(self) -> None:
        """Does nothing: `save` returns once files are written.

        Example:
          >>> tf.train.Checkpoint().sync()
        """
