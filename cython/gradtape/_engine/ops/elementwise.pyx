"""Elementwise ops: runs programs on tensors of any shapes, and records them."""

cimport numpy as cnp
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t

from gradtape._engine.base.shape cimport Extent, broadcast_extents, dims_text, release_extent, retain_extent, same_extent
from gradtape._engine.base.types cimport (ADD, BOOL, F32, F64, I32, MAX_OPERANDS, U8, U16, is_complex, is_differentiable, is_half,
                                          is_native, real)
from gradtape._engine.compute.loops cimport execute
from gradtape._engine.compute.program cimport COTANGENT, FEW, RESULT, Derivative, Operand, Program, few, program as program_named
from gradtape._engine.kernels.dispatch cimport kernels
from gradtape._engine.ops.messages cimport incompatible, mixed_dtypes, unsupported
from gradtape._engine.ops.operand cimport describe
from gradtape._engine.ops.structural cimport cast, rounded, sum_to, widened
from gradtape._engine.record.entries cimport Call, Entry
from gradtape._engine.record.log cimport Thread, thread_state, on_open_window, thread
from gradtape._engine.record.primitive cimport (Primitive, examine, examining, hooks, make_primitive, observe_compiled, observing,
                                                note, record, record_call, trace, unobserved)
from gradtape._engine.tensor.conversion cimport from_array
from gradtape._engine.tensor.tensor cimport Tensor, as_array, new_tensor

import numpy as np

from gradtape._engine.ops.messages import refused
from gradtape._src.table import complex_values

cnp.import_array()

cdef enum:
    SHORT_RUN = 16384         # elements up to which one instruction goes straight to its loop


cdef Program ADD_PROGRAM = program_named("add")
cdef Program SELECT_PROGRAM = program_named("select")


cdef Tensor elementwise(Program program, Tensor a, Tensor b, Tensor c):
    """An elementwise op on up to three operands of one dtype (or bool if the program says so)."""
    cdef Tensor out
    cdef PyObject* at
    cdef Extent* extent = NULL
    cdef int live
    if program.direct and a.dtype_code <= F64 and c is None and (b is None or b.dtype_code == a.dtype_code):
        extent = direct_extent(program, a, b)
    if extent != NULL:
        out = new_tensor(a.dtype_code, extent)
        if a.dtype_code == F32:
            run_direct[float](program, <float*>out.data, a, b, extent)
        else:
            run_direct[double](program, <double*>out.data, a, b, extent)
    elif a.dtype_code > F64 and not mixes_bools(a, b, c):
        if is_composed(program, a):
            return composition(program, a, b)         # composed of other ops, which are recorded themselves
        out = other_elementwise(program, a, b, c)
    else:
        out = broadcast_elementwise(program, a, b, c)
    if observing:
        trace(program, given(a, b, c), (), (out,))
    if (a.node or (b is not None and b.node) or (c is not None and c.node)) and is_differentiable(out.dtype_code):
        at = thread_state()
        if (<Thread>at).span != 0 or (<Thread>at).forward:
            live = on_open_window(<Thread>at, a.node)
            if b is not None:
                live |= on_open_window(<Thread>at, b.node) << 1
                if c is not None:
                    live |= on_open_window(<Thread>at, c.node) << 2
            if live or (<Thread>at).forward:
                record(<Thread>at, program, out, a, b, c, live, 0)
    if examining:
        examine(program, given(a, b, c), (), (out,))
    return out


cdef tuple given(Tensor first, Tensor second, Tensor third):
    return (first,) if second is None else (first, second) if third is None else (first, second, third)


cdef inline Extent* direct_extent(Program program, Tensor a, Tensor b) noexcept:
    """The result's extent, borrowed, where one instruction can run over short operands in place; else NULL.

    Operands of another extent, or of one element that stands for all, are for arithmetic on few elements alone.
    """
    cdef Extent* extent = a.extent
    if extent.size > SHORT_RUN:
        return NULL
    if b is None:
        return NULL if a.splat else extent
    if (b.extent == extent or same_extent(extent, b.extent)) and not a.splat and not b.splat:
        return extent
    if not program.arithmetic:
        return NULL
    if b.extent.size > 1 and (extent.size == 1 or a.splat):
        extent = b.extent
    return extent if extent.size <= FEW and fits_extent(a, extent) and fits_extent(b, extent) else NULL


