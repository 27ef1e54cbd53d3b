"""Whether steps of two traces are the same. Included in `plan`."""

cdef bint same_attributes(object a, object b) except -1:
    """Whether two attributes are bitwise equal; False if comparing them raises."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all([same_attributes(x, y) for x, y in zip(a, b)])
    if isinstance(a, float):
        return a.hex() == b.hex()
    if isinstance(a, dict):
        return list(a) == list(b) and all([same_attributes(a[key], b[key]) for key in a])
    try:
        return bool(a == b)
    except Exception:
        return False


cdef bint same_tensor(Tensor a, Tensor b) noexcept:
    """Whether two tensors are bitwise equal."""
    return a is b or (a.dtype_code == b.dtype_code and a.splat == b.splat and same_extent(a.extent, b.extent)
                      and memcmp(a.data, b.data, (1 if a.splat else a.extent.size) * item_size(a.dtype_code)) == 0)


cdef bint same_step(Step a, Step b) except -1:
    """Whether two steps are the same; guards may differ in their outcome."""
    if (a.kind != b.kind or a.primitive is not b.primitive or a.operand_count != b.operand_count or a.result_count != b.result_count
            or a.attribute != b.attribute or a.variable is not b.variable or a.effect != b.effect):
        return False
    if memcmp(a.operands, b.operands, a.operand_count * sizeof(int)) or memcmp(a.results, b.results, a.result_count * sizeof(int)):
        return False
    if a.kind == COMPILED:
        return same_extent(a.shape, b.shape)
    if a.kind == SCRIPTED:
        return same_attributes(a.attributes, b.attributes) and a.forms == b.forms
    if a.kind == EFFECT:
        return same_attributes(a.function, b.function) and same_attributes(a.arguments, b.arguments) and a.forms == b.forms
    if a.kind == CONSTANT:
        return same_tensor(a.constant, b.constant)
    return True


def evaluations(list steps not None):
    """A copy of steps for `same_evaluations`: without variables, and without the tensors of constants except splats.

    None if there are guards or side effects.
    """
    cdef list kept = []
    cdef Step step, form
    for step in steps:
        if step.kind > READ:
            return None
        if step.kind == READ or step.kind == CONSTANT and not step.constant.splat:
            form = Step(step.kind, 0, 1)
            form.results[0] = step.results[0]
            form.shape = retain_extent(step.constant.extent if step.kind == CONSTANT else step.shape)
            form.dtype_code = step.constant.dtype_code if step.kind == CONSTANT else step.dtype_code
            step = form
        kept.append(step)
    return kept


def same_evaluations(list kept not None, list steps not None):
    """Whether steps are the same as the kept ones, except for variables and constants other than splats of equal shapes and dtypes."""
    cdef Step a, b
    cdef Py_ssize_t i
    if len(kept) != len(steps):
        return False
    for i in range(len(kept)):
        a, b = kept[i], steps[i]
        if a.kind != b.kind:
            return False
        if a.kind == CONSTANT and a.constant is None:
            if (a.results[0] != b.results[0] or a.dtype_code != b.constant.dtype_code or b.constant.splat
                    or not same_extent(a.shape, b.constant.extent)):
                return False
        elif a.kind == READ:
            if a.results[0] != b.results[0] or a.dtype_code != b.dtype_code or not same_extent(a.shape, b.shape):
                return False
        elif not same_step(a, b):
            return False
    return True
