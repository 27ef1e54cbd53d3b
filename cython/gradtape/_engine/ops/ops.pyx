"""Dispatch.

An op computes its result with a kernel, then records one entry if an operand's number is on an open window. The entry
holds only what the reverse rule reads. Reverse rules are made of these same functions, so they are recorded in their
turn when an outer window is open, and derivatives of every order need no second set of rules.

Three kinds of op share the log: programs (elementwise; the rule is derived), structural ops (compiled here, with a rule
in C) and calls (anything else: the rule is a Python callable over tensors, see `record`).
"""

cimport cython
cimport numpy as cnp
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport malloc
from libc.string cimport memcpy, memset

from gradtape._engine.compute.matmul cimport add_product, indifferent, product
from gradtape._engine.base.shape cimport (Extent, broadcast_extents, dims_text, extent_from, new_extent, release_extent, retain_extent, same_extent,
                               tensor_shape)
from gradtape._engine.kernels.dispatch cimport MAX, MIN, PROD, SUM, kernels
from gradtape._engine.record.log cimport (CALL, RESULT_SLOT, Call, Entry, Thread, attribute_of, here, on_open_window, operand_extent, saved_operand,
                            thread)
from gradtape._engine.compute.loops cimport LONG_RUN, execute, reduce_run
from gradtape._engine.record.primitive cimport (READS_RESULT, Primitive, hooks, examine, examining, make_primitive, note, observe,
                                  observe_compiled, observing, record, record_call, trace, traced, tracer)
from gradtape._engine.compute.program cimport (COTANGENT, FEW, FULL, RESULT, SCALAR, STRIDED, Derivative, Operand, Program, derivative_of, few,
                                program)
from gradtape._engine.tensor.tensor cimport (Tensor, as_array, dtype_object, from_array, is_floating, item_size, new_scalar, new_tensor,
                               new_uniform, scalar_value, share, tracing)
from gradtape._engine.base.types cimport ADD, BOOL, F32, F64, I32, I64, MAX_OPERANDS, MAX_RANK, U8, real

import functools

import numpy as np

from gradtape._src.core.errors import InvalidArgumentError, invalid_argument

cnp.import_array()

cdef enum:
    MEAN = 10                 # a fifth reduction: a sum divided by its count
    KEEPS = 16                # in a reduction's attribute: reduced axes stay, of size 1
    SHORT_RUN = 16384         # elements up to which one instruction goes straight to its loop

cdef Program ADD_PROGRAM = program("add")
cdef Program MULTIPLY_PROGRAM = program("multiply")
cdef Program DIVIDE_PROGRAM = program("divide")
cdef Program EQUAL_PROGRAM = program("equal")

def kernel_name(str name) -> str:
    """The name under which an elementwise op appears in error messages."""
    return program(name).kernel


def op_error(str op, str message):
    """An InvalidArgumentError in TensorFlow's words: what is wrong, then the op in brackets."""
    return InvalidArgumentError(
        None, None,
        f"{{{{function_node __wrapped__{op}_device_/job:localhost/replica:0/task:0/device:CPU:0}}}} {message} [Op:{op}] name: ")


cdef object incompatible(str op, Tensor a, Tensor b):
    return op_error(op, f"Incompatible shapes: {dims_text(a.extent)} vs. {dims_text(b.extent)}")


cdef str dtype_word(int dtype_code):
    return ("float", "double", "int32", "int64", "uint8", "bool")[dtype_code]


cdef object expected_dtype(str op, int dtype_code, Tensor tensor, int place):
    return invalid_argument(op, f"cannot compute {op} as input #{place}(zero-based) was expected to be a {dtype_word(dtype_code)} "
                                f"tensor but is a {dtype_word(tensor.dtype_code)} tensor", "", kernel=None)


cdef object mixed_dtypes(str op, Tensor a, Tensor b, int place):
    return expected_dtype(op, a.dtype_code, b, place)


cdef object undivided(Tensor a, Tensor b):
    return TypeError(f"`x` and `y` must have the same dtype, got {a.dtype!r} != {b.dtype!r}.")


cdef object unsupported(str op, int dtype_code, str allowed):
    return invalid_argument(op, f"Value for attr 'T' of {dtype_word(dtype_code)} is not in the list of allowed values: {allowed}. "
                                "Convert with tf.cast", "", kernel=None)


cdef str entry_name(Entry* entry):
    """The name under which the op of an entry appears in messages."""
    return (<Primitive>(<Call>entry.op).primitive if entry.kind == CALL else <Primitive>entry.op).kernel


# Elementwise

cdef inline int describe(Operand* operand, Tensor tensor, Extent* extent, int dtype_code) noexcept:
    """How a program reads a tensor for results of this extent."""
    cdef int i, shift
    cdef Py_ssize_t stride
    operand.data = tensor.data
    operand.bytes = tensor.dtype_code == BOOL
    if tensor.uniform:
        operand.mode = SCALAR
    elif tensor.extent == extent or tensor.extent.size == extent.size:
        operand.mode = FULL           # a shape that broadcasts to another of its size differs in axes of 1 only
    elif tensor.extent.size == 1:
        operand.mode = SCALAR
    else:
        operand.mode = STRIDED
        shift = extent.rank - tensor.extent.rank
        stride = 1
        for i in range(extent.rank - 1, -1, -1):
            if i < shift or tensor.extent.dims[i - shift] == 1:
                operand.strides[i] = 0
            else:
                operand.strides[i] = stride
                stride *= tensor.extent.dims[i - shift]
    return 0


cdef Tensor elementwise(Program program, Tensor a, Tensor b, Tensor c):
    """One elementwise op on up to three operands of one floating dtype (or bool where the program says so)."""
    cdef Tensor out
    cdef PyObject* at
    cdef Extent* extent = NULL
    cdef int live
    if program.plain and a.dtype_code <= F64 and c is None and (b is None or b.dtype_code == a.dtype_code):
        extent = plain_extent(program, a, b)
    if extent != NULL:
        out = new_tensor(a.dtype_code, extent)
        if a.dtype_code == F32:
            run_plain[float](program, <float*>out.data, a, b, extent)
        else:
            run_plain[double](program, <double*>out.data, a, b, extent)
    elif a.dtype_code > F64 and not mixes_bools(a, b, c):
        out = integer_elementwise(program, a, b, c)
        if program.integers is None:
            return out              # it was computed by others, which are recorded and observed themselves
    else:
        out = broadcast_elementwise(program, a, b, c)
    if observing:
        return observed_elementwise(program, out, a, b, c)
    if (a.number or (b is not None and b.number) or (c is not None and c.number)) and out.dtype_code <= F64:
        at = here()
        if (<Thread>at).span != 0 or (<Thread>at).forward:
            live = on_open_window(<Thread>at, a.number)
            if b is not None:
                live |= on_open_window(<Thread>at, b.number) << 1
                if c is not None:
                    live |= on_open_window(<Thread>at, c.number) << 2
            if live or (<Thread>at).forward:
                record(<Thread>at, program, out, a, b, c, live, 0)
    return out


