"""What a step does, in order, and the options: accumulating, clipping, decaying, averaging. Included in `optimizers`."""

cdef inline int plain_step(BaseOptimizer optimizer, const Pair* pairs, Py_ssize_t count, int64_t bindings) except -1:
    """A step without options, for dense gradients."""
    cdef Step step
    cdef double rate = optimizer.current_rate()
    cdef Py_ssize_t i
    check_bindings(optimizer, bindings)
    make_writable(optimizer, pairs, count)
    check_bindings(optimizer, bindings)
    optimizer.init_step(&step, rate)
    for i in range(count):
        update_parameter(optimizer, &step, &pairs[i], (<Tensor>pairs[i].gradient).data, NULL, None)
    (<int64_t*>in_place(<PyObject*>optimizer.counter))[0] += 1
    return 0


cdef int full_step(BaseOptimizer optimizer, const Pair* pairs, Py_ssize_t count, int64_t bindings) except -1:
    """A step. bindings: the value of `optimizer.bindings` when the pairs were checked."""
    cdef double every = optimizer.numbers[GRADIENT_ACCUMULATION_STEPS], rate = 0
    cdef bint accumulates = every >= 1
    cdef bint due = not accumulates or (optimizer.calls() + 1) % <int64_t>every == 0
    cdef Py_ssize_t i
    cdef BaseVariable total
    if due:
        rate = optimizer.current_rate()
    check_bindings(optimizer, bindings)
    if accumulates:
        accumulate(optimizer, pairs, count, every if due else 1, bindings)
    if due:
        apply_rule(optimizer, pairs, count, rate, accumulates, bindings)
    if accumulates and due:
        for total in optimizer.accumulators:
            memset(total.writable(), 0, total.held.extent.size * item_size(total.held.dtype_code))
    if optimizer.numbers[USE_EMA] == 1:
        update_averages(optimizer)
    if optimizer.constrained:
        for i in range(count):
            constraint = (<object>pairs[i].variable).constraint
            if constraint is not None:
                (<object>pairs[i].variable).assign(constraint(<object>pairs[i].variable))
    (<int64_t*>in_place(<PyObject*>optimizer.counter))[0] += 1
    return 0


cdef int accumulate(BaseOptimizer optimizer, const Pair* pairs, Py_ssize_t count, double steps, int64_t bindings) except -1:
    """Adds gradients to their accumulators, which are divided by `steps`."""
    cdef double divisor = optimizer.numbers[LOSS_SCALE_FACTOR]
    cdef Py_ssize_t i
    cdef Tensor dense
    cdef BaseVariable total
    if not optimizer.accumulators:
        raise ValueError("`gradient_accumulation_steps` was set after the optimizer was built.")
    for i in range(count):
        in_place(PyList_GET_ITEM(optimizer.accumulators, pairs[i].place))
        check_bindings(optimizer, bindings)
    for i in range(count):
        if type(<object>pairs[i].gradient) is Rows:
            dense = (<Rows>pairs[i].gradient).dense((<Rows>pairs[i].gradient).values, value_of(pairs[i].variable).extent)
        else:
            dense = <Tensor>pairs[i].gradient
        total = variable_at(optimizer.accumulators, pairs[i].place)
        if total.held.extent.size != dense.extent.size or total.held.dtype_code != dense.dtype_code:
            raise variable_mismatch(<BaseVariable>pairs[i].variable)
        rules.accumulate(dtype_of_parts(dense), total.held.data, dense.data, divisor if divisor == divisor else 1, steps,
                         parts_of(dense))
    return 0


