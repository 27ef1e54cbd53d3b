"""Vjps of elementwise ops: derivative programs, and sums over broadcast axes."""

from cpython.ref cimport PyObject

from gradtape._engine.base.shape cimport Extent, extent_from, release_extent, tensor_shape
from gradtape._engine.base.types cimport F32, F64, is_complex
from gradtape._engine.compute.loops cimport execute
from gradtape._engine.compute.program cimport COTANGENT, RESULT, Derivative, Operand, Program, derivative_of
from gradtape._engine.ops.elementwise cimport Elementwise, conjugated, elementwise, elementwise_list, given
from gradtape._engine.ops.operand cimport describe
from gradtape._engine.ops.structural cimport splat, sum_to_batch
from gradtape._engine.record.entries cimport RESULT_SLOT, Entry, operand_extent, saved_operand
from gradtape._engine.record.primitive cimport Primitive, observe, observing, traced, tracer, unobserved
from gradtape._engine.tensor.tensor cimport Tensor, new_scalar, new_tensor, scalar_value, tracing

import functools


cdef object program_cotangent(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    """Runs the derivative program, and sums over the axes along which the operand was broadcast."""
    cdef Derivative derivative = derivative_of(<Program>entry.op, operand)
    cdef Extent* extent = operand_extent(entry, operand)
    cdef PyObject* reads[3]
    cdef int i
    if derivative.identity:
        return cotangent if extent == NULL else sum_to_batch(cotangent, extent, batch)
    if not derivative.short or is_complex(cotangent.dtype_code):
        if derivative.zero:
            return None
        return long_cotangent(entry, derivative, cotangent, extent, batch)
    reads[1] = reads[2] = <PyObject*>None
    for i in range(derivative.count):
        reads[i] = argument(entry, cotangent, derivative.reads[i])
    if extent == NULL and not cotangent.splat:
        return (<Elementwise>elementwise)(<PyObject*>derivative.program, reads[0], reads[1], reads[2])
    return narrowed_cotangent(derivative.program, cotangent, <Tensor>reads[0], <Tensor>reads[1], <Tensor>reads[2], extent, batch)


cdef Tensor complex_cotangent(Derivative derivative, Tensor cotangent, list reads, Extent* extent, Py_ssize_t batch):
    """A complex operand's, in TensorFlow's convention: the cotangent by the derivative's conjugate, which is the derivative at the
    conjugates, as no formula has complex constants."""
    cdef int i
    cdef Tensor out = elementwise_list(derivative.program, [reads[i] if derivative.reads[i] == COTANGENT else
                                                            conjugated(reads[i]) for i in range(len(reads))])
    return out if extent == NULL else sum_to_batch(out, extent, batch)


cdef Tensor long_cotangent(Entry* entry, Derivative derivative, Tensor cotangent, Extent* extent, Py_ssize_t batch):
    """The same for a derivative that reads more than three tensors, or complex ones."""
    cdef int i
    cdef Tensor out
    cdef list reads = [<Tensor>argument(entry, cotangent, derivative.reads[i]) for i in range(derivative.count)]
    if is_complex(cotangent.dtype_code):
        return complex_cotangent(derivative, cotangent, reads, extent, batch)
    out = elementwise_list(derivative.program, reads)
    return out if extent == NULL else sum_to_batch(out, extent, batch)


cdef Tensor narrowed_cotangent(Program derivative, Tensor cotangent, Tensor first, Tensor second, Tensor third, Extent* extent,
                               Py_ssize_t batch):
    """A derivative's value if the cotangent is a splat, or the operand was broadcast from `extent`."""
    cdef Tensor out
    if cotangent.splat and is_one_value(first) and (second is None or is_one_value(second)) and (third is None or is_one_value(third)):
        out = everywhere(derivative, first, second, third, cotangent.extent)
    elif extent != NULL and extent.size == 1 and batch == 0 and cotangent.dtype_code <= F64 and unobserved():
        # Products and sum are computed in one pass.
        out = total(derivative, first, second, third, cotangent.extent, extent)
        if observing:
            observe(total_primitive(derivative), given(first, second, third),
                    (tensor_shape(cotangent.extent), tensor_shape(extent)), (out,))
        return out
    else:
        out = elementwise(derivative, first, second, third)
    return out if extent == NULL else sum_to_batch(out, extent, batch)


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
    out = splat(out.dtype_code, extent, scalar_value(out))
    if shown:
        observe(everywhere_primitive(derivative), given(first, second, third), (tensor_shape(extent),), (out,))
    return out


# The fused ops of sweeps as primitives, for traces. They have no derivatives.


cdef dict _everywhere = {}
cdef dict _totals = {}


cdef Primitive everywhere_primitive(Program program):
    found = _everywhere.get(program)
    if found is None:
        found = _everywhere[program] = Primitive(program.name, functools.partial(evaluate_everywhere, program), batch="everywhere")
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
        found = _totals[program] = Primitive(program.name, functools.partial(evaluate_total, program), batch="total")
    return <Primitive>found


def evaluate_total(Program program, *arguments):
    cdef tuple operands = arguments[:len(arguments) - 2]
    cdef Extent* over = extent_from(arguments[len(arguments) - 2])
    cdef Extent* extent = extent_from(arguments[len(arguments) - 1])
    try:
        return total(program, operands[0], operands[1] if len(operands) > 1 else None, operands[2] if len(operands) > 2 else None, over,
                     extent)
    finally:
        release_extent(over)
        release_extent(extent)


cdef Tensor total(Program program, Tensor first, Tensor second, Tensor third, Extent* over, Extent* extent):
    """The sum of a program's values over an extent; the result has one element."""
    cdef Operand operands[3]
    cdef Tensor out
    cdef bint double_precision = not (first.dtype_code == F32 or (second is not None and second.dtype_code == F32)
                                      or (third is not None and third.dtype_code == F32))
    describe(&operands[0], first, over, 0)
    if second is not None:
        describe(&operands[1], second, over, 0)
    if third is not None:
        describe(&operands[2], third, over, 0)
    out = new_tensor(F64 if double_precision else F32, extent)
    if not program.run_few(double_precision, out.data, operands, over.size, True):
        execute(program, double_precision, out.data, operands, over, True)
    return out


cdef inline bint is_one_value(Tensor tensor) noexcept:
    return tensor.splat or tensor.extent.size == 1


cdef Tensor scalar_of(Tensor tensor):
    return new_scalar(tensor.dtype_code, scalar_value(tensor))


cdef inline PyObject* argument(Entry* entry, Tensor cotangent, int role) noexcept:
    """The tensors that a derivative reads, borrowed."""
    if role == COTANGENT:
        return <PyObject*>cotangent
    return entry.saved[RESULT_SLOT] if role == RESULT else saved_operand(entry, role)
