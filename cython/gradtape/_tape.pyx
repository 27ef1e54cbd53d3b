"""The reverse sweep.

`gradient` seeds the targets' cotangents and scans the log backwards. Each entry that has a cotangent and depends on
something watched gives cotangents to its operands; the scan ends when no cotangent waits below. A variable's reads hand
theirs to the variable's own number. Where no outer window covers the log and the tape is not persistent, entries are
dropped as they are passed, so memory falls as the sweep proceeds.
"""

from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from gradtape._extent cimport Extent, dims_text, extent_from, new_extent, release_extent, same_extent
from gradtape._kernels cimport kernels
from gradtape._log cimport (CALL, MARK, OUTPUT, PAGE_BITS, PAGE_MASK, PAGE_SIZE, PROGRAM, READ, STRUCTURAL, VACANT, Call,
                            Entry, Page, Thread, Window, append, drop, first_place, is_active, last_position, thread)
from gradtape._ops cimport (IDENTITY, Op, add, behind_rows, entry_name, filled, is_examining, program_cotangent, reshape,
                            spread, uniform)
from gradtape._tensor cimport Readable, Tensor, convert, dtype_object, is_floating, operators, share
from gradtape._types cimport ADD, F32, MAX_RANK
from gradtape._variable cimport BaseVariable, watch_variable

from gradtape import nest
from gradtape._moves import join
from gradtape.errors import InternalError, InvalidArgumentError
from gradtape.logger import note, warn_first
from gradtape.records import like, opened


# Cotangent slots. A page of slots mirrors a page of the log; a slot's low bits say that its number is a source, whose
# cotangent must stay, or a Call with a cotangent at a further output.

cdef enum:
    SOURCE = 1
    CALLED = 2
    TAGS = 3
    OWN_PAGES = 4
    OWN_EXTRAS = 32
    TOGETHER = 1 << 16         # elements of a Jacobian's cotangents that are swept together

ctypedef PyObject* Slot

cdef struct Sweep:
    Slot** pages
    Slot* own_pages[OWN_PAGES]
    int64_t count
    int64_t waiting                  # positions with a cotangent that the scan must still visit
    int64_t high                     # highest position that has one
    int64_t lowest                   # lowest and highest positions ever touched
    int64_t highest
    Slot* extras                     # slots beside the window's marks
    Slot own_extras[OWN_EXTRAS]
    Py_ssize_t held                  # how many of the extras hold a cotangent
    int64_t* numbers                 # the marks; a copy where rules may add to them meanwhile
    Py_ssize_t extra_count
    Py_ssize_t rows                  # cotangents swept together, behind an axis of so many; 0: one, without that axis

cdef Slot* _spare_pages[16]
cdef int _spare_count = 0


cdef Slot* slot_page() except NULL:
    global _spare_count
    cdef Slot* page
    if _spare_count:
        _spare_count -= 1
        return _spare_pages[_spare_count]
    page = <Slot*>calloc(PAGE_SIZE, sizeof(Slot))
    if page == NULL:
        raise MemoryError("gradtape could not allocate a page of cotangents")
    return page


cdef inline PyObject* pointer(Slot slot) noexcept:
    return <PyObject*>(<size_t>slot & ~<size_t>TAGS)


cdef inline size_t tags(Slot slot) noexcept:
    return <size_t>slot & TAGS


cdef Slot* slot_at(Sweep* sweep, Window window, int64_t position) except NULL:
    cdef int64_t place = (position >> PAGE_BITS) - window.first_page
    if sweep.pages[place] == NULL:
        sweep.pages[place] = slot_page()
    if position < sweep.lowest:
        sweep.lowest = position
    if position > sweep.highest:
        sweep.highest = position
    return &sweep.pages[place][position & PAGE_MASK]


