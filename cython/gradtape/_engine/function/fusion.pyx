"""Fusion of consecutive elementwise steps into one program, whose intermediate values stay in the cache.

A step is fused with an earlier one that computes one of its operands, elementwise and of the same shape and dtype, if no other
step reads that. The fused program runs the same instructions on the same operands, so results are bitwise the same.

A sum or mean of all values of a long program is fused with the program if no other step reads the values. They are added block
by block, in the order in which kernels add stored values.
"""

from libc.string cimport memcpy

from gradtape._engine.base.shape cimport dims_of, retain_extent, same_extent, tensor_shape
from gradtape._engine.ops.elementwise cimport ADD_PROGRAM, ADD_RUN
from gradtape._engine.ops.reductions cimport reduces_all, summed
from gradtape._engine.compute.loops cimport LONG_RUN
from gradtape._engine.compute.program cimport Program
from gradtape._engine.tensor.tensor cimport scalar_value
from gradtape._engine.function.trace cimport COMPILED, CONSTANT, LONG_PROGRAM, PROGRAM, SCRIPTED, Step
from gradtape._engine.base.types cimport F64, MAX_OPERANDS

from gradtape._src.table.expressions import Expr, expand, operand, rebuild

cdef enum:
    MOST_STEPS = 100         # in one program
    FEW = 64                 # elements up to which a program may use any number of registers
    FEW_REGISTERS = 32       # registers of longer programs, which have to fit into the cache

cdef dict _expanded = {}     # formulas expanded to instructions


cdef list fused_steps(list steps, set live, dict known):
    cdef dict makers = {}, readers = {}, programs = {}
    cdef set absorbed = set(), region
    cdef list kept = []
    cdef Step step, made
    cdef int i, k, most
    steps = [as_program(step) for step in steps]
    for i in range(len(steps)):
        step = steps[i]
        for k in range(step.result_count):
            makers[step.results[k]] = i
        for k in range(step.operand_count):
            readers.setdefault(step.operands[k], set()).add(i)
    for i in range(len(steps) - 1, -1, -1):
        step = steps[i]
        if i in absorbed:
            continue
        made = step
        most = MOST_STEPS
        while is_elementwise(step) and step.dtype_code == step.attribute and most > 1:
            region = region_of(steps, i, makers, readers, live, most)
            if len(region) == 1:
                break
            made = together(steps, i, sorted(region), known, makers, programs)
            if made is not None:
                absorbed |= region
                break
            made = step
            most = len(region) // 2
        kept.append(made)
    kept.reverse()
    return with_reductions(kept, live)


cdef list with_reductions(list steps, set live):
    """Fuses long programs whose values are only summed with the sum, so that the values are never stored."""
    cdef dict makers = {}, readers = {}
    cdef set absorbed = set()
    cdef list kept = []
    cdef Step step, maker
    cdef int i, k
    for i in range(len(steps)):
        step = steps[i]
        for k in range(step.result_count):
            makers[step.results[k]] = i
        for k in range(step.operand_count):
            readers[step.operands[k]] = readers.get(step.operands[k], 0) + 1
    for i in range(len(steps)):
        step = steps[i]
        if step.kind == COMPILED and step.operand_count == 1 and readers[step.operands[0]] == 1 and step.operands[0] not in live:
            place = makers.get(step.operands[0])
            maker = None if place is None else steps[place]
            if (maker is not None and is_elementwise(maker) and maker.dtype_code == maker.attribute and maker.shape.size > LONG_RUN
                    and maker.operand_count <= MAX_OPERANDS and reduces_all(step.primitive, step.attribute, maker.shape.rank)):
                absorbed.add(place)
                step = summing(maker, step)
        kept.append(step)
    return [step for i, step in enumerate(kept) if i not in absorbed]


cdef Step summing(Step maker, Step reduction):
    cdef Step made = Step(SCRIPTED, maker.operand_count, 1)
    memcpy(made.operands, maker.operands, maker.operand_count * sizeof(int))
    made.results[0] = reduction.results[0]
    made.primitive = summed(<Program>maker.primitive)
    made.attributes = (tensor_shape(maker.shape), reduction.attribute)
    made.shape = retain_extent(reduction.shape)
    made.dtype_code, made.forms = reduction.dtype_code, [(dims_of(reduction.shape), reduction.dtype_code)]
    made.code, made.instruction = reduction.code, reduction.instruction
    return made


cdef Step as_program(Step step):
    """Replaces the sum that a sweep computes in place by `add`: the same instruction on the same operands."""
    cdef Step made
    if step.kind != COMPILED or step.primitive is not ADD_RUN:
        return step
    made = Step(PROGRAM, 2, 1)
    made.operands[0], made.operands[1], made.results[0] = step.operands[0], step.operands[1], step.results[0]
    made.primitive, made.shape = ADD_PROGRAM, retain_extent(step.shape)
    made.dtype_code = made.attribute = step.dtype_code
    made.code, made.instruction = step.code, step.instruction
    return made


cdef bint is_elementwise(Step step) noexcept:
    """Whether a step is a program of floating operands."""
    return (step.kind == PROGRAM or step.kind == LONG_PROGRAM) and step.attribute <= F64


cdef set region_of(list steps, int last, dict makers, dict readers, set live, int most):
    """The indices of the step at `last` and of earlier steps that can be fused with it."""
    cdef set region = {last}, operands
    cdef Step root = steps[last], step
    cdef int k, i
    cdef bint grows = True
    while grows and len(region) < most:
        grows = False
        for i in sorted(region, reverse=True):
            step = steps[i]
            for k in range(step.operand_count):
                slot = step.operands[k]
                place = makers.get(slot)
                if place is None or place in region or slot in live or not readers[slot] <= region:
                    continue
                maker = <Step>steps[place]
                if (not is_elementwise(<Step>maker) or (<Step>maker).attribute != root.attribute
                        or not same_extent((<Step>maker).shape, root.shape)):
                    continue
                region.add(place)
                operands = operands_of(steps, region, makers)
                if len(operands) >= MAX_OPERANDS:
                    region.discard(place)
                    continue
                grows = True
                if len(region) >= most:
                    return region
    return region