cdef int apply_rule(BaseOptimizer optimizer, const Pair* pairs, Py_ssize_t count, double rate, bint accumulated,
                    int64_t bindings) except -1:
    """Clips gradients, decays parameters and applies the rule."""
    cdef Step step
    cdef double limit = NAN, norm, total
    cdef double* numbers = optimizer.numbers
    cdef bint single = True, in_order = True, decaying = numbers[WEIGHT_DECAY] == numbers[WEIGHT_DECAY], alone
    cdef bint by_norm = numbers[CLIPNORM] > 0, by_all = not by_norm and numbers[GLOBAL_CLIPNORM] > 0, as_rows
    cdef const char* g
    cdef Py_ssize_t i
    cdef Rows rows
    cdef Tensor values, squares
    make_writable(optimizer, pairs, count)
    check_bindings(optimizer, bindings)
    optimizer.init_step(&step, rate)
    if numbers[LOSS_SCALE_FACTOR] == numbers[LOSS_SCALE_FACTOR] and not accumulated:
        step.divisor = numbers[LOSS_SCALE_FACTOR]
    if optimizer.product is not None:
        rules.advance(optimizer.product.held.dtype_code, optimizer.product.held.data, step.hyper[0], step.t)
        step.product = scalar_value(optimizer.product.held)
    if not by_norm and not by_all and numbers[CLIPVALUE] > 0:
        limit = numbers[CLIPVALUE]
    if by_all:
        total = 0
        for i in range(count):
            norm = norm_of(optimizer, &pairs[i], gradient_data(optimizer, &pairs[i], accumulated), step.divisor)
            total += norm * norm
            single = single and value_of(pairs[i].variable).dtype_code != F64
        norm = <float>sqrt(total) if single else sqrt(total)
        step.numerator = numbers[GLOBAL_CLIPNORM] * (1 / norm if 1 / norm < 1 / numbers[GLOBAL_CLIPNORM]
                                                     else 1 / numbers[GLOBAL_CLIPNORM]) + (norm - norm)
        step.denominator = 1
    if decaying or optimizer.calls_update_step:
        # A variable given twice decays twice before it is updated; a custom update_step may read any variable.
        in_order = not optimizer.calls_update_step
        for i in range(count):
            in_order = in_order and pairs[i].place == i
        if decaying and not in_order:
            for i in range(count):
                decay_whole(optimizer, &step, &pairs[i])
    for i in range(count):
        g = gradient_data(optimizer, &pairs[i], accumulated)
        step.limit = limit
        if by_norm:
            norm = norm_of(optimizer, &pairs[i], g, step.divisor)
            step.numerator, step.denominator = numbers[CLIPNORM], numbers[CLIPNORM] if norm <= numbers[CLIPNORM] else norm
        rows, values, squares = None, None, None
        if g == NULL:
            step.limit = NAN                     # rows were clipped before equal indices were summed
            rows = <Rows>pairs[i].gradient
        alone = rows is not None and not optimizer.calls_update_step and optimizer.slot_count <= optimizer.entry.row_slots
        step.decay = NAN
        if decaying and in_order and optimizer.decays(pairs[i].place):
            step.decay = numbers[WEIGHT_DECAY]
            # In half precision decay and rule are one pass over the whole parameter, so that it is rounded once.
            alone = alone and not is_half(value_of(pairs[i].variable).dtype_code)
            if alone:
                decay_whole(optimizer, &step, &pairs[i])
                step.decay = NAN
        step.bare = step.decay != step.decay and step.divisor == 1 and step.denominator == 0 and step.limit != step.limit
        if alone:
            update_rows(optimizer, &step, &pairs[i], rows if not by_all or rows.squares is None
                        else Rows(rows.values, rows.places, None, rows.norm))
            continue
        as_rows = rows is not None and not optimizer.calls_update_step and not optimizer.entry.whole and rows.places.shape[0] > 0
        if as_rows:
            g = rows.values.data
        elif rows is not None:
            values = rows.dense(rows.values, value_of(pairs[i].variable).extent)
            g = values.data
        if rows is not None and rows.squares is not None and not by_all:     # with global clipping Keras sums equal indices first
            squares = rows.squares if as_rows else rows.dense(rows.squares, value_of(pairs[i].variable).extent)
        if optimizer.calls_update_step:
            values = new_tensor(value_of(pairs[i].variable).dtype_code, value_of(pairs[i].variable).extent)
            rules.shape(&step, values.dtype_code, g, values.data, values.extent.size)
            optimizer.update_step(values, <BaseVariable>pairs[i].variable, optimizer.learning_rate)
            check_bindings(optimizer, bindings)
        else:
            update_parameter(optimizer, &step, &pairs[i], g, squares.data if squares is not None else NULL, rows if as_rows else None)
    return 0