cdef int begin(Sweep* sweep, Window window, Py_ssize_t rows) except -1:
    sweep.rows = rows
    sweep.waiting = 0
    sweep.high = -1
    sweep.lowest = (<int64_t>1) << 62
    sweep.highest = -1
    sweep.count = window.page_count
    sweep.pages = sweep.own_pages
    sweep.extra_count = window.mark_capacity
    sweep.held = 0
    sweep.extras = sweep.own_extras
    if sweep.count > OWN_PAGES:
        sweep.pages = <Slot**>calloc(sweep.count, sizeof(Slot*))
        if sweep.pages == NULL:
            raise MemoryError("gradtape could not allocate its cotangents")
    else:
        memset(sweep.own_pages, 0, sizeof(sweep.own_pages))
    if sweep.extra_count > OWN_EXTRAS:
        sweep.extras = <Slot*>calloc(sweep.extra_count, sizeof(Slot))
        if sweep.extras == NULL:
            if sweep.pages != sweep.own_pages:
                free(sweep.pages)
            raise MemoryError("gradtape could not allocate its cotangents")
    else:
        memset(sweep.own_extras, 0, sizeof(sweep.own_extras))
    sweep.numbers = window.marks
    if window.owner is not None:
        sweep.numbers = <int64_t*>malloc(sweep.extra_count * sizeof(int64_t))
        if sweep.numbers == NULL:
            raise MemoryError("gradtape could not allocate its cotangents")
        memcpy(sweep.numbers, window.marks, sweep.extra_count * sizeof(int64_t))
    return 0


cdef int end(Sweep* sweep, Window window) except -1:
    """Lets go of every cotangent left, and returns the slot pages clean."""
    global _spare_count
    cdef int64_t position, place
    cdef Py_ssize_t i
    cdef Slot* page
    cdef PyObject* left
    position = sweep.lowest
    while position <= sweep.highest:
        place = (position >> PAGE_BITS) - window.first_page
        page = sweep.pages[place]
        place = ((position >> PAGE_BITS) + 1) << PAGE_BITS
        if page == NULL:
            position = place
            continue
        while position < place and position <= sweep.highest:
            left = pointer(page[position & PAGE_MASK])
            page[position & PAGE_MASK] = NULL
            if left != NULL:
                Py_DECREF(<object>left)
            position += 1
    for place in range(sweep.count):
        if sweep.pages[place] != NULL:
            if _spare_count < 16:
                _spare_pages[_spare_count] = sweep.pages[place]
                _spare_count += 1
            else:
                free(sweep.pages[place])
    i = 0
    while sweep.held:
        left = sweep.extras[i]
        if left != NULL:
            sweep.held -= 1
            sweep.extras[i] = NULL
            Py_DECREF(<object>left)
        i += 1
    if sweep.pages != sweep.own_pages:
        free(sweep.pages)
    if sweep.extras != sweep.own_extras:
        free(sweep.extras)
    if sweep.numbers != window.marks and window.owner is not None:
        free(sweep.numbers)
    return 0


cdef inline Py_ssize_t mark_place(Sweep* sweep, int64_t number) noexcept:
    """Where a mark stands in the window's table, or -1."""
    cdef Py_ssize_t mask = sweep.extra_count - 1
    cdef Py_ssize_t i = first_place(number) & mask
    while sweep.numbers[i]:
        if sweep.numbers[i] == number:
            return i
        i = (i + 1) & mask
    return -1


cdef int merge(Slot* slot, object cotangent) except -1:
    """Adds a cotangent to a slot; in place where the slot is the sum's only holder and nothing records."""
    cdef PyObject* old = pointer(slot[0])
    cdef size_t kept = tags(slot[0])
    cdef Tensor sum_, more
    cdef Thread th
    if old == NULL:
        Py_INCREF(cotangent)
        slot[0] = <Slot>(<size_t><PyObject*>cotangent | kept)
        return 0
    if type(cotangent) is Tensor and type(<object>old) is Tensor:
        more = <Tensor>cotangent
        th = thread()
        if (old.ob_refcnt == 1 and not (<Tensor>old).uniform and not more.uniform and th.span == 0 and not th.forward
                and ((<Tensor>old).block == NULL or (<Tensor>old).block.refs == 1)
                and same_extent((<Tensor>old).extent, more.extent) and (<Tensor>old).dtype_code == more.dtype_code):
            sum_ = <Tensor>old
            if more.dtype_code == F32:
                kernels.run32(ADD, <float*>sum_.data, <const float*>sum_.data, <const float*>more.data, NULL, sum_.extent.size)
            else:
                kernels.run64(ADD, <double*>sum_.data, <const double*>sum_.data, <const double*>more.data, NULL, sum_.extent.size)
            return 0
        total = add(<Tensor>old, more)
    else:
        total = add_slices(<object>old, cotangent)
    Py_INCREF(total)
    slot[0] = <Slot>(<size_t><PyObject*>total | kept)
    Py_DECREF(<object>old)
    return 0


