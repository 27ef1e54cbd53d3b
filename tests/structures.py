"""Nested classes, and one that is a leaf, for the tests of nested structures."""

import collections
import dataclasses

Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Plain:
    a: object
    b: object


@dataclasses.dataclass
class Nesting(Plain):
    def __tf_flatten__(self):
        return (), (self.a, self.b)

    @classmethod
    def __tf_unflatten__(cls, metadata, components):
        return cls(*components)