cdef set operands_of(list steps, set region, dict makers):
    """The slots that a region reads but does not compute."""
    cdef set found = set()
    cdef Step step
    cdef int i, k
    for i in region:
        step = steps[i]
        for k in range(step.operand_count):
            if makers.get(step.operands[k]) not in region and number_at(steps, step.operands[k], makers) is None:
                found.add(step.operands[k])
    return found


cdef object number_at(list steps, int slot, dict makers):
    """The number that a slot holds in every replay, which becomes a constant of the formula; None if it is not one."""
    cdef Step maker
    place = makers.get(slot)
    if place is None:
        return None
    maker = steps[place]
    if maker.kind != CONSTANT or maker.constant.dtype_code > F64 or not (maker.constant.splat or maker.constant.extent.size == 1):
        return None
    number = scalar_value(maker.constant)
    return number if number == number else None      # NaNs keep their bits


cdef object form_at(list steps, int slot, dict makers, dict known):
    place = makers.get(slot)
    return known.get(slot) if place is None else form_of(<Step>steps[place], slot)


cdef object form_of(Step maker, int slot):
    cdef int k
    if maker.kind == CONSTANT:
        return dims_of(maker.constant.extent), maker.constant.dtype_code
    if maker.forms is not None:
        for k in range(maker.result_count):
            if maker.results[k] == slot:
                return maker.forms[k]
    return None if maker.shape == NULL else (dims_of(maker.shape), maker.dtype_code)


cdef bint is_one_at(list steps, int slot, dict makers) except -1:
    """Whether a slot holds a constant of a single element."""
    place = makers.get(slot)
    return place is not None and (<Step>steps[place]).kind == CONSTANT and (<Step>steps[place]).constant.extent.size == 1


cdef object formula_of(Program program):
    found = _expanded.get(program)
    if found is None:
        found = _expanded[program] = expand(program.expression, ())
    return found


cdef Step together(list steps, int last, list region, dict known, dict makers, dict programs):
    """Fuses a region into one step; None if its program would not fit into the cache. Equal regions share a program."""
    cdef dict places = {}, results = {}
    cdef Step root = steps[last], step, made
    cdef Program program
    cdef int i, k
    cdef list given_forms = [form_at(steps, slot, makers, known) for slot in operands_of(steps, set(region), makers)]
    # A program's dtype is that of a floating operand: if there is no other, a constant remains an operand.
    cdef bint floating = any([given_form is not None and given_form[1] <= F64 for given_form in given_forms])
    # A splat becomes a constant if another operand determines the shape.
    cdef bint shaped = any([given_form is not None and given_form[0] == dims_of(root.shape) for given_form in given_forms])
    cdef list form = []
    for i in region:
        step = steps[i]
        given = []
        for k in range(step.operand_count):
            slot = step.operands[k]
            if slot in results:
                given.append(("result", results[slot]))
                continue
            number = None if slot in places or not (shaped or is_one_at(steps, slot, makers)) else number_at(steps, slot, makers)
            if number is not None and floating:
                given.append(("constant", number.hex()))
                continue
            floating = floating or number is not None
            given.append(("operand", places.setdefault(slot, len(places))))
        results[step.results[0]] = len(form)
        form.append((step.primitive, tuple(given)))
    if not places or len(places) > MAX_OPERANDS:
        return None
    key = tuple(form)
    if key not in programs:
        programs[key] = program_of(form, len(places))
    program = programs[key]
    if program is None or (program.registers - program.arity > FEW_REGISTERS and root.shape.size > FEW):
        return None
    made = Step(PROGRAM if len(places) <= 3 else LONG_PROGRAM, len(places), 1)
    for slot, place in places.items():
        made.operands[<int>place] = slot
    made.results[0] = root.results[0]
    made.primitive = program
    made.shape = retain_extent(root.shape)
    made.dtype_code, made.attribute, made.code, made.instruction = root.dtype_code, root.attribute, root.code, root.instruction
    return made


cdef Program program_of(list form, int arity):
    """The program of a region, given the program and arguments of each of its steps; its value is the last one's. None if impossible."""
    cdef dict nodes = {}
    cdef list formulas = []
    cdef Program program

    def copied(node, arguments):
        if node.code == "operand":
            return given[int(node.value)]
        if not arguments:
            return node
        if node.code == "mul":                                       # by 1, which changes no bit
            for factor, other in (arguments, arguments[::-1]):
                if factor.code == "constant" and factor.value == 1.0:
                    return other
        key = node.code, tuple([id(argument) for argument in arguments])
        found = nodes.get(key)
        if found is None:
            found = nodes[key] = Expr(node.code, arguments, 0.0)     # not among the permanently cached ones
        return found

    for primitive, wiring in form:
        given = []
        for kind, value in wiring:
            if kind == "result":
                given.append(formulas[value])
            elif kind == "operand":
                given.append(operand(value))
            else:
                given.append(nodes.setdefault(value, Expr("constant", (), float.fromhex(value))))
        formulas.append(rebuild(formula_of(<Program>primitive), copied))
    formula = formulas[len(formulas) - 1]
    if not formula.args:
        return None
    program = Program(repr(formula), arity, formula, {})
    program.expanded = True
    try:
        program.prepare()
    except ValueError:
        return None
    return program
