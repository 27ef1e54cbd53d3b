"""Traces of functions of one slice, for `vectorized_map`. Included in `trace`."""

cdef class SliceRecorder(Recorder):
    """Records a trace of a function of one slice, to be evaluated on a batch of slices.

    It may replace another tracer for a while, from which everything computed meanwhile is hidden.
    """
    cdef Recorder outer
    cdef list made                       # tensor by slot
    cdef list earlier                    # tensors of the outer tracer, with their previous tags
    cdef unsigned int next_tag

    def begin(self, list tensors):
        if tracer is not None and not traced():
            return False
        self.outer = tracer
        self.made, self.earlier = [], []
        self.next_tag = _next_tag
        install_tracer(None)
        given = Recorder.begin(self, tensors)
        if given is False:
            install_tracer(self.outer)
        elif self.outer is not None:
            self.hidden = self.outer.hidden
        return given

    def end(self):
        global _next_tag
        Recorder.end(self)
        if self.outer is None:
            return
        for tensor in self.made:
            (<Tensor>tensor).tag = self.outer.hidden
        for tensor, tag in reversed(self.earlier):
            (<Tensor>tensor).tag = tag
        _next_tag = self.next_tag
        install_tracer(self.outer)
        renew_epoch(thread())                # the outer tracer has not seen reads made meanwhile

    def drawn(self, slot):
        """An effect's result for the first slice; None if there is an outer tracer, which would have to see it."""
        return self.made[slot] if self.outer is None else None

    def is_alone(self):
        """Whether no outer tracer, tape or accumulator has to see what is computed."""
        return self.outer is None and not self.recorded

    def is_full(self, slot):
        """Whether a slot's tensor has the maximum rank, so that a batch axis cannot be added."""
        return (<Tensor>self.made[slot]).extent.rank == MAX_RANK

    def give_up(self, str reason):
        """Fails the outer tracer, which has not seen how the result was computed."""
        if self.outer is not None:
            self.outer.fail(reason)

    cdef int new_slot(self, Tensor tensor, bint fixed) except -1:
        self.made.append(tensor)
        return Recorder.new_slot(self, tensor, fixed)

    cdef int slot_of(self, Tensor tensor) except -1:
        if self.outer is not None and tensor.tag == self.hidden:
            self.fail("a tensor came from inside of an evaluation or effect")
        elif self.outer is not None and tensor.tag < self.first:
            self.earlier.append((tensor, tensor.tag))
        return Recorder.slot_of(self, tensor)

    cdef int value_read(self, Tensor tensor, bint truth) except -1:
        cdef int slot
        cdef Step step
        slot = self.slot_of(tensor)
        if self.fixed[slot] and self.outer is None:
            return 0                         # with an outer tracer it may only be constant here
        step = Step(GUARD, 1, 0)
        step.operands[0] = slot
        return self.add(step)

    cdef int raised(self) except -1:
        if is_handled(innermost_frame(), self.outermost):
            self.fail("an exception was handled")
        return 0 if self.outer is None else self.outer.raised()

    cdef int variable_made(self, object variable) except -1:
        if self.outer is not None:
            self.outer.variable_made(variable)
        return Recorder.variable_made(self, variable)