cdef inline void run_direct(Program program, real* out, Tensor a, Tensor b, Extent* extent) noexcept:
    """out is OUT."""
    cdef const real* second = NULL
    if b is not None:
        second = <const real*>b.data
        if program.arithmetic and extent.size <= FEW:
            few(program.single, out, <const real*>a.data, step_of(a), second, step_of(b), extent.size)
            return
    if real is float:
        kernels.run32(program.single, out, <const float*>a.data, second, NULL, extent.size)
    else:
        kernels.run64(program.single, out, <const double*>a.data, second, NULL, extent.size)


cdef inline bint fits_extent(Tensor a, Extent* extent) noexcept:
    """Whether the tensor has the extent, or one element that broadcasts to it."""
    return (a.extent.size == 1 and a.extent.rank <= extent.rank) or same_extent(a.extent, extent)


cdef inline Py_ssize_t step_of(Tensor a) noexcept:
    return 0 if a.splat or a.extent.size == 1 else 1


cdef bint mixes_bools(Tensor a, Tensor b, Tensor c) noexcept:
    """Whether the first operand is bool and another one floating."""
    return a.dtype_code == BOOL and b is not None and (b.dtype_code <= F64 or (c is not None and c.dtype_code <= F64))


cdef Tensor broadcast_elementwise(Program program, Tensor a, Tensor b, Tensor c):
    """Evaluates an elementwise op on operands of any shapes."""
    cdef Tensor out
    cdef Extent* extent
    cdef Operand operands[3]
    cdef int code = a.dtype_code
    if code == BOOL:
        code = b.dtype_code if b.dtype_code <= F64 else c.dtype_code
    if b is not None and b.dtype_code != code and b.dtype_code != BOOL:
        raise mixed_dtypes(program.kernel, a, b, 1)
    if c is not None and c.dtype_code != code and c.dtype_code != BOOL:
        raise mixed_dtypes(program.kernel, b if a.dtype_code == BOOL else a, c, 2)
    if b is None or b.extent == a.extent:
        extent = retain_extent(a.extent)
    else:
        extent = broadcast_extents(a.extent, b.extent)
        if extent == NULL:
            raise incompatible(program.kernel, a, b)
    if c is not None and c.extent != extent:
        extent = widen(program, extent, a, c)
    out = new_tensor(BOOL if program.predicate else code, extent)
    describe(&operands[0], a, extent, code)
    if b is not None:
        describe(&operands[1], b, extent, code)
        if c is not None:
            describe(&operands[2], c, extent, code)
    if not program.run_few(code == F64, out.data, operands, extent.size, False):
        execute(program, code == F64, out.data, operands, extent, False)
    release_extent(extent)
    return out


cdef Extent* widen(Program program, Extent* extent, Tensor a, Tensor c) except NULL:
    """Broadcasts an owned extent with a further operand's."""
    cdef Extent* wider = broadcast_extents(extent, c.extent)
    if wider == NULL:
        text = dims_text(extent)
        release_extent(extent)
        raise refused("shapes", op=program.kernel, left=text, right=dims_text(c.extent))
    release_extent(extent)
    return wider


# Dtypes that programs do not support


cdef dict _compositions = {}


def install_composition(str name, function) -> None:
    """Registers a function that composes the op of this name from others, for complex operands."""
    _compositions[name] = function


cdef bint is_composed(Program program, Tensor a) except -1:
    """Whether an op is composed of others for operands of this dtype."""
    if is_differentiable(a.dtype_code):
        return is_complex(a.dtype_code) and program.name in _compositions
    return program.quotient


cdef object composition(Program program, Tensor a, Tensor b):
    """The result of an op that is composed of others."""
    cdef int code
    if is_differentiable(a.dtype_code):
        function = _compositions[program.name]
        return function(a) if b is None else function(a, b)
    if a.dtype_code == BOOL or b.dtype_code == BOOL:
        raise TypeError(f"`x` and `y` must have the same dtype, got {a.dtype!r} != {b.dtype!r}." if a.dtype_code != b.dtype_code
                        else "Invalid dtype tf.bool in __truediv__. Convert the operands with tf.cast.")
    code = F32 if a.dtype_code < I32 or a.dtype_code == U8 or a.dtype_code == U16 else F64
    return elementwise(program, cast(a, code), cast(b, code), None)


cdef Tensor other_elementwise(Program program, Tensor a, Tensor b, Tensor c):
    return other_value(program, given(a, b, c))