cdef object add_slices(object a, object b):
    """The sum of two cotangents of which at least one is IndexedSlices."""
    if type(a) is Tensor:
        return b._add_to(spread(<Tensor>a))
    return a._add_to(spread(<Tensor>b) if type(b) is Tensor else b)


cdef Tensor dense(object cotangent):
    """A cotangent as an ordinary tensor."""
    return spread(<Tensor>cotangent) if type(cotangent) is Tensor else convert(cotangent, -1, False)


cdef int accumulate(Sweep* sweep, Window window, int64_t number, object cotangent) except -1:
    """Gives a cotangent to a number that is known to be active."""
    cdef Slot* slot
    cdef Entry* entry
    cdef Py_ssize_t place
    if window.low >= 0 and number >= window.low and 0 <= (number >> PAGE_BITS) - window.first_page < sweep.count:
        entry = entry_at(window, number)
        slot = slot_at(sweep, window, number)
        if entry == NULL or entry.kind == VACANT or entry.kind == MARK:
            if tags(slot[0]) & SOURCE:
                merge(slot, cotangent)
            return 0
        if entry.kind == READ and not tags(slot[0]) & SOURCE:
            return accumulate(sweep, window, entry.inputs[0], cotangent)
        if pointer(slot[0]) == NULL and not tags(slot[0]) & CALLED:
            sweep.waiting += 1
            if number > sweep.high:
                sweep.high = number
        merge(slot, cotangent)
        return 0
    place = mark_place(sweep, number)
    if place >= 0:
        if sweep.extras[place] == NULL:
            sweep.held += 1
        merge(&sweep.extras[place], cotangent)
    return 0


cdef inline Entry* entry_at(Window window, int64_t position) noexcept:
    cdef int64_t place = (position >> PAGE_BITS) - window.first_page
    if place < 0 or place >= window.page_count or window.directory[place] == NULL:
        return NULL
    return &(<Page>window.directory[place]).entries[position & PAGE_MASK]


cdef object structural_cotangent(Entry* entry, Tensor cotangent, int operand, Py_ssize_t rows):
    cdef Op op = <Op>entry.op
    cdef Py_ssize_t row
    if rows == 0 or op.takes_rows:
        return op.rule(entry, cotangent, operand, rows)
    return from_rows([op.rule(entry, one_row(cotangent, row), operand, 0) for row in range(rows)])


cdef Tensor one_row(Tensor cotangents, Py_ssize_t row):
    return operators().getitem(cotangents, row)


cdef object from_rows(list cotangents):
    """Cotangents of an operand, row by row, as one; None where none flows."""
    cdef Tensor known = None
    cdef Py_ssize_t row
    for row in range(len(cotangents)):
        if cotangents[row] is not None:
            known = cotangents[row] = dense(cotangents[row])
    if known is None:
        return None
    return join("Pack", [filled(known.dtype_code, known.extent, 0.0) if cotangent is None else cotangent
                         for cotangent in cotangents], 0, True)


cdef int visit(Sweep* sweep, Window window, int64_t position, Entry* entry, Tensor cotangent) except -1:
    """Runs the reverse rule of an inline entry."""
    cdef int i
    cdef object given
    for i in range(entry.count):
        if is_active(window, entry.inputs[i]):
            if entry.kind == PROGRAM:
                given = program_cotangent(entry, cotangent, i, sweep.rows)
            else:
                given = structural_cotangent(entry, cotangent, i, sweep.rows)
            if given is not None:
                accumulate(sweep, window, entry.inputs[i], given)
    return 0


