"""Cotangents of elementwise ops: their derived derivatives, and the sum over what was broadcast."""

from cpython.ref cimport PyObject

from gradtape._engine.base.shape cimport Extent
from gradtape._engine.base.types cimport F64
from gradtape._engine.compute.loops cimport execute
from gradtape._engine.compute.program cimport COTANGENT, RESULT, Derivative, Operand, Program, derivative_of
from gradtape._engine.ops.elementwise cimport elementwise, elementwise_list
from gradtape._engine.ops.operand cimport describe
from gradtape._engine.ops.structural cimport sum_to_batch, splat
from gradtape._engine.record.entries cimport Entry, operand_extent, saved_operand, RESULT_SLOT
from gradtape._engine.record.primitive cimport unobserved
from gradtape._engine.tensor.tensor cimport Tensor, new_scalar, new_tensor, scalar_value


cdef object program_cotangent(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    """The derived reverse rule, then summed to the operand's shape where it was broadcast."""
    cdef Derivative derivative = derivative_of(<Program>entry.op, operand)
    cdef Extent* extent = operand_extent(entry, operand)
    cdef PyObject* reads[3]
    cdef int i
    if derivative.zero:
        return None
    if derivative.identity:
        return cotangent if extent == NULL else sum_to_batch(cotangent, extent, batch)
    if derivative.count > 3:
        return long_cotangent(entry, derivative, cotangent, extent, batch)
    reads[1] = reads[2] = <PyObject*>None
    for i in range(derivative.count):
        reads[i] = argument(entry, cotangent, derivative.reads[i])
    if extent == NULL and not cotangent.splat:
        return elementwise(derivative.program, <Tensor>reads[0], <Tensor>reads[1], <Tensor>reads[2])
    return narrowed_cotangent(derivative.program, cotangent, <Tensor>reads[0], <Tensor>reads[1], <Tensor>reads[2], extent, batch)


cdef Tensor long_cotangent(Entry* entry, Derivative derivative, Tensor cotangent, Extent* extent, Py_ssize_t batch):
    """The same of a derivative that reads more than three tensors."""
    cdef int i
    cdef Tensor out = elementwise_list(derivative.program, [<Tensor>argument(entry, cotangent, derivative.reads[i])
                                                            for i in range(derivative.count)])
    return out if extent == NULL else sum_to_batch(out, extent, batch)


cdef Tensor narrowed_cotangent(Program derivative, Tensor cotangent, Tensor first, Tensor second, Tensor third, Extent* extent,
                               Py_ssize_t batch):
    """A derivative's value where the cotangent is one value everywhere, or the operand was broadcast from `extent`."""
    cdef Tensor out
    cdef Operand operands[3]
    if cotangent.splat and constant(first) and (second is None or constant(second)) and (third is None or constant(third)):
        out = elementwise(derivative, scalar_of(first), None if second is None else scalar_of(second),
                          None if third is None else scalar_of(third))
        out = splat(out.dtype_code, cotangent.extent, scalar_value(out))
    elif extent != NULL and extent.size == 1 and batch == 0 and cotangent.dtype_code <= F64 and unobserved():
        # The products and their sum are one pass.
        describe(&operands[0], first, cotangent.extent, cotangent.dtype_code)
        if second is not None:
            describe(&operands[1], second, cotangent.extent, cotangent.dtype_code)
            if third is not None:
                describe(&operands[2], third, cotangent.extent, cotangent.dtype_code)
        out = new_tensor(cotangent.dtype_code, extent)
        if not derivative.run_few(cotangent.dtype_code == F64, out.data, operands, cotangent.extent.size, True):
            execute(derivative, cotangent.dtype_code == F64, out.data, operands, cotangent.extent, True)
        return out
    else:
        out = elementwise(derivative, first, second, third)
    return out if extent == NULL else sum_to_batch(out, extent, batch)


cdef inline bint constant(Tensor tensor) noexcept:
    return tensor.splat or tensor.extent.size == 1


cdef Tensor scalar_of(Tensor tensor):
    return new_scalar(tensor.dtype_code, scalar_value(tensor))


cdef inline PyObject* argument(Entry* entry, Tensor cotangent, int role) noexcept:
    """What a derivative reads, borrowed."""
    if role == COTANGENT:
        return <PyObject*>cotangent
    return entry.saved[RESULT_SLOT] if role == RESULT else saved_operand(entry, role)