cdef Tensor observed_elementwise(Program program, Tensor out, Tensor a, Tensor b, Tensor c):
    """Records, and shows to who observes."""
    cdef tuple operands = given(a, b, c)
    cdef Thread th
    cdef int live
    trace(program, operands, (), (out,))
    if (a.number or (b is not None and b.number) or (c is not None and c.number)) and out.dtype_code <= F64:
        th = thread()
        if th.span != 0 or th.forward:
            live = on_open_window(th, a.number)
            if b is not None:
                live |= on_open_window(th, b.number) << 1
                if c is not None:
                    live |= on_open_window(th, c.number) << 2
            if live or th.forward:
                record(th, program, out, a, b, c, live, 0)
    examine(program, operands, (), (out,))
    return out


cdef inline Extent* plain_extent(Program program, Tensor a, Tensor b) noexcept:
    """The result's extent where one instruction can run over short operands as they lie, borrowed; else NULL.

    Operands of another extent, or of one element that stands for all, are for arithmetic on few elements alone.
    """
    cdef Extent* extent = a.extent
    if extent.size > SHORT_RUN:
        return NULL
    if b is None:
        return NULL if a.uniform else extent
    if (b.extent == extent or same_extent(extent, b.extent)) and not a.uniform and not b.uniform:
        return extent
    if not program.arithmetic:
        return NULL
    if b.extent.size > 1 and (extent.size == 1 or a.uniform):
        extent = b.extent
    return extent if extent.size <= FEW and lies_in(a, extent) and lies_in(b, extent) else NULL


cdef inline void run_plain(Program program, real* out, Tensor a, Tensor b, Extent* extent) noexcept:
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


cdef inline bint lies_in(Tensor a, Extent* extent) noexcept:
    """Whether the tensor is one element that broadcasts to the extent, or has that extent."""
    return (a.extent.size == 1 and a.extent.rank <= extent.rank) or same_extent(a.extent, extent)


cdef inline Py_ssize_t step_of(Tensor a) noexcept:
    return 0 if a.uniform or a.extent.size == 1 else 1


cdef bint mixes_bools(Tensor a, Tensor b, Tensor c) noexcept:
    """Whether a floating operand stands beside a bool first one."""
    return a.dtype_code == BOOL and b is not None and (b.dtype_code <= F64 or (c is not None and c.dtype_code <= F64))


cdef Tensor broadcast_elementwise(Program program, Tensor a, Tensor b, Tensor c):
    """The value of an elementwise op, whatever its operands' shapes."""
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
        raise op_error(program.kernel, f"Incompatible shapes: {text} vs. {dims_text(c.extent)}")
    release_extent(extent)
    return wider


cdef Tensor integer_elementwise(Program program, Tensor a, Tensor b, Tensor c):
    cdef list tensors = [t for t in (a, b, c) if t is not None]
    cdef Tensor tensor, out
    cdef int i
    cdef str op = program.kernel
    function = program.integers
    if program.name in ("divide", "divide_no_nan"):
        if a.dtype_code == BOOL or b.dtype_code == BOOL:
            raise TypeError(f"`x` and `y` must have the same dtype, got {a.dtype!r} != {b.dtype!r}." if a.dtype_code != b.dtype_code
                            else "Invalid dtype tf.bool in __truediv__. Convert the operands with tf.cast.")
        i = F32 if a.dtype_code == U8 else F64
        return elementwise(program, cast(a, i), cast(b, i), None)
    if function is None:
        raise unsupported(op, a.dtype_code, "float, double")
    if a.dtype_code == BOOL and not program.takes_bools:
        raise unsupported(op, BOOL, "float, double, int32, int64, uint8")
    elif a.dtype_code == U8 and not program.takes_unsigned:
        raise unsupported(op, U8, "float, double, int32, int64")
    for i in range(1 if program.name != "select" else 2, len(tensors)):
        tensor = tensors[i]
        if tensor.dtype_code != (<Tensor>tensors[0 if program.name != "select" else 1]).dtype_code:
            raise mixed_dtypes(op, tensors[0 if program.name != "select" else 1], tensor, i)
    if program.name in ("floordiv", "floormod", "truncatediv", "truncatemod") and not np.all(as_array(b)):
        raise op_error(op, "Integer division by zero")
    if program.name == "pow" and (np.asarray(as_array(b)) < 0).any():
        raise op_error(op, "Integers to negative integer powers are not allowed")
    try:
        with np.errstate(all="ignore"):
            array = np.asarray(function(*[as_array(t) for t in tensors]))
    except ValueError:
        raise incompatible(op, a, b) from None
    if program.predicate:
        return from_array(array, BOOL)
    return from_array(array, (<Tensor>tensors[0 if program.name != "select" else 1]).dtype_code)


cdef Tensor elementwise_list(Program program, list operands):
    """An elementwise op of any arity; up to three operands take the quick way."""
    cdef int count = len(operands), i, code = -1
    cdef Operand described[MAX_OPERANDS]
    cdef Extent* extent
    cdef Tensor tensor, out
    cdef Thread th
    if count <= 3:
        return elementwise(program, operands[0], operands[1] if count > 1 else None, operands[2] if count > 2 else None)
    extent = retain_extent((<Tensor>operands[0]).extent)
    for i in range(count):
        tensor = operands[i]
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
    th = thread()
    if observing:
        trace(program, tuple(operands), (), (out,))
    if th.span != 0 or th.forward:
        record_call(th, long_primitive(program), tuple(operands), (out,), (program,), False)
    if observing:
        examine(program, tuple(operands), (), (out,))
    return out


cdef object evaluate_program(object program, list operands):
    return elementwise_list(<Program>program, operands)


hooks().elementwise = evaluate_program

cdef dict _long_primitives = {}


cdef Primitive long_primitive(Program program):
    """The primitive by which a program of more than three operands is recorded: its entry keeps a Call."""
    found = _long_primitives.get(program)
    if found is None:
        found = Primitive(program.name, evaluate_long, long_vjp, (*range(program.arity), -1))
        _long_primitives[program] = found
    return <Primitive>found


def evaluate_long(*operands):
    """The program that stands behind its operands, on them."""
    return elementwise_list(operands[len(operands) - 1], list(operands[:len(operands) - 1]))