cdef int visit_call(Sweep* sweep, Window window, int64_t position, Call call) except -1:
    """Runs a Python reverse rule: cotangents of all outputs in, of all inputs out."""
    cdef list arguments = []
    cdef Slot* slot
    cdef PyObject* own
    cdef int i
    cdef tuple needs = tuple([is_active(window, call.inputs[i]) for i in range(call.input_count)])
    for i in range(call.output_count):
        slot = slot_at(sweep, window, position + i)
        own = pointer(slot[0])
        if own == NULL:
            shape, code = call.outputs[i]
            arguments.append(zeros((sweep.rows, *shape) if sweep.rows else shape, code))
        else:
            arguments.append(dense(<object>own))
            if not tags(slot[0]) & SOURCE:
                slot[0] = NULL
                Py_DECREF(<object>own)
            elif i == 0:
                slot[0] = <Slot>(<size_t>slot[0] & ~<size_t>CALLED)
    if sweep.rows:
        found = [call_cotangents(call, needs, [one_row(argument, row) for argument in arguments]) for row in range(sweep.rows)]
        given = [from_rows(list(cotangents)) for cotangents in zip(*found)]
    else:
        given = call_cotangents(call, needs, arguments)
    for i in range(call.input_count):
        if needs[i] and given[i] is not None:
            accumulate(sweep, window, call.inputs[i], given[i])
    return 0


cdef object call_cotangents(Call call, tuple needs, list cotangents):
    """What a Python reverse rule gives: one cotangent or None per input."""
    given = call.rule(call, needs, *cotangents)
    if type(given) is not list and type(given) is not tuple:
        given = (given,)
    if len(given) != call.input_count:
        raise InternalError(None, None, f"Recorded operation '{call.name}' returned too "
                                        f"{'few' if len(given) < call.input_count else 'many'} gradients. Expected "
                                        f"{call.input_count} but received {len(given)}")
    return given


def zeros(shape, int dtype_code) -> Tensor:
    """Zeros of a shape, for an output that no cotangent reached."""
    cdef Extent* extent = extent_from(shape)
    cdef Tensor made = filled(dtype_code, extent, 0.0)
    release_extent(extent)
    return made


cdef int scan(Sweep* sweep, Window window, bint dropping) except -1:
    """From the highest cotangent down until none waits."""
    cdef int64_t position = sweep.high, place
    cdef Slot* slots
    cdef Slot* slot
    cdef Slot* main
    cdef Entry* entry
    cdef PyObject* own
    cdef Tensor cotangent
    cdef object given
    cdef bint source
    while sweep.waiting > 0 and position >= window.low:
        place = (position >> PAGE_BITS) - window.first_page
        slots = sweep.pages[place]
        if slots == NULL:
            position = ((position >> PAGE_BITS) << PAGE_BITS) - 1
            continue
        slot = &slots[position & PAGE_MASK]
        own = pointer(slot[0])
        if own == NULL and not tags(slot[0]) & CALLED:
            position -= 1
            continue
        entry = entry_at(window, position)
        if entry == NULL or entry.kind == VACANT or entry.kind == MARK:
            position -= 1
            continue
        sweep.waiting -= 1
        sweep.high = position
        source = tags(slot[0]) & SOURCE
        if entry.kind == STRUCTURAL and type(<object>own) is not Tensor and <Op>entry.op is IDENTITY:
            # IndexedSlices pass as they are.
            given = <object>own
            if is_active(window, entry.inputs[0]):
                accumulate(sweep, window, entry.inputs[0], given)
        elif entry.kind == PROGRAM or entry.kind == STRUCTURAL:
            if type(<object>own) is Tensor and entry.kind == PROGRAM:
                cotangent = <Tensor>own
            else:
                cotangent = dense(<object>own)
            if not source:
                slot[0] = NULL
                Py_DECREF(<object>own)
            visit(sweep, window, position, entry, cotangent)
            cotangent = None
        elif entry.kind == READ:
            given = <object>own
            accumulate(sweep, window, entry.inputs[0], given)
        elif entry.kind == OUTPUT:
            main = slot_at(sweep, window, entry.inputs[0])
            if pointer(main[0]) == NULL and not tags(main[0]) & CALLED:
                sweep.waiting += 1
            main[0] = <Slot>(<size_t>main[0] | CALLED)
        elif entry.kind == CALL:
            slot[0] = <Slot>(<size_t>slot[0] & ~<size_t>CALLED)
            visit_call(sweep, window, position, <Call>entry.op)
        if dropping and entry.kind != READ and entry.kind != OUTPUT:
            drop(entry, <Page>window.directory[place])
        position -= 1
    return 0


