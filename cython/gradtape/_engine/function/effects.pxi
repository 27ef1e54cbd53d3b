"""Side effects of a replay: executing, deferring and undoing them. Included in `plan`."""

cdef object _random_state = None
cdef object _set_random_state = None


def install_random_state(get, put) -> None:
    """Sets the functions that get and set the state of the random number generators."""
    global _random_state, _set_random_state
    _random_state, _set_random_state = get, put


cdef int carry_through(Action* action, PyObject** slots) except -1:
    """Executes a step that has side effects."""
    cdef Step step = <Step>action.step
    cdef int i
    if action.kind == ASSIGN:
        return execute_deferred(step, <Tensor>slots[step.operands[0]])
    if action.kind == TAKE:
        pairs = []
        variables = <list>step.attributes
        for i in range(step.operand_count):
            pairs.append(PyTuple_Pack(2, slots[step.operands[i]], PyList_GET_ITEM(variables, i)))
        PyObject_CallOneArg(step.function, pairs)
        return 0
    return call_effect(step, slots)


cdef int execute_deferred(Step step, object given) except -1:
    """Executes a deferred step."""
    if step.kind == ASSIGN:
        if step.attribute:
            step.variable.shift(given, step.attribute)
        else:
            step.variable.store(<Tensor>given)
    else:
        step.function(*given)
    return 0


cdef class DeferredEffects:
    """Deferred effects of a replay, and what is needed to undo others, as long as a guard may still fail."""
    cdef list waiting                    # deferred effects: (step, operand or arguments)
    cdef list before                     # values to be restored: (variable, value)
    cdef object random                   # state of the random number generators to be restored, or None

    def __cinit__(self):
        self.waiting = []
        self.before = []

    cdef int defer(self, Step step, PyObject** slots) except -1:
        if step.kind == EFFECT and step.effect == DRAWS:
            if step.writes is not None:
                for variable in step.writes:
                    self.before_read(<BaseVariable>variable)
                self.keep(step.writes)
            elif self.random is None:
                self.random = _random_state()
            call_effect(step, slots)
        elif step.kind == EFFECT and (step.result_count or step.handled and step.effect == WRITES):
            self.flush()
            self.keep(step.writes)
            call_effect(step, slots)
        else:
            given = <Tensor>slots[step.operands[0]] if step.kind == ASSIGN else filled_in(step.arguments, slots)
            self.waiting.append((step, given))
        return 0

    cdef int keep(self, list variables) except -1:
        cdef BaseVariable variable
        for variable in variables:
            self.before.append((variable, share(variable.held_value(), variable.held.extent)))
        return 0

    cdef int before_read(self, BaseVariable variable) except -1:
        """Executes deferred effects if one of them writes the variable."""
        cdef Step step
        for step, _ in self.waiting:
            if step.effect == WRITES and any([written is variable for written in step.writes]):
                self.flush()
                return 0
        return 0

    cdef int flush(self) except -1:
        """Executes deferred effects, except for those that only show values."""
        cdef Step step
        cdef list waiting = self.waiting
        self.waiting = []
        for step, given in waiting:
            if step.effect == SHOWS:
                self.waiting.append((step, given))
            else:
                self.keep(step.writes)
                execute_deferred(step, given)
        return 0

    cdef int finish(self) except -1:
        """Executes all deferred effects, when no guard can fail any more."""
        cdef list waiting = self.waiting
        self.waiting = []
        for step, given in waiting:
            execute_deferred(step, given)
        return 0

    cdef int undo(self) except -1:
        cdef BaseVariable variable
        self.waiting = []
        for variable, value in reversed(self.before):
            variable.store(<Tensor>value)
        self.before = []
        if self.random is not None:
            _set_random_state(self.random)
            self.random = None
        return 0


cdef int call_effect(Step step, PyObject** slots) except -1:
    results = []
    collect(step.function(*filled_in(step.arguments, slots)), results)
    return take(step, slots, results)
