"""tf.train.Example and its messages."""

from __future__ import annotations

from typing import ClassVar

from gradtape._src.io.wire import Field, Message


class BytesList(Message):
    """A list of bytes.

    Args:
      **values: `value`, an iterable of bytes.

    Raises:
      TypeError: an item is something else.

    Example:
      >>> tf.train.BytesList(value=[b"tape"]).value
      [b'tape']
    """

    FIELDS: ClassVar[dict[str, Field]] = {"value": Field(1, "bytes", repeated=True)}


class FloatList(Message):
    """A list of 32-bit floats.

    Args:
      **values: `value`, an iterable of numbers.

    Raises:
      TypeError: an item is something else.

    Example:
      >>> tf.train.FloatList(value=[1.5, 2]).value
      [1.5, 2.0]
    """

    FIELDS: ClassVar[dict[str, Field]] = {"value": Field(1, "float", repeated=True)}


class Int64List(Message):
    """A list of 64-bit integers.

    Args:
      **values: `value`, an iterable of integers.

    Raises:
      TypeError: an item is something else.
      ValueError: an integer has more bits.

    Example:
      >>> tf.train.Int64List(value=[1, 2]).value
      [1, 2]
    """

    FIELDS: ClassVar[dict[str, Field]] = {"value": Field(1, "int64", repeated=True)}


class Feature(Message):
    """A list of values of one kind.

    Args:
      **values: one of `bytes_list`, `float_list` and `int64_list`.

    Raises:
      TypeError: it is not such a list.

    Example:
      >>> tf.train.Feature(float_list=tf.train.FloatList(value=[0.5])).WhichOneof("kind")
      'float_list'
    """

    FIELDS: ClassVar[dict[str, Field]] = {
        "bytes_list": Field(1, BytesList, oneof="kind"),
        "float_list": Field(2, FloatList, oneof="kind"),
        "int64_list": Field(3, Int64List, oneof="kind"),
    }


class Features(Message):
    """Features by name.

    Args:
      **values: `feature`, a dict of `tf.train.Feature`.

    Raises:
      TypeError: a value is something else.

    Example:
      >>> one = tf.train.Feature(int64_list=tf.train.Int64List(value=[1]))
      >>> sorted(tf.train.Features(feature={"a": one, "b": one}).feature)
      ['a', 'b']
    """

    FIELDS: ClassVar[dict[str, Field]] = {"feature": Field(1, Feature, keyed=True)}


class Example(Message):
    """The usual contents of a data record: features by name.

    Its bytes are Protocol Buffers' and are read by TensorFlow, too.

    Args:
      **values: `features`, a `tf.train.Features`.

    Raises:
      TypeError: it is something else.

    Example:
      >>> age = tf.train.Feature(int64_list=tf.train.Int64List(value=[29]))
      >>> example = tf.train.Example(features=tf.train.Features(feature={"age": age}))
      >>> tf.train.Example.FromString(example.SerializeToString()).features.feature["age"].int64_list.value
      [29]
    """

    FIELDS: ClassVar[dict[str, Field]] = {"features": Field(1, Features)}
