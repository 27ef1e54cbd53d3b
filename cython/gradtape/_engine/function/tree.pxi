"""Trees of steps, which branch at guards. Included in `plan`."""

cdef class Node:
    """A run of steps up to a guard, or to the end."""
    cdef readonly list steps             # as they were traced
    cdef readonly Step guard             # None at the end
    cdef readonly dict children          # Node by outcome of the guard, for the outcomes met so far
    cdef object outputs                  # at the end: the result, with Places
    cdef list output_slots
    # Made by planning:
    cdef readonly Code code
    cdef list numbered                   # steps without common subexpressions, constants folded
    cdef Step asked                      # the guard and the outputs with slots renamed accordingly
    cdef object given
    cdef list given_slots

    def __cinit__(self):
        self.steps = []
        self.children = {}

    @property
    def plan(self):
        """The steps that a replay executes."""
        return self.code.steps


cdef Node grown(list steps, int start, object outputs, list output_slots):
    """A tree of the steps from `start` on."""
    cdef Node root = Node(), node = root, child
    cdef Step step
    cdef int i
    for i in range(start, len(steps)):
        step = steps[i]
        if step.kind != GUARD:
            node.steps.append(step)
            continue
        node.guard = step
        child = Node()
        node.children[step.outcome] = child
        node = child
    node.outputs = outputs
    node.output_slots = output_slots
    return root
