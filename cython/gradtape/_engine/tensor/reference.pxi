"""Hashable references to tensors and variables. Included in `tensor`."""

class Reference:
    """A hashable reference to a tensor or variable, equal to all other references to the same object."""

    __slots__ = ("__weakref__", "_wrapped")

    def __init__(self, wrapped):
        self._wrapped = wrapped

    def deref(self):
        """The object itself."""
        return self._wrapped

    def __hash__(self):
        return id(self._wrapped)

    @property
    def unwrapped(self):
        """The object itself."""
        return self._wrapped

    def __eq__(self, other):
        return other is not None and self._wrapped is wrapped_by(other)

    def __lt__(self, other):
        return id(self._wrapped) < id(wrapped_by(other))

    def __gt__(self, other):
        return id(self._wrapped) > id(wrapped_by(other))

    def __repr__(self):
        return f"<Reference wrapping {self._wrapped!r}>"


cdef object wrapped_by(object other):
    if not isinstance(other, Reference):
        raise TypeError("Cannot compare wrapped object with unwrapped object")
    return other._wrapped