cdef double norm_of(BaseOptimizer optimizer, const Pair* pair, const char* g, double divisor) except? -1:
    """The Euclidean norm of a gradient divided by `divisor`; g: its data (IN), NULL for Rows."""
    cdef Tensor value
    cdef double total
    if g == NULL:
        return (<Rows>pair.gradient).norm / divisor
    value = value_of(pair.variable)
    total = rules.sum_of_squares(value.dtype_code, g, divisor, value.extent.size)
    return sqrt(total) if value.dtype_code == F64 else <float>sqrt(<float>total)


cdef const char* gradient_data(BaseOptimizer optimizer, const Pair* pair, bint accumulated) noexcept:
    """The gradient's data, or its accumulator's if gradients are accumulated; NULL for Rows."""
    if accumulated:
        return variable_at(optimizer.accumulators, pair.place).held.data
    if type(<object>pair.gradient) is Rows:
        return NULL
    return (<Tensor>pair.gradient).data


cdef int decay_whole(BaseOptimizer optimizer, Step* step, const Pair* pair) except -1:
    cdef Tensor value = value_of(pair.variable)
    if optimizer.decays(pair.place):
        step.decay = optimizer.numbers[WEIGHT_DECAY]
        rules.decay(step, value.dtype_code, value.data, value.extent.size)
    return 0


cdef int update_averages(BaseOptimizer optimizer) except -1:
    """Updates the moving averages, and overwrites the variables with them when due."""
    cdef int64_t steps = optimizer.steps()
    cdef double momentum = optimizer.numbers[EMA_MOMENTUM] if steps != 0 else 0, every = optimizer.numbers[EMA_OVERWRITE_FREQUENCY]
    cdef Py_ssize_t i
    cdef BaseVariable mean, variable
    cdef list averages = optimizer.averages, known = optimizer.known
    cdef bint overwrites = every >= 1 and (steps + 1) % <int64_t>every == 0
    if not averages and known:
        raise ValueError("`use_ema` was set after the optimizer was built.")
    for i in range(len(averages)):
        mean, variable = variable_at(averages, i), variable_at(known, i)
        in_place(<PyObject*>mean)
        if mean.held.extent.size != variable.held.extent.size or mean.held.dtype_code != variable.held.dtype_code:
            raise variable_mismatch(variable)
        if is_floating(mean.held.dtype_code):
            rules.average(mean.held.dtype_code, mean.held.data, variable.held.data, momentum, mean.held.extent.size)
        elif is_complex(mean.held.dtype_code):
            rules.average(dtype_of_parts(mean.held), mean.held.data, variable.held.data, momentum, parts_of(mean.held))
        if overwrites:
            variable.store(mean.held)
    return 0


cdef inline int make_writable(BaseOptimizer optimizer, const Pair* pairs, Py_ssize_t count) except -1:
    """Makes the storage of variables and slots exclusive, before pointers to any of it are taken: this may run user code."""
    cdef Py_ssize_t i
    cdef int slot
    cdef PyObject* variable
    for i in range(count):
        in_place(pairs[i].variable)
        for slot in range(optimizer.slot_count):
            variable = slot_of(<PyObject*>optimizer.slots, slot, pairs[i].place)
            if variable != NULL:
                in_place(variable)
    if optimizer.product is not None:
        in_place(<PyObject*>optimizer.product)
    if optimizer.decaying is None and optimizer.known:
        optimizer.decays(0)
    return 0


cdef inline int check_bindings(BaseOptimizer optimizer, int64_t bindings) except -1:
    if optimizer.bindings != bindings:
        raise RuntimeError("The optimizer was built again while it took a step.")
    return 0


cdef object variable_mismatch(BaseVariable variable):
    return InvalidArgumentError(None, None, f"Variable '{variable.name}' is not of the shape and dtype that the optimizer was built for.")