cdef Tensor other_value(Program program, tuple operands):
    """Evaluates an elementwise op on half-precision, complex, integer or bool operands."""
    cdef Tensor first = None, tensor, out
    cdef int i, place = 0, code
    for i, tensor in enumerate(operands):
        if first is None and tensor.dtype_code != BOOL:
            first, place = tensor, i
    if first is None or (program is not SELECT_PROGRAM and not is_differentiable(first.dtype_code)):
        first, place = operands[0], 0
    code = first.dtype_code
    if not (program.takes >> code) & 1:
        raise unsupported(program.kernel, code, program.taken)
    for i, tensor in enumerate(operands):
        if tensor.dtype_code != code and not (tensor.dtype_code == BOOL and (is_differentiable(code) or program is SELECT_PROGRAM)):
            raise mixed_dtypes(program.kernel, first, tensor, i)
    if is_half(code):
        out = elementwise_value(program, [widened(<Tensor>operand) for operand in operands])
        return out if program.predicate else rounded(out, code)
    if is_complex(code):
        try:
            with np.errstate(all="ignore"):
                array = complex_values.evaluate(program.expression, [as_array(<Tensor>operand) for operand in operands])
        except ValueError:
            raise incompatible(program.kernel, operands[0], operands[1]) from None
        return from_array(array, BOOL if program.predicate else code)
    return integer_elementwise(program, operands)


cdef Tensor elementwise_value(Program program, list operands):
    """Evaluates an elementwise op on native operands; not recorded."""
    cdef int count = len(operands)
    if count > 3:
        return long_value(program, operands)
    return broadcast_elementwise(program, operands[0], operands[1] if count > 1 else None, operands[2] if count > 2 else None)


cdef Tensor integer_elementwise(Program program, tuple tensors):
    cdef str op = program.kernel
    cdef Tensor a = tensors[0], b = tensors[1] if len(tensors) > 1 else None
    function = program.integers
    if function is None:
        raise unsupported(op, a.dtype_code, program.taken)
    arrays = [as_array(t) for t in tensors]
    if program.refuses is not None and program.refuses[1](*arrays):
        raise refused(program.refuses[0], op=op)
    try:
        with np.errstate(all="ignore"):
            array = np.asarray(function(*arrays))
    except ValueError:
        raise incompatible(op, a, b) from None
    return from_array(array, BOOL if program.predicate else (<Tensor>tensors[len(tensors) - 1]).dtype_code)


cdef Tensor elementwise_list(Program program, list operands):
    """An elementwise op of any arity."""
    cdef int count = len(operands)
    cdef Tensor operand, out
    cdef Thread th
    if count <= 3:
        return elementwise(program, operands[0], operands[1] if count > 1 else None, operands[2] if count > 2 else None)
    for operand in operands:
        if not is_native(operand.dtype_code) and operand.dtype_code != BOOL:
            out = other_value(program, tuple(operands))
            break
    else:
        out = long_value(program, operands)
    th = thread()
    if observing:
        trace(program, tuple(operands), (), (out,))
    if th.span != 0 or th.forward:
        record_call(th, long_primitive(program), tuple(operands), (out,), (program,), False)
    if observing:
        examine(program, tuple(operands), (), (out,))
    return out


cdef Tensor long_value(Program program, list operands):
    """Evaluates an elementwise op of more than three native operands."""
    cdef int count = len(operands), i, code = -1
    cdef Operand described[MAX_OPERANDS]
    cdef Extent* extent
    cdef Tensor tensor, out
    extent = retain_extent((<Tensor>operands[0]).extent)
    for i in range(count):
        tensor = operands[i]
        if tensor.extent != extent:
            extent = widen(program, extent, operands[0], tensor)
        if tensor.dtype_code != BOOL:
            if code >= 0 and tensor.dtype_code != code:
                release_extent(extent)
                raise mixed_dtypes(program.kernel, operands[0], tensor, i)
            code = tensor.dtype_code
    out = new_tensor(code, extent)
    for i in range(count):
        describe(&described[i], operands[i], extent, code)
    execute(program, code == F64, out.data, described, extent, False)
    release_extent(extent)
    return out


cdef int write_elementwise(Program program, Tensor out, PyObject** operands, int count, int dtype_code) except -1:
    cdef Operand described[MAX_OPERANDS]
    cdef Tensor a = <Tensor>operands[0], b = <Tensor>operands[1] if count > 1 else None
    cdef int i
    if (program.direct and count <= 2 and a.dtype_code == dtype_code and (b is None or b.dtype_code == dtype_code)
            and direct_extent(program, a, b) != NULL):
        if dtype_code == F32:
            run_direct[float](program, <float*>out.data, a, b, out.extent)
        else:
            run_direct[double](program, <double*>out.data, a, b, out.extent)
        return 0
    for i in range(count):
        describe(&described[i], <Tensor>operands[i], out.extent, dtype_code)
    if not program.run_few(dtype_code == F64, out.data, described, out.extent.size, False):
        execute(program, dtype_code == F64, out.data, described, out.extent, False)
    return 0


