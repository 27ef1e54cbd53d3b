"""The code of replays: the actions of a node of the tree, and the code that follows. Included in `plan`."""

cdef enum:
    LAST_USE = 4             # bit in the attribute of ADD_PRODUCT: the summand is not read afterwards
    # Kinds of actions besides those of steps:
    TAKE = 100               # an optimizer's step with dense gradients
    TOTAL = -1               # the sum of a program's values
    EVERYWHERE = -2          # a program on operands with one value each, filled to a shape
    ADD_PRODUCT = -3         # adds a matrix product to a tensor, in place if possible
    JOIN = -4                # concatenation
    PART = -5                # split
    SUMMED = -6              # the sum or mean of a fused program's values, which are not stored


cdef struct Action:
    int kind                         # its step's, or TAKE and so on
    int out                          # slot of the first result; -1: none
    int operands[3]                  # slots of the first operands; -1: none
    int end_count
    int* ends                        # slots that are not read afterwards
    int held_count                   # number of these outside of the arena, which come first
    bint placed                      # its results are in the arena if the replay has it
    int ending                       # of a program, a bit for each operand in `ends`, which its result may overwrite
    PyObject* step                   # borrowed, as are the following
    PyObject* primitive
    Evaluate compute
    Write write
    Extent* shape
    Extent* over                     # shape that TOTAL and SUMMED sum over, or JOIN's result has; owned
    Extent** parts                   # shapes of the results of PART, followed by NULL; owned
    int64_t attribute
    long awaited                     # number of the node's queued products that must be finished before
    Product* product                 # the product to be queued if the replay uses the queue; owned; NULL: none


cdef class Code:
    """The actions of a node, and the code that follows. It is immutable: when the tree grows it is replaced, and running replays
    continue with the code they began with, as last uses of slots depend on the whole tree."""
    cdef Action* actions
    cdef Py_ssize_t count
    cdef Py_ssize_t certain          # index of the first action from which on the replay cannot fail
    cdef readonly list steps
    cdef Py_ssize_t slots            # number of slots of the whole tree
    cdef Layout layout               # of results in the arena; None: there are none
    cdef Arena arena                 # None while a replay uses it
    cdef int products                # number of queued products
    cdef Trial _trial                # times with and without the queue
    cdef object given                # the result, with Places; None if a guard follows
    cdef Step asked                  # the guard; None at the end
    cdef dict children               # Code by outcome of the guard

    def __cinit__(self, list steps not None):
        self.steps = steps
        self.count = len(steps)
        self.actions = <Action*>calloc(self.count + 1, sizeof(Action))
        if self.actions == NULL:
            raise MemoryError()

    @property
    def last_uses(self):
        """Per action the slots that are not read afterwards."""
        return [[self.actions[i].ends[k] for k in range(self.actions[i].end_count)] for i in range(self.count)]

    @property
    def overwritten(self):
        """Per action the operands' slots that the result may overwrite if the shape and dtype are the same."""
        return [[(<Step>self.steps[i]).operands[k] for k in range((<Step>self.steps[i]).operand_count)
                 if (self.actions[i].ending >> k) & 1] for i in range(self.count)]

    @property
    def arena_bytes(self):
        """The size of the arena in bytes."""
        return 0 if self.layout is None else self.layout.size

    @property
    def arena_places(self):
        """Offset and size of each slot's result in the arena."""
        return {} if self.layout is None else {slot: (offset, bytes_of(form)) for slot, offset, form in self.layout.places}

    @property
    def queued_steps(self):
        """The steps whose products are queued."""
        return [self.steps[i] for i in range(self.count) if self.actions[i].product != NULL]

    @property
    def waited_for(self):
        """Per queued product the numbers, from 1, of the products that it waits for."""
        return [[self.actions[i].product.after[k] for k in range(3) if self.actions[i].product.after[k]]
                for i in range(self.count) if self.actions[i].product != NULL]

    @property
    def trial(self):
        """Nanoseconds of a replay without and with the queue, as last measured; None until both are known."""
        times = self._trial.least[0], self._trial.least[1]
        return times if 0 < min(times) and max(times) < INT64_MAX else None

    @property
    def called(self):
        """The steps that are evaluated in Python."""
        return [self.steps[i] for i in range(self.count) if self.actions[i].kind == SCRIPTED]

    def __dealloc__(self):
        cdef Py_ssize_t i
        cdef int k
        if self.actions != NULL:
            for i in range(self.count):
                free(self.actions[i].ends)
                free(self.actions[i].product)
                if self.actions[i].over != NULL:
                    release_extent(self.actions[i].over)
                if self.actions[i].parts != NULL:
                    # Up to the NULL, as the garbage collector may have cleared the steps, which hold the number of results.
                    k = 0
                    while self.actions[i].parts[k] != NULL:
                        release_extent(self.actions[i].parts[k])
                        k += 1
                    free(self.actions[i].parts)
            free(self.actions)
