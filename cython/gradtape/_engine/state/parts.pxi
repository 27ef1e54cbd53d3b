"""The most recent results of variable[key], so that `v[i].assign(value)` finds v and i. Included in `variable`.

They refer weakly to tensors and variables, but keep inline tensors, and variables without another reference, alive.
"""

cdef extern from *:
    """
    /* Whether only the interpreter's stack refers to the object whose method is called. */
    #if PY_VERSION_HEX >= 0x030E0000
    #define is_temporary(o) PyUnstable_Object_IsUniqueReferencedTemporary(o)
    #else
    #define is_temporary(o) (Py_REFCNT(o) == 1)
    #endif
    """
    bint is_temporary(object o)

cdef enum:
    PARTS = 8                # results that are remembered

cdef list _parts = [None] * PARTS
cdef list _part_variables = [None] * PARTS
cdef list _part_keys = [None] * PARTS
cdef int _part_place = 0


cdef int remember_part(BaseVariable variable, object key, Tensor part) except -1:
    global _part_place
    cdef int place = (_part_place + 1) & (PARTS - 1)
    _part_place = place
    _parts[place] = part if part.block == NULL else PyWeakref_NewRef(part, None)
    _part_variables[place] = variable if is_temporary(variable) else PyWeakref_NewRef(variable, None)
    _part_keys[place] = key
    return 0


cdef object part_assigner(object tensor):
    cdef int place
    for place in range(PARTS):
        part = _parts[place]
        if part is tensor or (type(part) is not Tensor and part is not None and part() is tensor):
            variable = _part_variables[place]
            if not isinstance(variable, BaseVariable):
                variable = variable()
            if variable is not None:
                return functools.partial(variable._assign_part, _part_keys[place])
    raise AttributeError("'gradtape._engine.tensor.tensor.Tensor' object has no attribute 'assign'")


_operators.part_assigner = part_assigner