cdef bint overwrite(Program program, Tensor out, PyObject** operands, int count) except -1:
    cdef Operand described[MAX_OPERANDS]
    cdef Extent* extent = out.extent
    cdef int i, code = out.dtype_code
    cdef bint known = False
    cdef PyObject* operand
    if code > F64 or out.splat or program.predicate or observing:
        return False
    for i in range(count):
        operand = operands[i]
        if (<Tensor>operand).dtype_code != code and (<Tensor>operand).dtype_code != BOOL:
            return False
        if (<Tensor>operand).extent != extent and not broadcasts_to((<Tensor>operand).extent, extent):
            return False
        known = known or (<Tensor>operand).node != 0
        describe(&described[i], <Tensor>operand, extent, code)
    if known and not unobserved():
        return False
    execute(program, code == F64, out.data, described, extent, False)
    return True


cdef bint broadcasts_to(Extent* extent, Extent* wider) noexcept:
    """Whether results of the wider extent can be computed of the other without widening it."""
    cdef int i, shift = wider.rank - extent.rank
    if shift < 0:
        return False
    for i in range(extent.rank):
        if extent.dims[i] != 1 and extent.dims[i] != wider.dims[i + shift]:
            return False
    return True


cdef object evaluate_program(object program, list operands):
    return elementwise_list(<Program>program, operands)


hooks().elementwise = evaluate_program


cdef dict _long_primitives = {}


cdef Primitive long_primitive(Program program):
    """The primitive by which a program of more than three operands is recorded: its entry keeps a Call."""
    found = _long_primitives.get(program)
    if found is None:
        found = Primitive(program.name, evaluate_long, long_vjp, (*range(program.arity), -1), batch="elementwise")
        _long_primitives[program] = found
    return <Primitive>found


def evaluate_long(*operands):
    """Evaluates the program, the last operand, on the others."""
    return elementwise_list(operands[len(operands) - 1], list(operands[:len(operands) - 1]))


def long_vjp(Call call, needs, Tensor cotangent):
    """Vjp of an elementwise op of more than three operands."""
    cdef Program program = call.attributes[0]
    cdef Derivative derivative
    cdef Tensor result
    cdef list cotangents = [], arguments
    cdef int i, j, role
    for i in range(program.arity):
        if not needs[i]:
            cotangents.append(None)
            continue
        derivative = program.derivative(i)
        if derivative.zero:
            cotangents.append(None)
            continue
        result = cotangent
        if not derivative.identity:
            arguments = []
            for j in range(derivative.count):
                role = derivative.reads[j]
                arguments.append(cotangent if role == COTANGENT else
                                 conjugated(call.saved[program.arity if role == RESULT else role]))
            result = elementwise_list(derivative.program, arguments)
        cotangents.append(sum_to(result, (<Tensor>call.saved[i]).extent))
    return cotangents


cdef Tensor compute_conjugate(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return conjugated(a)


cdef object conjugate_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    return conjugated(cotangent)


cdef Primitive CONJUGATE = make_primitive("conj", "Conj", compute_conjugate, conjugate_rule, 0, 0, True, "same_number")


cdef Tensor conjugated(Tensor a):
    """The complex conjugate, not recorded; real tensors unchanged."""
    cdef Tensor out
    if not is_complex(a.dtype_code):
        return a
    out = from_array(np.asarray(np.conj(as_array(a))), a.dtype_code)
    note(CONJUGATE, out, a, None, 0)
    return out


cdef Tensor add(Tensor a, Tensor b):
    return elementwise(ADD_PROGRAM, a, b, None)


cdef Tensor compute_added_run(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return added_run(a, b)


cdef Primitive ADD_RUN = make_primitive("add", "AddV2", compute_added_run, NULL, 0, 0, False, "added")


cdef Tensor added_run(Tensor a, Tensor b):
    """The sum that a sweep computes in place, as a new tensor while it is traced: the same instruction on the same operands."""
    cdef Tensor out = new_tensor(a.dtype_code, a.extent)
    if a.dtype_code == F32:
        kernels.run32(ADD, <float*>out.data, <const float*>a.data, <const float*>b.data, NULL, a.extent.size)
    else:
        kernels.run64(ADD, <double*>out.data, <const double*>a.data, <const double*>b.data, NULL, a.extent.size)
    observe_compiled(ADD_RUN, out, a, b, 0)
    return out