def long_vjp(Call call, needs, Tensor cotangent):
    """Reverse rule of an elementwise op of more than three operands."""
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
                arguments.append(cotangent if role == COTANGENT else call.saved[program.arity if role == RESULT else role])
            result = elementwise_list(derivative.program, arguments)
        cotangents.append(sum_to(result, (<Tensor>call.saved[i]).extent))
    return cotangents


cdef object program_cotangent(Entry* entry, Tensor cotangent, int operand, Py_ssize_t rows):
    """The derived reverse rule, then summed to the operand's shape where it was broadcast."""
    cdef Derivative derivative = derivative_of(<Program>entry.op, operand)
    cdef Extent* extent = operand_extent(entry, operand)
    cdef PyObject* reads[3]
    cdef int i
    if derivative.zero:
        return None
    if derivative.identity:
        return cotangent if extent == NULL else sum_to_rows(cotangent, extent, rows)
    if derivative.count > 3:
        return long_cotangent(entry, derivative, cotangent, extent, rows)
    reads[1] = reads[2] = <PyObject*>None
    for i in range(derivative.count):
        reads[i] = argument(entry, cotangent, derivative.reads[i])
    if extent == NULL and not cotangent.uniform:
        return elementwise(derivative.program, <Tensor>reads[0], <Tensor>reads[1], <Tensor>reads[2])
    return narrowed_cotangent(derivative.program, cotangent, <Tensor>reads[0], <Tensor>reads[1], <Tensor>reads[2], extent, rows)


cdef Tensor long_cotangent(Entry* entry, Derivative derivative, Tensor cotangent, Extent* extent, Py_ssize_t rows):
    """The same of a derivative that reads more than three tensors."""
    cdef int i
    cdef Tensor out = elementwise_list(derivative.program, [<Tensor>argument(entry, cotangent, derivative.reads[i])
                                                            for i in range(derivative.count)])
    return out if extent == NULL else sum_to_rows(out, extent, rows)


cdef Tensor narrowed_cotangent(Program derivative, Tensor cotangent, Tensor first, Tensor second, Tensor third, Extent* extent,
                               Py_ssize_t rows):
    """A derivative's value where the cotangent is one value everywhere, or the operand was broadcast from `extent`."""
    cdef Tensor out
    cdef Thread th
    cdef Operand operands[3]
    if cotangent.uniform and is_even(first) and (second is None or is_even(second)) and (third is None or is_even(third)):
        out = everywhere(derivative, first, second, third, cotangent.extent)
    elif extent != NULL and extent.size == 1 and rows == 0 and cotangent.dtype_code <= F64 and nobody_looks():
        # The products and their sum are one pass.
        describe(&operands[0], first, cotangent.extent, cotangent.dtype_code)
        if second is not None:
            describe(&operands[1], second, cotangent.extent, cotangent.dtype_code)
            if third is not None:
                describe(&operands[2], third, cotangent.extent, cotangent.dtype_code)
        out = new_tensor(cotangent.dtype_code, extent)
        if not derivative.run_few(cotangent.dtype_code == F64, out.data, operands, cotangent.extent.size, True):
            execute(derivative, cotangent.dtype_code == F64, out.data, operands, cotangent.extent, True)
        if observing:
            observe(total_primitive(derivative), given(first, second, third), (tensor_shape(cotangent.extent), tensor_shape(extent)),
                    (out,))
        return out
    else:
        out = elementwise(derivative, first, second, third)
    return out if extent == NULL else sum_to_rows(out, extent, rows)


cdef tuple given(Tensor first, Tensor second, Tensor third):
    return (first,) if second is None else (first, second) if third is None else (first, second, third)


cdef Tensor everywhere(Program derivative, Tensor first, Tensor second, Tensor third, Extent* extent):
    """A derivative's value of operands that are one value each, everywhere in an extent."""
    cdef Tensor out
    cdef bint shown = tracing and traced()
    if shown:
        tracer.depth += 1
    try:
        out = elementwise(derivative, scalar_of(first), None if second is None else scalar_of(second),
                          None if third is None else scalar_of(third))
    finally:
        if shown:
            tracer.depth -= 1
    out = uniform(out.dtype_code, extent, scalar_value(out))
    if shown:
        observe(everywhere_primitive(derivative), given(first, second, third), (tensor_shape(extent),), (out,))
    return out


# What is done of a sweep in fewer ops while nobody looks, as primitives for those who trace it: it has no derivatives.

cdef dict _everywhere = {}
cdef dict _totals = {}


cdef Primitive everywhere_primitive(Program program):
    found = _everywhere.get(program)
    if found is None:
        found = _everywhere[program] = Primitive(program.name, functools.partial(evaluate_everywhere, program))
    return <Primitive>found


def evaluate_everywhere(Program program, *arguments):
    cdef Extent* extent = extent_from(arguments[len(arguments) - 1])
    cdef tuple operands = arguments[:len(arguments) - 1]
    try:
        return everywhere(program, operands[0], operands[1] if len(operands) > 1 else None, operands[2] if len(operands) > 2 else None,
                          extent)
    finally:
        release_extent(extent)


cdef Primitive total_primitive(Program program):
    found = _totals.get(program)
    if found is None:
        found = _totals[program] = Primitive(program.name, functools.partial(evaluate_total, program))
    return <Primitive>found


def evaluate_total(Program program, *arguments):
    cdef tuple tensors = arguments[:len(arguments) - 2]
    cdef Operand operands[3]
    cdef Extent* over = extent_from(arguments[len(arguments) - 2])
    cdef Extent* extent = extent_from(arguments[len(arguments) - 1])
    cdef Tensor out
    cdef int i, code = F64
    try:
        for i in range(len(tensors)):
            if (<Tensor>tensors[i]).dtype_code == F32:
                code = F32
        for i in range(len(tensors)):
            describe(&operands[i], <Tensor>tensors[i], over, code)
        out = new_tensor(code, extent)
        if not program.run_few(code == F64, out.data, operands, over.size, True):
            execute(program, code == F64, out.data, operands, over, True)
        return out
    finally:
        release_extent(over)
        release_extent(extent)


