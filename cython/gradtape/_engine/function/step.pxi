"""What steps say of themselves. Included in `trace`."""

cdef class Step:
    """One step of a trace."""

    def __cinit__(self, int kind, int operand_count, int result_count):
        self.kind = kind
        self.operand_count, self.result_count = operand_count, result_count
        self.operands = <int*>malloc((operand_count + result_count + 1) * sizeof(int))
        if self.operands == NULL:
            raise MemoryError()
        self.results = self.operands + operand_count

    def __dealloc__(self):
        free(self.operands)
        if self.shape != NULL:
            release_extent(self.shape)

    @property
    def name(self):
        """A name for display."""
        if self.kind == CONSTANT:
            return "constant"
        if self.kind <= SCRIPTED:
            return self.primitive.name
        if self.kind == READ:
            return f"read {self.variable.given_name}"
        if self.kind == ASSIGN:
            done = "assign_add" if self.attribute == ADD else "assign_sub" if self.attribute == SUB else "assign"
            return f"{done} {self.variable.given_name}"
        if self.kind == GUARD:
            return "guard"
        return getattr(self.function, "__qualname__", None) or repr(self.function)

    @property
    def place(self):
        """Source file and line."""
        if self.code is None:
            return None, 0
        return self.code.co_filename, max(PyCode_Addr2Line(<CodeObject*>self.code, self.instruction), 0)

    @property
    def result_bytes(self):
        """The size of each result in bytes; for a read, of the variable's value."""
        cdef Tensor constant = self.constant
        if constant is not None:
            return [(1 if constant.splat else constant.extent.size) * item_size(constant.dtype_code)]
        if self.kind == READ:
            return [self.variable.numpy().nbytes]
        if self.forms is None:
            return [self.shape.size * item_size(self.dtype_code)] if self.shape != NULL else []
        return [math.prod(memoryview(dims).cast("n")) * item_size(code) for dims, code in self.forms]

    def call_effect(self, list values):
        """Calls an effect again, given a tensor or None per slot; returns its result."""
        return as_effect(self.effect, self.function, *placed(self.arguments, values), writes=self.writes)

    @property
    def what(self):
        """The name of its kind."""
        if self.kind == EFFECT:
            return "draws" if self.effect == DRAWS else "effect"
        return ("constant", "program", "program", "compiled", "scripted", "read", "assign", "effect", "guard")[self.kind]

    @property
    def static(self):
        """A primitive's attributes, as passed to observers."""
        return (self.attribute, tensor_shape(self.shape)) if self.kind == COMPILED else self.attributes or ()

    @property
    def held(self):
        """The variable that is read or assigned to, or the constant's tensor."""
        return self.constant if self.kind == CONSTANT else self.variable

    @property
    def operand_slots(self):
        return [self.operands[i] for i in range(self.operand_count)]

    @property
    def result_slots(self):
        return [self.results[i] for i in range(self.result_count)]
