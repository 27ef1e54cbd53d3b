"""Structures of tensors and slots: arguments and results of functions and effects. Included in `trace`."""

cdef class Place:
    """Placeholder for the tensor of a slot in a structure."""

    def __cinit__(self, int slot):
        self.slot = slot

    def __eq__(self, other):
        return type(other) is Place and (<Place>other).slot == self.slot

    def __hash__(self):
        return self.slot


cdef class Built:
    """Placeholder for an object that contains tensors: a function that builds it from its parts, and the parts."""

    def __init__(self, make, tuple parts not None):
        self.make, self.parts = make, parts

    def __eq__(self, other):
        return type(other) is Built and self.make == (<Built>other).make and self.parts == (<Built>other).parts

    def __hash__(self):
        return 0


cdef object _parts_of = None


def install_parts(parts_of) -> None:
    """Sets a function that splits objects which may contain tensors: it returns None for others, else an object with `items`
    and `make`."""
    global _parts_of
    _parts_of = parts_of


cdef int collect(object value, list found) except -1:
    """Appends the tensors of a structure, in order."""
    if type(value) is Tensor:
        found.append(value)
    elif type(value) is tuple or type(value) is list:
        for item in value:
            collect(item, found)
    else:
        parts = _parts_of(value)
        if parts is not None:
            collect(parts.items, found)
    return 0


cdef object filled_in(object packed, PyObject** slots):
    """A structure with its Places replaced by the slots' tensors."""
    if type(packed) is Place:
        return <object>slots[(<Place>packed).slot]
    if type(packed) is tuple:
        return tuple([filled_in(item, slots) for item in <tuple>packed])
    if type(packed) is list:
        return [filled_in(item, slots) for item in <list>packed]
    if type(packed) is Built:
        return (<Built>packed).make(tuple([filled_in(item, slots) for item in (<Built>packed).parts]))
    return packed


cdef object placed(object packed, list values):
    """The same with a list of values."""
    if type(packed) is Place:
        return values[(<Place>packed).slot]
    if type(packed) is tuple:
        return tuple([placed(item, values) for item in <tuple>packed])
    if type(packed) is list:
        return [placed(item, values) for item in <list>packed]
    if type(packed) is Built:
        return (<Built>packed).make(tuple([placed(item, values) for item in (<Built>packed).parts]))
    return packed