cdef Tensor compute_even(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return even(a, shape, attribute)


cdef Primitive EVEN = make_primitive("even", "BroadcastTo", compute_even, NULL, 0, 0, False, False)


cdef Tensor even(Tensor a, Extent* extent, int64_t attribute):
    """A tensor's only value, for a mean over the axes of the attribute divided by their elements, as one value everywhere."""
    cdef Tensor out
    cdef double value = scalar_value(a)
    if attribute & 15 == MEAN:
        value = value / reduced_count(extent, attribute >> 8)
    out = uniform(a.dtype_code, extent, value)
    if observing:
        observe_compiled(EVEN, out, a, None, attribute)
    return out


cdef Tensor compute_spread(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return spread(a)


cdef Primitive SPREAD = make_primitive("spread", "BroadcastTo", compute_spread, NULL, 0, 0, False, False)


cdef inline bint nobody_looks() noexcept:
    """Whether neither a tape nor an accumulator nor an examiner would see an op."""
    cdef PyObject* at = here()
    return (<Thread>at).span == 0 and not (<Thread>at).forward and not examining


cdef inline bint is_even(Tensor tensor) noexcept:
    return tensor.uniform or tensor.extent.size == 1


cdef Tensor scalar_of(Tensor tensor):
    return new_scalar(tensor.dtype_code, scalar_value(tensor))


cdef Tensor uniform(int dtype_code, Extent* extent, double value):
    """A cotangent that is one value everywhere, kept as that one value. It never leaves the sweep: see `spread`."""
    cdef Tensor out = new_uniform(dtype_code, extent)
    if dtype_code == F32:
        (<float*>out.data)[0] = <float>value
    else:
        (<double*>out.data)[0] = value
    return out


cdef Tensor spread(Tensor a):
    """A uniform cotangent as an ordinary tensor."""
    cdef Tensor out
    if not a.uniform:
        return a
    out = filled(a.dtype_code, a.extent, scalar_value(a))
    if observing:
        observe_compiled(SPREAD, out, a, None, 0)
    return out


cdef inline PyObject* argument(Entry* entry, Tensor cotangent, int role) noexcept:
    """What a derivative reads, borrowed."""
    if role == COTANGENT:
        return <PyObject*>cotangent
    return entry.saved[RESULT_SLOT] if role == RESULT else saved_operand(entry, role)


cdef Tensor add(Tensor a, Tensor b):
    return elementwise(ADD_PROGRAM, a, b, None)


# Structural ops

cdef Tensor filled(int dtype_code, Extent* extent, double value):
    cdef Tensor out = new_tensor(dtype_code, extent)
    cdef Py_ssize_t i, n = extent.size
    cdef float* singles = <float*>out.data
    cdef double* doubles = <double*>out.data
    cdef float single = <float>value
    if dtype_code == F32:
        for i in range(n):
            singles[i] = single
    elif dtype_code == F64:
        for i in range(n):
            doubles[i] = value
    elif value == 0.0:
        memset(out.data, 0, n * item_size(dtype_code))
    else:
        if dtype_code == I32:
            for i in range(n):
                (<int32_t*>out.data)[i] = <int32_t>value
        elif dtype_code == I64:
            for i in range(n):
                (<int64_t*>out.data)[i] = <int64_t>value
        else:
            memset(out.data, <int>value, n)
    return out


cdef object identity_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t rows):
    return cotangent


cdef Tensor compute_identity(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return identity(a)


cdef Primitive IDENTITY = make_primitive("identity", "Identity", compute_identity, identity_rule, 0, 0, True, True)


cdef Tensor identity(Tensor a):
    """The same value under a number of its own."""
    cdef Tensor out = share(a, a.extent)
    note(IDENTITY, out, a, None, 0)
    return out


cdef Tensor compute_constant(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return constant(a)


cdef Primitive STOP_GRADIENT = make_primitive("stop_gradient", "StopGradient", compute_constant, NULL, 0, 0, False, False)


cdef Tensor constant(Tensor a):
    """The same value without its history."""
    cdef Tensor out = share(a, a.extent)
    if observing:
        observe_compiled(STOP_GRADIENT, out, a, None, 0)
    return out


cdef object reshape_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t rows):
    return cotangent if operand_extent(entry, 0) == NULL else reshape_rows(cotangent, operand_extent(entry, 0), rows)


cdef Tensor compute_reshape(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return reshape(a, shape)


cdef Primitive RESHAPE = make_primitive("reshape", "Reshape", compute_reshape, reshape_rule, 0, 0, True, True)


cdef Tensor reshape(Tensor a, Extent* extent):
    """The same elements under another shape of equal size; no copy."""
    cdef Tensor out
    if extent.size != a.extent.size:
        raise op_error("Reshape", f"Input to reshape is a tensor with {a.extent.size} values, but the requested shape has "
                                  f"{extent.size}")
    out = share(a, extent)
    note(RESHAPE, out, a, None, 0)
    return out


cdef object broadcast_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t rows):
    return cotangent if operand_extent(entry, 0) == NULL else sum_to_rows(cotangent, operand_extent(entry, 0), rows)


cdef Tensor compute_broadcast(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return broadcast_to(a, shape)


cdef Primitive BROADCAST = make_primitive("broadcast_to", "BroadcastTo", compute_broadcast, broadcast_rule, 0, 0, True, True)


cdef Tensor broadcast_to(Tensor a, Extent* extent):
    cdef Tensor out
    cdef Operand operand
    cdef Extent* common
    if same_extent(a.extent, extent):
        return a
    common = broadcast_extents(a.extent, extent)
    if common == NULL or not same_extent(common, extent):
        if common != NULL:
            release_extent(common)
        raise op_error("BroadcastTo", f"Incompatible shapes: {dims_text(a.extent)} vs. {dims_text(extent)}")
    release_extent(common)
    if not is_floating(a.dtype_code):
        out = from_array(np.broadcast_to(as_array(a), tensor_shape(extent)), a.dtype_code)
    elif a.extent.size == 1:
        out = filled(a.dtype_code, extent, scalar_value(a))
    else:
        out = new_tensor(a.dtype_code, extent)
        describe(&operand, a, extent, a.dtype_code)
        execute(COPY_PROGRAM, a.dtype_code == F64, out.data, &operand, extent, False)
    note(BROADCAST, out, a, None, 0)
    return out


cdef Program COPY_PROGRAM = program("identity")


cdef object sum_to_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t rows):
    return cotangent if operand_extent(entry, 0) == NULL else broadcast_rows(cotangent, operand_extent(entry, 0), rows)


cdef Tensor compute_sum_to(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return sum_to(a, shape)


cdef Primitive SUM_TO = make_primitive("sum_to", "Sum", compute_sum_to, sum_to_rule, 0, 0, True, True)


cdef Tensor sum_to(Tensor a, Extent* extent):
    """Sums the axes along which `extent` was broadcast to a's shape: the reverse of broadcasting."""
    cdef Tensor out
    cdef int64_t axes = 0
    cdef int i, shift = a.extent.rank - extent.rank
    if same_extent(a.extent, extent):
        return a
    if a.uniform:
        out = uniform(a.dtype_code, extent, scalar_value(a) * (<double>a.extent.size / <double>extent.size if extent.size else 0.0))
        if observing:
            observe_compiled(SUM_TO, out, a, None, 0)
        return out
    for i in range(a.extent.rank):
        if i < shift or (extent.dims[i - shift] == 1 and a.extent.dims[i] != 1):
            axes |= (<int64_t>1) << i
    out = new_tensor(a.dtype_code, extent)
    reduce_into(SUM, a, axes, out)
    note(SUM_TO, out, a, None, 0)
    return out


# Where a rule is asked for rows, shapes are an operand's shape behind the axis of rows; else they are the operand's.

cdef Extent* behind_rows(Extent* extent, int rank, Py_ssize_t rows) except NULL:
    """The extent of `rows` operands, filled up with axes of 1 to so many axes besides the first; one reference."""
    cdef Py_ssize_t dims[MAX_RANK + 1]
    cdef int i
    dims[0] = rows
    for i in range(rank):
        dims[i + 1] = 1 if i < rank - extent.rank else extent.dims[i - (rank - extent.rank)]
    return new_extent(rank + 1, dims)


cdef Tensor reshape_rows(Tensor a, Extent* extent, Py_ssize_t rows):
    cdef Extent* target
    cdef Tensor out
    if rows == 0:
        return reshape(a, extent)
    target = behind_rows(extent, extent.rank, rows)
    out = a if same_extent(a.extent, target) else reshape(a, target)
    release_extent(target)
    return out


cdef Tensor sum_to_rows(Tensor a, Extent* extent, Py_ssize_t rows):
    cdef Extent* padded
    cdef Tensor out
    if rows == 0:
        return sum_to(a, extent)
    padded = behind_rows(extent, a.extent.rank - 1, rows)
    out = sum_to(a, padded)
    release_extent(padded)
    return reshape_rows(out, extent, rows)


cdef Tensor broadcast_rows(Tensor a, Extent* extent, Py_ssize_t rows):
    cdef Extent* target
    cdef Extent* narrow
    cdef Tensor out
    if rows == 0:
        return broadcast_to(a, extent)
    narrow = new_extent(a.extent.rank - 1, a.extent.dims + 1)
    target = behind_rows(narrow, extent.rank, rows)
    release_extent(narrow)
    out = a if same_extent(a.extent, target) else reshape(a, target)
    release_extent(target)
    target = behind_rows(extent, extent.rank, rows)
    out = broadcast_to(out, target)
    release_extent(target)
    return out


cdef int reduce_into(int kind, Tensor a, int64_t axes, Tensor out) except -1:
    """Reduces the masked axes, the last run of neighbouring axes first, through scratch tensors where there are several."""
    cdef Py_ssize_t outer, reduced, inner
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Extent* extent
    cdef Tensor source = a, target
    cdef int rank = a.extent.rank, last, first, i
    cdef bint more
    if axes == 0:
        memcpy(out.data, a.data, a.extent.size * item_size(a.dtype_code))
        return 0
    if kind == SUM and out.extent.size == 1 and a.extent.size <= LONG_RUN:
        if a.dtype_code == F32:
            (<float*>out.data)[0] = <float>kernels.sum32(<const float*>a.data, a.extent.size)
        else:
            (<double*>out.data)[0] = kernels.sum64(<const double*>a.data, a.extent.size)
        return 0
    while True:
        last = rank - 1
        while not (axes >> last) & 1:
            last -= 1
        first = last
        while first > 0 and (axes >> (first - 1)) & 1:
            first -= 1
        outer = reduced = inner = 1
        for i in range(rank):
            dims[i] = source.extent.dims[i]
            if i < first:
                outer *= dims[i]
            elif i <= last:
                reduced *= dims[i]
                dims[i] = 1
            else:
                inner *= dims[i]
            if first <= i <= last:
                axes &= ~((<int64_t>1) << i)
        more = axes != 0
        if more:
            extent = new_extent(rank, dims)
            target = new_tensor(a.dtype_code, extent)
            release_extent(extent)
        else:
            target = out
        reduce_run(kind, a.dtype_code, source.data, target.data, outer, reduced, inner)
        if not more:
            return 0
        source = target


# A reduction's attribute: kind in bits 0-3, KEEPS, the axes' mask from bit 8.

cdef Tensor unreduced(Tensor a, Extent* source, int64_t axes, Py_ssize_t rows):
    """A reduced tensor with its reduced axes put back as 1."""
    cdef Py_ssize_t dims[MAX_RANK]
    cdef int i
    cdef Extent* extent
    cdef Tensor out
    if a.extent.rank == 0:
        return a
    for i in range(source.rank):
        dims[i] = 1 if (axes >> i) & 1 else source.dims[i]
    extent = new_extent(source.rank, dims)
    out = a if rows == 0 and same_extent(extent, a.extent) else reshape_rows(a, extent, rows)
    release_extent(extent)
    return out


cdef object reduce_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t rows):
    cdef int kind = attribute_of(entry) & 15
    cdef int64_t axes = attribute_of(entry) >> 8
    cdef Extent* source = operand_extent(entry, 0)
    cdef Tensor wide, chosen, count, result, a
    if source == NULL:
        # Nothing was reduced, or axes of one element that the result kept.
        if kind == SUM or kind == MEAN:
            return cotangent
        source = (<Tensor>entry.saved[0]).extent
    if (kind == SUM or kind == MEAN) and cotangent.extent.size == 1 and source.size > 1 and rows == 0:
        if nobody_looks():
            return even(cotangent, source, attribute_of(entry))
    cotangent = spread(cotangent)
    wide = unreduced(cotangent, source, axes, rows)
    if kind == SUM:
        return broadcast_rows(wide, source, rows)
    if kind == MEAN:
        if source.size:
            wide = elementwise(DIVIDE_PROGRAM, wide, new_scalar(cotangent.dtype_code, reduced_count(source, axes)), None)
        return broadcast_rows(wide, source, rows)
    a = <Tensor>entry.saved[0]
    result = unreduced(<Tensor>entry.saved[RESULT_SLOT], source, axes, 0)
    chosen = cast(elementwise(EQUAL_PROGRAM, a, result, None), cotangent.dtype_code)
    count = reduce(SUM, chosen, axes, True)
    return elementwise(MULTIPLY_PROGRAM, elementwise(DIVIDE_PROGRAM, chosen, count, None), wide, None)


cdef double reduced_count(Extent* source, int64_t axes) noexcept:
    cdef double count = 1
    cdef int i
    for i in range(source.rank):
        if (axes >> i) & 1:
            count *= source.dims[i]
    return count


cdef Tensor compute_reduction(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return reduce(attribute & 15, a, attribute >> 8, attribute & KEEPS)


cdef Primitive SUMS = make_primitive("reduce_sum", "Sum", compute_reduction, reduce_rule, 0, 0, True, True)
cdef Primitive MEANS = make_primitive("reduce_mean", "Mean", compute_reduction, reduce_rule, 0, 0, True, True)
cdef Primitive LARGEST = make_primitive("reduce_max", "Max", compute_reduction, reduce_rule, 1 | READS_RESULT, 0, False, True)
cdef Primitive SMALLEST = make_primitive("reduce_min", "Min", compute_reduction, reduce_rule, 1 | READS_RESULT, 0, False, True)
cdef dict _integer_reductions = {SUM: np.sum, PROD: np.prod, MAX: np.max, MIN: np.min}


cdef Tensor reduce(int kind, Tensor a, int64_t axes, bint keepdims):
    """Sum, mean, largest or smallest over a mask of axes."""
    cdef Py_ssize_t dims[MAX_RANK]
    cdef int rank = 0, i
    cdef Extent* extent
    cdef Tensor out
    cdef double count
    for i in range(a.extent.rank):
        if not (axes >> i) & 1:
            dims[rank] = a.extent.dims[i]
            rank += 1
        elif keepdims:
            dims[rank] = 1
            rank += 1
    if not is_floating(a.dtype_code):
        out = integer_reduce(kind, a, axes, keepdims)
    else:
        extent = new_extent(rank, dims)
        out = new_tensor(a.dtype_code, extent)
        release_extent(extent)
        reduce_into(SUM if kind == MEAN else kind, a, axes, out)
    if kind == MEAN and is_floating(a.dtype_code):
        count = reduced_count(a.extent, axes)
        for i in range(out.extent.size):
            if a.dtype_code == F32:
                (<float*>out.data)[i] = (<float*>out.data)[i] / <float>count
            else:
                (<double*>out.data)[i] = (<double*>out.data)[i] / count
    note(SUMS if kind == SUM else MEANS if kind == MEAN else LARGEST if kind == MAX else SMALLEST, out, a, None,
         kind | (KEEPS if keepdims else 0) | (axes << 8))
    return out


cdef Tensor integer_reduce(int kind, Tensor a, int64_t axes, bint keepdims):
    cdef object array = as_array(a)
    cdef tuple chosen = tuple([i for i in range(a.extent.rank) if (axes >> i) & 1])
    if kind == MEAN:
        count = <int64_t>reduced_count(a.extent, axes)
        summed = np.sum(array, axis=chosen, keepdims=keepdims, dtype=np.int64)
        # In integers all the way, as floats do not hold those of 64 bits; of none the mean is 0, as TensorFlow has it.
        return from_array(np.asarray((summed - np.fmod(summed, count)) // count if count else summed), a.dtype_code)
    if kind >= MAX and array.size == 0:
        limits = np.iinfo(array.dtype)
        return from_array(np.asarray(np.max(array, axis=chosen, keepdims=keepdims, initial=limits.min) if kind == MAX else
                                     np.min(array, axis=chosen, keepdims=keepdims, initial=limits.max)), a.dtype_code)
    if kind <= PROD:
        return from_array(np.asarray(_integer_reductions[kind](array, axis=chosen, keepdims=keepdims, dtype=array.dtype)),
                          a.dtype_code)
    return from_array(np.asarray(_integer_reductions[kind](array, axis=chosen, keepdims=keepdims)), a.dtype_code)


# A permutation is packed four bits per axis.

cdef object transpose_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t rows):
    cdef int64_t permutation = attribute_of(entry), inverse = 0
    cdef int i
    cdef int first = rows != 0
    for i in range(cotangent.extent.rank - first):
        inverse |= (<int64_t>(i + first)) << (4 * (((permutation >> (4 * i)) & 15) + first))
    return transpose(cotangent, inverse)


cdef Tensor compute_transpose(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return transpose(a, attribute)


cdef Primitive TRANSPOSE = make_primitive("transpose", "Transpose", compute_transpose, transpose_rule, 0, 0, True, True)


cdef Tensor transpose(Tensor a, int64_t permutation):
    """Axis i of the result is axis (permutation >> 4i) & 15 of a."""
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Py_ssize_t strides[MAX_RANK]
    cdef Py_ssize_t stride = 1
    cdef Operand operand
    cdef int i, rank = a.extent.rank
    cdef Extent* extent
    cdef Tensor out
    for i in range(rank - 1, -1, -1):
        strides[i] = stride
        stride *= a.extent.dims[i]
    for i in range(rank):
        dims[i] = a.extent.dims[(permutation >> (4 * i)) & 15]
        operand.strides[i] = strides[(permutation >> (4 * i)) & 15]
    extent = new_extent(rank, dims)
    if not is_floating(a.dtype_code):
        out = from_array(np.ascontiguousarray(as_array(a).transpose([(permutation >> (4 * i)) & 15 for i in range(rank)])),
                         a.dtype_code)
    else:
        out = new_tensor(a.dtype_code, extent)
        operand.data = a.data
        operand.mode = STRIDED
        operand.bytes = False
        execute(COPY_PROGRAM, a.dtype_code == F64, out.data, &operand, extent, False)
    release_extent(extent)
    note(TRANSPOSE, out, a, None, permutation)
    return out


cdef object cast_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t rows):
    return cast(cotangent, <int>(attribute_of(entry) & 255))


cdef Tensor compute_cast(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return cast(a, <int>(attribute >> 8))


CAST = make_primitive("cast", "Cast", compute_cast, cast_rule, 0, 0, True, True)


cdef void convert_run(int source_code, const char* source, int target_code, char* target, Py_ssize_t n) noexcept nogil:
    """Floats or bools as floats; source is IN, target is OUT."""
    cdef Py_ssize_t i
    if target_code == F64:
        if source_code == F32:
            for i in range(n):
                (<double*>target)[i] = (<const float*>source)[i]
        else:
            for i in range(n):
                (<double*>target)[i] = (<const unsigned char*>source)[i]
    elif source_code == F64:
        for i in range(n):
            (<float*>target)[i] = <float>(<const double*>source)[i]
    else:
        for i in range(n):
            (<float*>target)[i] = (<const unsigned char*>source)[i]


cdef Tensor cast(Tensor a, int dtype_code):
    """The same values in another dtype; floats to integers truncate."""
    cdef Tensor out
    cdef Py_ssize_t n = a.extent.size
    cdef int code
    cdef const char* source
    cdef char* target
    if a.dtype_code == dtype_code:
        return a
    out = new_tensor(dtype_code, a.extent)
    if (a.dtype_code == F32 or a.dtype_code == F64 or a.dtype_code == BOOL) and is_floating(dtype_code):
        code, source, target = a.dtype_code, a.data, out.data
        if n <= LONG_RUN:
            convert_run(code, source, dtype_code, target, n)
        else:
            with nogil:
                convert_run(code, source, dtype_code, target, n)
    else:
        with np.errstate(all="ignore"):
            out = from_array(as_array(a).astype(dtype_object(dtype_code).as_numpy_dtype), dtype_code)
    if is_floating(a.dtype_code) or not is_floating(dtype_code):
        note(CAST, out, a, None, a.dtype_code | (dtype_code << 8))
    elif observing:
        observe_compiled(CAST, out, a, None, a.dtype_code | (dtype_code << 8))
    return out


# Products. The attribute's bits 0 and 1 say which operand is transposed.

# The product that is the cotangent of one operand, of a cotangent and the other operand.
cdef struct Factors:
    PyObject* left           # Tensors, borrowed
    PyObject* right
    bint left_transposed
    bint right_transposed


cdef inline Factors factors(Entry* entry, Tensor g, Tensor other, int operand) noexcept:
    cdef bint ta = attribute_of(entry) & 1, tb = (attribute_of(entry) >> 1) & 1
    if operand == 0:
        if not ta:
            return Factors(<PyObject*>g, <PyObject*>other, False, not tb)
        return Factors(<PyObject*>other, <PyObject*>g, tb, True)
    if not tb:
        return Factors(<PyObject*>other, <PyObject*>g, not ta, False)
    return Factors(<PyObject*>g, <PyObject*>other, True, ta)


# Matrices that a sweep multiplies by again and again, as recurrences have it, and their transposes, which are quicker to read by
# rows: kept until the sweep ends, so that nothing holds what an optimizer would write in place. Found by the matrix's address.
cdef struct Kept:
    PyObject* met                # a matrix that came once; compared with others only
    PyObject* matrix             # owned
    PyObject* transpose          # owned

cdef enum:
    MOST_KEPT = 8

cdef Kept _kept[MOST_KEPT]
cdef bint _keeps = False         # any place is taken


cdef Tensor kept_transpose(Tensor matrix, Tensor g):
    """The transpose of a matrix that comes again, for a product of g with it; None where it pays nothing or changed a bit."""
    global _keeps
    cdef Tensor made
    cdef size_t address = <size_t><PyObject*>matrix
    cdef Kept* kept = &_kept[((address >> 7) ^ (address >> 10)) & (MOST_KEPT - 1)]
    if (matrix.extent.rank != 2 or g.extent.rank != 2 or not nobody_looks()
            or not indifferent(g.extent.dims[0], matrix.extent.dims[0], matrix.extent.dims[1])):
        return None
    if kept.matrix == <PyObject*>matrix:
        return <Tensor>kept.transpose
    _keeps = True
    if kept.met != <PyObject*>matrix:
        kept.met = <PyObject*>matrix
        return None
    made = transpose(matrix, 1)
    forget(kept)
    Py_INCREF(matrix)
    Py_INCREF(made)
    kept.matrix, kept.transpose = <PyObject*>matrix, <PyObject*>made
    return made


cdef int forget(Kept* kept) except -1:
    cdef PyObject* matrix = kept.matrix
    cdef PyObject* held = kept.transpose
    kept.met = kept.matrix = kept.transpose = NULL
    if matrix != NULL:
        Py_DECREF(<object>matrix)
        Py_DECREF(<object>held)
    return 0


cdef int forget_transposes() except -1:
    global _keeps
    cdef int i
    if _keeps:
        _keeps = False
        for i in range(MOST_KEPT):
            forget(&_kept[i])
    return 0


cdef object matmul_rule(Entry* entry, Tensor g, int operand, Py_ssize_t rows):
    cdef Tensor result, other = <Tensor>entry.saved[1 - operand], transposed = None
    cdef Factors of
    cdef Extent* extent = operand_extent(entry, operand)
    if rows == 0 and operand == 1 and not attribute_of(entry) & 1 and g.extent.rank > 2 and extent != NULL and extent.rank == 2:
        # One matrix served all batches: their rows are rows of one product.
        other = as_rows(other)
        g = as_rows(g)
    if operand == 0 and attribute_of(entry) == 0:
        transposed = kept_transpose(other, g)
    if transposed is not None:
        result = matmul(g, transposed, False, False)
    else:
        of = factors(entry, g, other, operand)
        result = matmul(<Tensor>of.left, <Tensor>of.right, of.left_transposed, of.right_transposed)
    return result if extent == NULL else sum_to_rows(result, extent, rows)


cdef bint add_cotangent(Entry* entry, Tensor g, int operand, Tensor total) noexcept:
    """Adds the cotangent of one of a product's operands to a total of its shape and dtype straight away, where that is quicker."""
    cdef Factors of
    cdef Tensor left, right
    cdef Py_ssize_t depth
    if g.extent.rank != 2 or examining:
        return False
    of = factors(entry, g, <Tensor>entry.saved[1 - operand], operand)
    left, right = <Tensor>of.left, <Tensor>of.right
    # A Python rule may have given any shape and dtype to either cotangent.
    if (left.extent.rank != 2 or right.extent.rank != 2 or total.extent.rank != 2
            or left.dtype_code != right.dtype_code or left.dtype_code != total.dtype_code):
        return False
    depth = left.extent.dims[0 if of.left_transposed else 1]
    if (right.extent.dims[1 if of.right_transposed else 0] != depth
            or left.extent.dims[1 if of.left_transposed else 0] != total.extent.dims[0]
            or right.extent.dims[0 if of.right_transposed else 1] != total.extent.dims[1]):
        return False
    return add_product(total.dtype_code == F64, of.left_transposed, of.right_transposed, total.extent.dims[0],
                       total.extent.dims[1], depth, left.data, right.data, total.data)


cdef Tensor compute_added_run(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return added_run(a, b)


cdef Primitive ADD_RUN = make_primitive("add", "AddV2", compute_added_run, NULL, 0, 0, False, False)


cdef Tensor added_run(Tensor a, Tensor b):
    """The sum that a sweep makes in place, as a new tensor, for those who trace it: the same instruction on the same operands."""
    cdef Tensor out = new_tensor(a.dtype_code, a.extent)
    if a.dtype_code == F32:
        kernels.run32(ADD, <float*>out.data, <const float*>a.data, <const float*>b.data, NULL, a.extent.size)
    else:
        kernels.run64(ADD, <double*>out.data, <const double*>a.data, <const double*>b.data, NULL, a.extent.size)
    observe_compiled(ADD_RUN, out, a, b, 0)
    return out


cdef Tensor added_product(Entry* entry, Tensor g, int operand, Tensor total):
    """The sum of `add_cotangent` as a new tensor, for those who trace it; None where it would not be quicker."""
    cdef Tensor out = new_tensor(total.dtype_code, total.extent)
    cdef Factors of
    memcpy(out.data, total.data, total.extent.size * item_size(total.dtype_code))
    if not add_cotangent(entry, g, operand, out):
        return None
    of = factors(entry, g, <Tensor>entry.saved[1 - operand], operand)
    observe(ADD_PRODUCT, (<Tensor>of.left, <Tensor>of.right, total), (of.left_transposed, of.right_transposed), (out,))
    return out


def evaluate_added_product(Tensor left, Tensor right, Tensor total, bint left_transposed, bint right_transposed) -> Tensor:
    cdef Tensor out = new_tensor(total.dtype_code, total.extent)
    memcpy(out.data, total.data, total.extent.size * item_size(total.dtype_code))
    if not add_product(total.dtype_code == F64, left_transposed, right_transposed, total.extent.dims[0], total.extent.dims[1],
                       left.extent.dims[0 if left_transposed else 1], left.data, right.data, out.data):
        raise RuntimeError("a product was added that is not added so")
    return out


cdef Primitive ADD_PRODUCT = Primitive("matmul", evaluate_added_product)


cdef Tensor as_rows(Tensor a):
    cdef Py_ssize_t dims[2]
    cdef Extent* extent
    dims[1] = a.extent.dims[a.extent.rank - 1]
    dims[0] = 1
    for i in range(a.extent.rank - 1):
        dims[0] *= a.extent.dims[i]
    extent = new_extent(2, dims)
    a = reshape(a, extent)
    release_extent(extent)
    return a


cdef Tensor compute_matmul(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return matmul(a, b, attribute & 1, (attribute >> 1) & 1)


cdef Primitive MATMUL = make_primitive("matmul", "MatMul", compute_matmul, matmul_rule, 2, 1, True, True)
cdef Primitive BATCH_MATMUL = make_primitive("matmul", "BatchMatMulV2", compute_matmul, matmul_rule, 2, 1, True, True)
MATMUL.adds = BATCH_MATMUL.adds = True


cdef Tensor matmul(Tensor a, Tensor b, bint ta, bint tb):
    """Matrix product over the last two axes, the others broadcast."""
    cdef Extent* x = a.extent
    cdef Extent* y = b.extent
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Py_ssize_t m, n, k, height, left_step, batch = 1
    cdef int i, rank
    cdef Extent* extent
    cdef Tensor out, left = a, right = b
    cdef str op = "MatMul" if x.rank == 2 and y.rank == 2 else "BatchMatMulV2"
    if a.dtype_code != b.dtype_code:
        raise mixed_dtypes(op, a, b, 1)
    if x.rank < 2 or y.rank < 2:
        which = 0 if x.rank < 2 else 1
        raise op_error(op, f"In[{which}] ndims must be >= 2: {(a if which == 0 else b).extent.rank}. "
                           "Give a vector a second axis with tf.expand_dims, or use tf.linalg.matvec")
    m = x.dims[x.rank - 1] if ta else x.dims[x.rank - 2]
    k = x.dims[x.rank - 2] if ta else x.dims[x.rank - 1]
    n = y.dims[y.rank - 2] if tb else y.dims[y.rank - 1]
    if k != (y.dims[y.rank - 1] if tb else y.dims[y.rank - 2]):
        raise op_error(op, f"Matrix size-incompatible: In[0]: {dims_text(x)}, In[1]: {dims_text(y)}")
    if not is_floating(a.dtype_code):
        out = integer_matmul(a, b, ta, tb)
        note(MATMUL if out.extent.rank == 2 else BATCH_MATMUL, out, a, b, ta | (tb << 1))
        return out
    height = m
    left_step = m * k
    if y.rank == 2 and not ta:
        # Rows of all batches are rows of one product.
        for i in range(x.rank - 2):
            dims[i] = x.dims[i]
            batch *= x.dims[i]
        rank = x.rank
        m *= batch
        batch = 1
    elif x.rank == 2 and y.rank > 2:
        rank = y.rank
        left_step = 0
        for i in range(rank - 2):
            dims[i] = y.dims[i]
            batch *= y.dims[i]
    elif x.rank == y.rank and batches_match(x, y):
        rank = x.rank
        for i in range(rank - 2):
            dims[i] = x.dims[i]
            batch *= x.dims[i]
    else:
        left, right = broadcast_batches(a, b, op)
        x = left.extent
        y = right.extent
        rank = x.rank
        for i in range(rank - 2):
            dims[i] = x.dims[i]
            batch *= x.dims[i]
    dims[rank - 2] = height
    dims[rank - 1] = n
    # Shapes that are one object are told to be equal by its address.
    if rank == 2 and x.rank == 2 and height == x.dims[0] and n == x.dims[1]:
        extent = retain_extent(x)
    else:
        extent = new_extent(rank, dims)
    out = new_tensor(a.dtype_code, extent)
    release_extent(extent)
    if left_step == 0 and n == 1:
        # One matrix times many columns: the columns are the rows of one product.
        product(a.dtype_code == F64, False, not ta, 1, batch, m, k, right.data, 0, left.data, 0, out.data)
    else:
        product(a.dtype_code == F64, ta, tb, batch, m, n, k, left.data, left_step, right.data, n * k, out.data)
    note(MATMUL if out.extent.rank == 2 else BATCH_MATMUL, out, a, b, ta | (tb << 1))
    return out


cdef bint batches_match(Extent* x, Extent* y) noexcept:
    cdef int i
    for i in range(x.rank - 2):
        if x.dims[i] != y.dims[i]:
            return False
    return True


cdef tuple broadcast_batches(Tensor a, Tensor b, str op):
    """Both operands with their batch axes spread to the common ones; unrecorded copies, the rule sums them back."""
    cdef tuple x = tuple(tensor_shape(a.extent)), y = tuple(tensor_shape(b.extent))
    cdef Py_ssize_t p = len(x) - 2, q = len(y) - 2
    try:
        batch = np.broadcast_shapes(x[:p], y[:q])
    except ValueError:
        raise op_error(op, f"In[0] and In[1] must have compatible batch dimensions: {dims_text(a.extent)} vs. "
                           f"{dims_text(b.extent)}") from None
    return (from_array(np.broadcast_to(as_array(a), (*batch, *x[p:])), a.dtype_code),
            from_array(np.broadcast_to(as_array(b), (*batch, *y[q:])), b.dtype_code))


cdef Tensor integer_matmul(Tensor a, Tensor b, bint ta, bint tb):
    x, y = as_array(a), as_array(b)
    return from_array(np.matmul(np.matrix_transpose(x) if ta else x, np.matrix_transpose(y) if tb else y), a.dtype_code)