cdef int scan_examined(Sweep* sweep, Window window, bint dropping) except -1:
    """Scans, and tells what is raised where it came from: the op whose reverse rule ran, and its number."""
    cdef Entry* entry
    try:
        return scan(sweep, window, dropping)
    except Exception as error:
        entry = entry_at(window, sweep.high)
        if hasattr(error, "arose_in_reverse") and entry != NULL:
            error.arose_in_reverse(entry_name(entry), sweep.high)
        raise


def _made(variable):
    return (<BaseVariable>variable).number


cdef inline int64_t number_of(object source) noexcept:
    if type(source) is Tensor:
        return (<Tensor>source).number
    return (<BaseVariable>source).number


cdef str WATCHED = "The dtype of the watched tensor must be floating (e.g. tf.float32), got %r"
cdef str INSIDE = (
    "Calling GradientTape.gradient on a persistent tape inside its context is significantly less efficient than calling it "
    "outside the context (it causes the gradient ops to be recorded on the tape, leading to increased CPU and memory usage). "
    "Only call GradientTape.gradient inside the context if you actually want to trace the gradient in order to compute higher "
    "order derivatives.")


cdef class Tape(Window):
    """The compiled part of gradtape.GradientTape."""

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self.keeps = persistent
        self.watch_variables = watch_accessed_variables

    def __enter__(self):
        if self.owner is not None:
            raise ValueError("Tape is still recording, This can happen if you try to re-enter an already-active tape.")
        if self.spent:
            self.spent = False
            self.forget()
        self.entered = True
        self.start(thread())
        return self

    def __exit__(self, kind, value, traceback):
        self.stop()

    @property
    def _recording(self):
        return self.owner is not None

    @property
    def _spent(self):
        """Whether there is nothing to differentiate: gradients were given, or nothing was ever recorded."""
        return self.spent or not self.entered

    @property
    def _persistent(self):
        return self.keeps

    def watch(self, tensor):
        """Traces a tensor, a variable or a nested structure of them from here on, in a thread with an open tape.

        Raises ValueError for anything that is neither, AttributeError before the tape was entered and after it gave its
        gradients; logs a warning for dtypes that have no gradient.
        """
        if self.spent or not self.entered:
            raise AttributeError("GradientTape.watch has nothing to watch with: the tape was never entered, or has given its "
                                 "gradients. Call it inside the tape's block.")
        if type(tensor) is Tensor or isinstance(tensor, BaseVariable):
            self.watch_one(tensor)
            return
        for item in nest.flatten(opened(tensor)):
            self.watch_one(item)

    cdef int watch_one(self, object item) except -1:
        cdef Thread th = thread()
        cdef Tensor tensor
        cdef Entry* entry
        if type(item) is Tensor:
            tensor = <Tensor>item
            if not is_floating(tensor.dtype_code):
                warn_first(5, None, WATCHED, tensor.dtype)
                return 0
            if th.stopped or th.newest is None:
                return 0
            if tensor.number == 0:
                entry = append(th)
                entry.dead = 0
                entry.kind = MARK
                entry.count = 0
                tensor.number = th.next - 1
            self.mark(tensor.number)
        elif isinstance(item, BaseVariable):
            if not is_floating((<BaseVariable>item).held.dtype_code):
                warn_first(5, None, WATCHED, item.dtype)
                return 0
            if not th.stopped and th.newest is not None and not self.marked((<BaseVariable>item).number):
                watch_variable(self, <BaseVariable>item)
                # A value read before the watch is a constant; the next read must be seen.
                (<BaseVariable>item).handle = None
        else:
            slices = getattr(item, "values", None)
            if type(slices) is Tensor and hasattr(item, "indices"):
                return self.watch_one(slices)
            raise ValueError(f"Passed in object {item} of type {type(item).__name__!r}, not tf.Tensor or tf.Variable or "
                             "ExtensionType.")
        return 0

    def watched_variables(self):
        """The variables that the tape watches, in the order in which they were made."""
        return tuple(sorted(self.variables or self.seen_variables or (), key=_made))

    def reset(self):
        """Forgets everything recorded and watched, and goes on recording. Raises ValueError unless the tape records."""
        cdef Thread th = self.owner
        if th is None:
            raise ValueError("Tape is not recording.")
        self.stop()
        self.forget()
        self.spent = False
        self.seen_variables = None
        self.start(th)

    def _pause(self):
        """Closes the window's present segment, for a while."""
        self.owner.paused += 1
        self.stop()

    def _resume(self):
        cdef Thread th = thread()
        th.paused -= 1
        if self.spent:
            self.__enter__()
        else:
            self.start(th)

    def _release(self):
        self.release()

    cdef int release(self) except -1:
        """What a non-persistent tape does once it has given its gradients."""
        self.seen_variables = self.variables
        self.stop()
        self.forget()
        self.spent = True
        return 0

    def _check_usable(self, place=None):
        self.check_usable(place)

    cdef int check_usable(self, object place) except -1:
        """Raises RuntimeError if the tape has nothing to differentiate; ends a non-persistent tape's recording."""
        if self.spent or not self.entered:
            raise RuntimeError("A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)")
        if self.owner is not None:
            if not self.keeps:
                self.stop()
            else:
                warn_first(1, place, INSIDE)
        return 0

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients="none"):
        """The gradient of target with respect to sources, computed by reverse accumulation over what was recorded.

        target: a tensor, variable or nested structure of them; more than one are summed.
        sources: tensors or variables, or a nested structure of them. A dataclass counts as a structure of those of its fields
            that hold tensors, unless it says by `__tf_flatten__` how it flattens.
        output_gradients: cotangents of the targets, in target's structure; ones where None.
        unconnected_gradients: "none" gives None where target does not depend on a source, "zero" gives zeros.

        Returns one gradient per source in sources' structure, each of its source's shape and dtype; a variable from which rows
        were gathered may get IndexedSlices. Raises RuntimeError on a second call of a non-persistent tape, and
        InvalidArgumentError for a cotangent of another shape or dtype than its target's.
        """
        cdef tuple targets, flat
        cdef list seeds = None, results
        cdef bint alone = type(sources) is Tensor or isinstance(sources, BaseVariable)
        cdef bint listed = type(sources) is list and all_plain(<list>sources)
        cdef bint zero = False
        self.check_usable(None)
        if target is None:
            raise TypeError("Argument `target` should be a list or nested structure of Tensors, Variables or CompositeTensors to "
                            "be differentiated, but received None.")
        if unconnected_gradients != "none":
            zero = zero_wanted(unconnected_gradients)
        if type(target) is Tensor:
            targets = (target,)
        else:
            target = opened(target)
            targets = tuple(nest.flatten(target))
        if alone:
            flat = (sources,)
        elif listed:
            flat = tuple(<list>sources)
        else:
            sources = opened(sources)
            flat = tuple(nest.flatten(sources))
        if output_gradients is not None:
            seeds = [output_gradients] if type(output_gradients) is Tensor else flatten_seeds(like(target, output_gradients))
        check_operands(targets, "target")
        check_operands(flat, "source")
        results = self.sweep(targets, flat, seeds, 0)
        if zero:
            for i, source in enumerate(flat):
                if results[i] is None:
                    results[i] = zeros(source.shape, source.dtype.code)
        if not self.keeps:
            self.release()
        return results[0] if alone else results if listed else nest.pack_sequence_as(sources, results)

    def _rows(self, Tensor target, list sources, Py_ssize_t batch=1):
        """The gradients of every element of target, one under the other: per source a list of tensors whose first axes are the
        elements', to be joined, or None where target does not depend on the source.

        With a batch, target's first axis has `batch` elements that depend on nothing but their own sources: elements of one
        place within the batch share a row. As many rows are swept together as stay in cache.
        """
        cdef bint keeps = self.keeps
        cdef Extent* extent
        cdef Tensor seed
        cdef Py_ssize_t start = 0, rows, row, k, place, count = target.extent.size // batch, most = target.extent.size
        cdef tuple flat = tuple(sources)
        cdef list found, parts = [None] * len(flat)
        for source in flat:
            if type(source) is not Tensor and not isinstance(source, BaseVariable):
                raise bad_operand("source", source)
            most = max(most, extent_of(source).size)
        self.keeps = True
        try:
            while start < count:
                rows = max(1, min(TOGETHER // most, count - start))
                extent = behind_rows(target.extent, target.extent.rank, rows)
                seed = filled(target.dtype_code, extent, 0.0)
                release_extent(extent)
                for row in range(rows):
                    for k in range(batch):
                        place = row * target.extent.size + k * count + start + row
                        if seed.dtype_code == F32:
                            (<float*>seed.data)[place] = 1
                        else:
                            (<double*>seed.data)[place] = 1
                found = self.sweep((target,), flat, [seed], rows)
                for k in range(len(flat)):
                    if found[k] is not None:
                        if parts[k] is None:
                            parts[k] = []
                        (<list>parts[k]).append(dense(found[k]))
                start += rows
        finally:
            self.keeps = keeps
        return parts

    def _stacked(self, Tensor target, list sources, bint zero):
        """Target's Jacobians by the sources, of shape target.shape + source.shape each; where target does not depend on a
        source None, or zeros."""
        cdef list parts, found = [None] * len(sources), results = []
        cdef Py_ssize_t dims[2 * MAX_RANK]
        cdef Extent* extent
        cdef Extent* inner
        cdef int i
        cdef int dtype_code
        if is_floating(target.dtype_code):
            found = self._rows(target, sources)
        for source, parts in zip(sources, found):
            if parts is None and not zero and not (is_floating(target.dtype_code) and target.extent.size == 0):
                results.append(None)
                continue
            inner = extent_of(source)
            for i in range(target.extent.rank):
                dims[i] = target.extent.dims[i]
            for i in range(inner.rank):
                dims[target.extent.rank + i] = inner.dims[i]
            extent = new_extent(target.extent.rank + inner.rank, dims)
            if parts is None:
                dtype_code = (<Tensor>source).dtype_code if type(source) is Tensor else (<BaseVariable>source).held.dtype_code
                results.append(filled(dtype_code, extent, 0.0))
            else:
                results.append(reshape(parts[0] if len(parts) == 1 else join("ConcatV2", parts, 0, False), extent))
            release_extent(extent)
        return results

    cdef list sweep(self, tuple targets, tuple sources, list seeds, Py_ssize_t rows):
        """One cotangent or None per source."""
        cdef Sweep sweep
        cdef Slot* slot
        cdef Py_ssize_t i
        cdef Tensor seed
        cdef list results = [None] * len(sources)
        cdef list direct = None
        cdef bint dropping = not self.keeps and self.sole_owner()
        if self.low >= 0:
            self.analyse(last_position(self))
        begin(&sweep, self, rows)
        try:
            for source in sources:
                if covered(&sweep, self, number_of(source)):
                    slot = slot_at(&sweep, self, number_of(source))
                    slot[0] = <Slot>(<size_t>slot[0] | SOURCE)
            for i in range(len(targets)):
                target = targets[i]
                seed = seeds[0] if rows else make_seed(target, seeds[i] if seeds is not None and i < len(seeds) else None)
                if is_active(self, number_of(target)) and (
                        type(target) is not Tensor or is_floating((<Tensor>target).dtype_code)):
                    accumulate(&sweep, self, number_of(target), seed)
                elif stands_in(target, sources):
                    direct = [] if direct is None else direct
                    direct.append((target, seed))
            if is_examining():
                scan_examined(&sweep, self, dropping)
            else:
                scan(&sweep, self, dropping)
            for i in range(len(sources)):
                source = sources[i]
                found = cotangent_of(&sweep, self, number_of(source))
                if direct is not None:
                    for target, given in direct:
                        if target is source:
                            found = given if found is None else add(found, given)
                if found is not None:
                    results[i] = spread(<Tensor>found) if type(found) is Tensor else found
        finally:
            end(&sweep, self)
        return results


cdef inline bint covered(Sweep* sweep, Window window, int64_t number) noexcept:
    """Whether the number is a position that has a slot."""
    return number >= window.low and window.low >= 0 and 0 <= (number >> PAGE_BITS) - window.first_page < sweep.count


cdef object cotangent_of(Sweep* sweep, Window window, int64_t number):
    """The cotangent that has come together at a source, or None."""
    cdef PyObject* found = NULL
    cdef Py_ssize_t place
    if number == 0:
        return None
    if covered(sweep, window, number):
        found = pointer(slot_at(sweep, window, number)[0])
    elif sweep.held:
        place = mark_place(sweep, number)
        if place >= 0:
            found = sweep.extras[place]
    return None if found == NULL else <object>found


cdef Extent* extent_of(object source) noexcept:
    return (<Tensor>source).extent if type(source) is Tensor else (<BaseVariable>source).held.extent


cdef bint stands_in(object one, tuple many) noexcept:
    for other in many:
        if other is one:
            return True
    return False


cdef bint all_plain(list sources) noexcept:
    """Whether the list needs no flattening."""
    for source in sources:
        if type(source) is not Tensor and not isinstance(source, BaseVariable):
            return False
    return True


cdef Tensor make_seed(object target, object given):
    """The cotangent that a target starts with: ones unless given."""
    cdef Tensor tensor = (<Readable>target).read() if type(target) is not Tensor else <Tensor>target
    cdef Tensor seed
    cdef Thread th
    if given is None:
        th = thread()
        if (tensor.extent.size > 1 and is_floating(tensor.dtype_code) and th.span == 0 and not th.forward
                and not is_examining()):
            return uniform(tensor.dtype_code, tensor.extent, 1.0)
        return filled(tensor.dtype_code, tensor.extent, 1.0)
    seed = convert(given, -1, False)
    if seed.dtype_code != tensor.dtype_code:
        raise InvalidArgumentError(
            None, None, f"output_gradients of dtype {dtype_object(seed.dtype_code).name} do not match their target of dtype "
                        f"{dtype_object(tensor.dtype_code).name}. Give each target a cotangent of its own dtype.")
    if not same_extent(seed.extent, tensor.extent):
        raise InvalidArgumentError(
            None, None, f"output_gradients of shape {dims_text(seed.extent)} do not match their target of shape "
                        f"{dims_text(tensor.extent)}. Give each target a cotangent of its own shape.")
    return seed


cdef list flatten_seeds(object output_gradients):
    return [None if item is None else item if type(item) is Tensor else convert(item, -1, False)
            for item in nest.flatten(output_gradients)]


def is_zero_unconnected(unconnected_gradients) -> bool:
    """Whether unconnected gradients are to be zeros; ValueError for anything but "none", "zero" or the enumeration's."""
    value = getattr(unconnected_gradients, "value", unconnected_gradients)
    if value == "zero":
        return True
    if value == "none":
        return False
    raise ValueError(f"{unconnected_gradients!r} is not a valid UnconnectedGradients")


def zero_wanted(unconnected_gradients) -> bool:
    """The same in a tape's words."""
    try:
        return is_zero_unconnected(unconnected_gradients)
    except ValueError:
        raise ValueError(f"Unknown value for unconnected_gradients: {unconnected_gradients!r}") from None


cdef int check_operands(tuple operands, str role) except -1:
    """Targets or sources must be tensors or variables; of dtypes without gradients there is a warning."""
    for operand in operands:
        if type(operand) is Tensor:
            if not is_floating((<Tensor>operand).dtype_code):
                note(f"The dtype of the {role} tensor must be floating (e.g. tf.float32) when calling "
                     "GradientTape.gradient, got %r", operand.dtype)
        elif not isinstance(operand, BaseVariable):
            raise bad_operand(role, operand)
    return 0


cdef object bad_operand(str role, object value):
    """The exception for what is neither tensor nor variable, of TensorFlow's type."""
    kind = AttributeError if isinstance(value, (int, float, complex)) or hasattr(value, "dtype") else TypeError
    return kind(f"A {role} of GradientTape.gradient must be a tf.Tensor or tf.Variable, got {value!r} of type "
                f"{type(value).__name__}. Convert it with tf.constant and watch it before the computation.")
