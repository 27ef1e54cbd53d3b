"""Optimizer steps, in place.

A step takes (gradient, variable) pairs, which are all checked before anything is written. It follows Keras 3's order: unscale the
gradients and accumulate them if `gradient_accumulation_steps` is set; clip them; decay the parameters and apply the rule; update the
averages; apply constraints; count the step. Unscaling, clipping, decay and rule are one pass over each parameter, in blocks that fit
into the cache. Hyperparameters, iterations and learning rate are read when the step is taken.

The GIL is held throughout, so that no other thread sees a partly updated parameter.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE
from libc.math cimport NAN, sqrt
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from gradtape._engine.base.shape cimport Extent, dims_text, same_extent
from gradtape._engine.base.threads cimport run_parts, thread_count
from gradtape._engine.base.types cimport C64, F32, F64, is_complex, is_floating, is_half
from gradtape._engine.compute.loops cimport LONG_RUN, place_of_cut, worth_cutting
from gradtape._engine.kernels.dispatch cimport rules
from gradtape._engine.kernels.rules cimport HYPERPARAMETERS, SLOTS, STEP_BLOCK, Rule, Step
from gradtape._engine.record.primitive cimport EXTERNAL, WRITES, Tracer, traced, tracer
from gradtape._engine.state.schedules cimport BaseSchedule
from gradtape._engine.state.variable cimport BaseVariable
from gradtape._engine.tensor.tensor cimport Tensor, item_size, new_tensor, scalar_value, tracing

from gradtape._engine.kernels.dispatch import PLACES
from gradtape._engine.record.primitive import OutsideTrace, as_effect
from gradtape._src.core.errors import InvalidArgumentError

cdef extern from "Python.h":
    PyObject* next_of "PyIter_Next"(object iterator) except? NULL

cdef enum:
    INLINE_PAIRS = 32                # pairs that a step handles without allocating memory
    MIN_PART = 1 << 16               # elements that make it worthwhile to give a thread several parts
    MAX_PARTS = 4

# Options of every optimizer, in the order of OPTIONS; NaN means None.
cdef enum:
    WEIGHT_DECAY
    CLIPNORM
    CLIPVALUE
    GLOBAL_CLIPNORM
    USE_EMA
    EMA_MOMENTUM
    EMA_OVERWRITE_FREQUENCY
    LOSS_SCALE_FACTOR
    GRADIENT_ACCUMULATION_STEPS
    OPTION_COUNT

OPTIONS = ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "ema_momentum", "ema_overwrite_frequency",
           "loss_scale_factor", "gradient_accumulation_steps")


def number_places(str rule):
    """The indices in `numbers` of the options and of a rule's hyperparameters, by name."""
    return {name: place for place, name in enumerate(OPTIONS + (PLACES[rule][1] if rule else ()))}


include "walks.pxi"


cdef inline char* in_place(PyObject* variable) except NULL:
    """The storage of a BaseVariable, made exclusive, contents kept."""
    cdef Tensor before = (<BaseVariable>variable).held               # keeps the old contents if the storage is replaced
    cdef char* target = (<BaseVariable>variable).writable()
    if target != before.data:
        memcpy(target, before.data, before.extent.size * item_size(before.dtype_code))
    return target


cdef inline BaseVariable variable_at(list variables, Py_ssize_t place):
    return <BaseVariable>PyList_GET_ITEM(variables, place)


cdef inline PyObject* slot_of(PyObject* slots, int slot, Py_ssize_t place) noexcept:
    """The slot variable of the parameter at an index, NULL if the slot is not in use."""
    cdef PyObject* variables = PyList_GET_ITEM(<object>slots, slot)
    return PyList_GET_ITEM(<object>variables, place) if PyList_GET_SIZE(<object>variables) else NULL


cdef inline Tensor value_of(PyObject* variable):
    return (<BaseVariable>variable).held


cdef void release_pairs(Pair* pairs, Py_ssize_t count) noexcept:
    """Releases the references of pairs."""
    cdef Py_ssize_t i
    for i in range(count):
        Py_DECREF(<object>pairs[i].gradient)
        Py_DECREF(<object>pairs[i].variable)


cdef inline int dtype_of_parts(Tensor tensor) noexcept:
    """The dtype of a tensor's real numbers: for complex numbers that of their parts."""
    if not is_complex(tensor.dtype_code):
        return tensor.dtype_code
    return F32 if tensor.dtype_code == C64 else F64


cdef inline Py_ssize_t parts_of(Tensor tensor) noexcept:
    """The number of real numbers."""
    return 2 * tensor.extent.size if is_complex(tensor.dtype_code) else tensor.extent.size


@cython.binding(False)              # methods check what they are called on
@cython.embedsignature(True)
cdef class BaseOptimizer:
    """The compiled part of gradtape.optimizers.Optimizer: takes steps."""

    cdef double[OPTION_COUNT + HYPERPARAMETERS] numbers
    cdef int rule                        # index of the rule; -1: none, a subclass defines update_step
    cdef const Rule* entry               # the rule's entry in the table
    cdef bint calls_update_step                   # whether update_step is to be called
    cdef bint linear                     # whether the rule is linear, so that the parts of complex numbers can be updated separately
    cdef bint applied_in_python          # whether a subclass overrides apply
    cdef bint constrained                # whether any variable has a constraint
    cdef bint plain                      # whether a step consists of the rule only, without any option
    cdef int64_t bindings                # incremented by _set_variables
    cdef list known                      # trainable variables, in the order of `build`
    cdef list slots                      # per slot of the rule a list with one variable per known variable; None if the slot is not in use
    cdef list averages, accumulators     # one variable per known variable, or empty
    cdef int slot_count                  # number of slots up to the last one in use
    cdef dict places                     # index in `known` by the variable's node
    cdef bytes decaying                  # whether each known variable decays; None: not computed yet
    cdef BaseVariable counter
    cdef BaseVariable rate               # None if the learning rate is a schedule or a callable
    cdef BaseSchedule schedule           # None unless the learning rate is a compiled schedule
    cdef BaseVariable product            # Nadam's running product of momenta

    def __cinit__(self, *arguments, **keywords):
        self.rule = -1
        self.known = []
        self.slots = []
        self.averages = []
        self.accumulators = []
        self.places = {}
        for place in range(OPTION_COUNT + HYPERPARAMETERS):
            self.numbers[place] = NAN

    # Configuration, set from Python

    def _set_number(self, str name, int place, value):
        self.numbers[place] = NAN if value is None else float(value)
        self.update_plain()

    @cython.final
    cdef int update_plain(self) except -1:
        """Updates `plain`."""
        cdef double* numbers = self.numbers
        self.plain = not (self.calls_update_step or self.constrained or self.product is not None or numbers[USE_EMA] == 1
                          or numbers[WEIGHT_DECAY] == numbers[WEIGHT_DECAY] or numbers[CLIPNORM] > 0 or numbers[CLIPVALUE] > 0
                          or numbers[GLOBAL_CLIPNORM] > 0 or numbers[LOSS_SCALE_FACTOR] == numbers[LOSS_SCALE_FACTOR]
                          or numbers[GRADIENT_ACCUMULATION_STEPS] >= 1)
        return 0

    def _set_rule(self, str name, bint applied_in_python):
        """Sets the rule, "" for none, and whether a subclass overrides `apply`."""
        self.rule = PLACES[name][0] if name else -1
        self.entry = &rules.table[self.rule] if name else NULL
        self.calls_update_step = self.rule < 0 or type(self).update_step is not BaseOptimizer.update_step
        self.linear = name == "sgd" and not self.calls_update_step
        self.applied_in_python = applied_in_python
        self.update_plain()

    @cython.final
    cdef bint takes_complex(self) noexcept:
        """Whether complex variables can be updated: the rule must be linear, and gradients not clipped."""
        cdef double* numbers = self.numbers
        return self.linear and not (numbers[CLIPNORM] > 0 or numbers[CLIPVALUE] > 0 or numbers[GLOBAL_CLIPNORM] > 0)

    @cython.final
    cdef bint fits_complex(self, Tensor gradient, Tensor value) noexcept:
        return (is_complex(gradient.dtype_code) and gradient.dtype_code == value.dtype_code
                and same_extent(gradient.extent, value.extent) and self.takes_complex())

    def _takes_complex(self):
        return self.takes_complex()

    def _set_counter(self, BaseVariable iterations not None):
        self.counter = iterations

    def _set_rate(self, BaseVariable rate or None, schedule):
        """Sets the learning rate: a variable or a schedule; if neither, `learning_rate` is read in every step."""
        self.rate = rate
        self.schedule = None
        if isinstance(schedule, BaseSchedule) and type(schedule).__call__ is BaseSchedule.__call__:
            self.schedule = schedule

    def _set_variables(self, list variables not None, list slots not None, list averages not None, list accumulators not None,
                       BaseVariable product or None):
        """Sets the trainable variables, and for each of them its slots, average and accumulator."""
        cdef BaseVariable variable
        for group in (averages, accumulators, *slots):
            if group and (len(group) != len(variables) or not all([isinstance(other, BaseVariable) for other in group])):
                raise ValueError("An optimizer needs a slot of every kind for each of its variables.")
        places = {}
        for place, known in enumerate(variables):
            variable = known
            if variable is None:
                raise TypeError("An optimizer steps variables, not None.")
            places[variable.node] = place
        self.bindings += 1
        self.places = places
        self.known, self.slots, self.averages, self.accumulators, self.product = variables, slots, averages, accumulators, product
        self.constrained = any([variable.constraint is not None for variable in variables])
        self.decaying = None
        self.slot_count = 0
        for place, slot in enumerate(slots):
            if slot:
                self.slot_count = place + 1
        self.update_plain()

    def _forget_decaying(self):
        self.decaying = None

    def _place(self, BaseVariable variable not None):
        """The variable's index among those the optimizer was built with, or None."""
        return self.places.get(variable.node)

    # State that a step reads

    @cython.final
    cdef inline int64_t calls(self) noexcept:
        return (<int64_t*>self.counter.held.data)[0]

    @cython.final
    cdef inline int64_t steps(self) noexcept:
        """The number of updates, each of which may take several calls to accumulate gradients."""
        if self.numbers[GRADIENT_ACCUMULATION_STEPS] >= 1:
            return self.calls() // <int64_t>self.numbers[GRADIENT_ACCUMULATION_STEPS]
        return self.calls()

    @cython.final
    cdef int check_initialized(self) except -1:
        if self.counter is None:
            raise RuntimeError(f"In optimizer '{type(self).__name__}', you forgot to call `super().__init__()` as the first statement "
                               "in the `__init__()` method. Go add it!")
        return 0

    @cython.final
    cdef double current_rate(self) except? -1:
        cdef PyObject* value
        if self.rate is not None:
            value = <PyObject*>self.rate.held
            return scalar_value(<Tensor>value)
        if self.schedule is not None:
            return self.schedule.at(self.calls())
        return float(self.learning_rate)

    @cython.final
    cdef inline void init_step(self, Step* step, double rate) noexcept:
        """Initializes step (OUT) for the next step, without options."""
        step.rule = self.rule
        step.hyper = self.numbers + OPTION_COUNT
        step.rate = rate
        step.t = self.steps() + 1
        step.product = scalar_value(self.product.held) if self.product is not None else 1
        step.bare = True
        step.decay = step.limit = NAN
        step.divisor = 1
        step.denominator = 0

    @cython.final
    cdef bint decays(self, Py_ssize_t place) except -1:
        if self.decaying is None:
            self.decaying = bytes([self._decays(variable) for variable in self.known])
        return PyBytes_AS_STRING(self.decaying)[place]

    # A step

    @cython.final
    cdef inline int make_writable(self, const Pair* pairs, Py_ssize_t count) except -1:
        """Makes the storage of variables and slots exclusive, before pointers to any of it are taken: this may run user code."""
        cdef Py_ssize_t i
        cdef int slot
        cdef PyObject* variable
        for i in range(count):
            in_place(pairs[i].variable)
            for slot in range(self.slot_count):
                variable = slot_of(<PyObject*>self.slots, slot, pairs[i].place)
                if variable != NULL:
                    in_place(variable)
        if self.product is not None:
            in_place(<PyObject*>self.product)
        if self.decaying is None and self.known:
            self.decays(0)
        return 0

    @cython.final
    cdef inline int check_bindings(self, int64_t bindings) except -1:
        if self.bindings != bindings:
            raise RuntimeError("The optimizer was built again while it took a step.")
        return 0

    @cython.final
    cdef int update(self, Step* step, const Pair* pair, const char* g, const char* q, Rows rows) except -1:
        """Updates one parameter. g, q: gradient and squares as for `walk` (IN), of the variable's size or of the rows only."""
        cdef UpdateJob job
        cdef PyObject* value = <PyObject*>(<BaseVariable>pair.variable).held
        cdef PyObject* slot
        cdef Extent* extent = (<Tensor>value).extent
        cdef const Rule* rule = self.entry
        cdef int i
        job.dtype_code = (<Tensor>value).dtype_code
        job.slots[0] = job.slots[1] = job.slots[2] = NULL
        for i in range(self.slot_count):
            slot = slot_of(<PyObject*>self.slots, i, pair.place)
            if slot != NULL:
                slot = <PyObject*>(<BaseVariable>slot).held
                job.slots[i] = (<Tensor>slot).data
                if rule.whole:
                    job.slot_sizes[i] = (<Tensor>slot).extent.size if (<Tensor>slot).dtype_code == job.dtype_code else 0
                if not rule.whole or i == self.slot_count - 1:
                    if (<Tensor>slot).extent.size != extent.size or (<Tensor>slot).dtype_code != job.dtype_code:
                        raise variable_mismatch(<BaseVariable>pair.variable)
        if step.bare and not rule.whole and extent.size <= LONG_RUN and rows is None:
            if job.dtype_code == F32:
                rule.single(step, <float*>(<Tensor>value).data, <const float*>g, <const float*>q, <float**>job.slots, extent.size)
                return 0
            if job.dtype_code == F64:
                rule.double_precision(step, <double*>(<Tensor>value).data, <const double*>g, <const double*>q, <double**>job.slots,
                                      extent.size)
                return 0
        if rule.whole and extent.rank >= 2:
            step.rows, step.columns = extent.dims[extent.rank - 2], extent.dims[extent.rank - 1]
        else:
            step.rows = step.columns = 0
        job.step, job.target, job.g, job.q, job.size = step, (<Tensor>value).data, g, q, extent.size
        if is_complex(job.dtype_code):
            job.dtype_code, job.size = dtype_of_parts(<Tensor>value), parts_of(<Tensor>value)
        job.places, job.failed = NULL, False
        if rows is not None and rows.places.shape[0]:
            job.places, job.count = &rows.places[0], rows.places.shape[0]
            job.width = rows.values.extent.size // job.count
        if extent.size > LONG_RUN and not rule.whole and worth_cutting(extent.size * (1 + self.slot_count)):
            run_parts(update_part, &job, thread_count() * parts_per_thread(extent.size // thread_count()))
        elif job.places != NULL:
            update_range_sparse(&job, 0, job.size)
        elif extent.size:
            update_range(&job, g, q, 0, job.size)
        if job.failed:
            raise MemoryError()
        return 0

    @cython.final
    cdef int update_rows(self, const Step* step, const Pair* pair, Rows rows) except -1:
        """Updates only the rows of a sparse gradient."""
        cdef Tensor value = value_of(pair.variable), state = None
        cdef Py_ssize_t row, width, start
        cdef char* slots[SLOTS]
        cdef int item = item_size(value.dtype_code)
        slots[0] = slots[1] = slots[2] = NULL
        if self.slot_count:
            state = variable_at(<list>self.slots[0], pair.place).held
            if state.extent.size != value.extent.size:
                raise variable_mismatch(<BaseVariable>pair.variable)
        if rows.places.shape[0] == 0:
            return 0
        width = rows.values.extent.size // rows.places.shape[0]
        for row in range(rows.places.shape[0]):
            start = rows.places[row] * width * item
            if state is not None:
                slots[0] = state.data + start
            if rules.walk(step, value.dtype_code, value.data + start, rows.values.data + row * width * item,
                          rows.squares.data + row * width * item if rows.squares is not None else NULL, slots, NULL, width):
                raise MemoryError()
        return 0

    @cython.final
    cdef double norm_of(self, const Pair* pair, const char* g, double divisor) except? -1:
        """The Euclidean norm of a gradient divided by `divisor`; g: its data (IN), NULL for Rows."""
        cdef Tensor value
        cdef double total
        if g == NULL:
            return (<Rows>pair.gradient).norm / divisor
        value = value_of(pair.variable)
        total = rules.sum_of_squares(value.dtype_code, g, divisor, value.extent.size)
        return sqrt(total) if value.dtype_code == F64 else <float>sqrt(<float>total)

    @cython.final
    cdef const char* data_of(self, const Pair* pair, bint accumulated) noexcept:
        """The gradient's data, or its accumulator's if gradients are accumulated; NULL for Rows."""
        if accumulated:
            return variable_at(self.accumulators, pair.place).held.data
        if type(<object>pair.gradient) is Rows:
            return NULL
        return (<Tensor>pair.gradient).data

    @cython.final
    cdef int apply_rule(self, const Pair* pairs, Py_ssize_t count, double rate, bint accumulated, int64_t bindings) except -1:
        """Clips gradients, decays parameters and applies the rule."""
        cdef Step step
        cdef double limit = NAN, norm, total
        cdef double* numbers = self.numbers
        cdef bint single = True, in_order = True, decaying = numbers[WEIGHT_DECAY] == numbers[WEIGHT_DECAY], alone
        cdef bint by_norm = numbers[CLIPNORM] > 0, by_all = not by_norm and numbers[GLOBAL_CLIPNORM] > 0, as_rows
        cdef const char* g
        cdef Py_ssize_t i
        cdef Rows rows
        cdef Tensor values, squares
        self.make_writable(pairs, count)
        self.check_bindings(bindings)
        self.init_step(&step, rate)
        if numbers[LOSS_SCALE_FACTOR] == numbers[LOSS_SCALE_FACTOR] and not accumulated:
            step.divisor = numbers[LOSS_SCALE_FACTOR]
        if self.product is not None:
            rules.advance(self.product.held.dtype_code, self.product.held.data, step.hyper[0], step.t)
            step.product = scalar_value(self.product.held)
        if not by_norm and not by_all and numbers[CLIPVALUE] > 0:
            limit = numbers[CLIPVALUE]
        if by_all:
            total = 0
            for i in range(count):
                norm = self.norm_of(&pairs[i], self.data_of(&pairs[i], accumulated), step.divisor)
                total += norm * norm
                single = single and value_of(pairs[i].variable).dtype_code != F64
            norm = <float>sqrt(total) if single else sqrt(total)
            step.numerator = numbers[GLOBAL_CLIPNORM] * (1 / norm if 1 / norm < 1 / numbers[GLOBAL_CLIPNORM]
                                                         else 1 / numbers[GLOBAL_CLIPNORM]) + (norm - norm)
            step.denominator = 1
        if decaying or self.calls_update_step:
            # A variable given twice decays twice before it is updated; a custom update_step may read any variable.
            in_order = not self.calls_update_step
            for i in range(count):
                in_order = in_order and pairs[i].place == i
            if decaying and not in_order:
                for i in range(count):
                    self.decay_whole(&step, &pairs[i])
        for i in range(count):
            g = self.data_of(&pairs[i], accumulated)
            step.limit = limit
            if by_norm:
                norm = self.norm_of(&pairs[i], g, step.divisor)
                step.numerator, step.denominator = numbers[CLIPNORM], numbers[CLIPNORM] if norm <= numbers[CLIPNORM] else norm
            rows, values, squares = None, None, None
            if g == NULL:
                step.limit = NAN                     # rows were clipped before equal indices were summed
                rows = <Rows>pairs[i].gradient
            alone = rows is not None and not self.calls_update_step and self.slot_count <= self.entry.row_slots
            step.decay = NAN
            if decaying and in_order and self.decays(pairs[i].place):
                step.decay = numbers[WEIGHT_DECAY]
                # In half precision decay and rule are one pass over the whole parameter, so that it is rounded once.
                alone = alone and not is_half(value_of(pairs[i].variable).dtype_code)
                if alone:
                    self.decay_whole(&step, &pairs[i])
                    step.decay = NAN
            step.bare = step.decay != step.decay and step.divisor == 1 and step.denominator == 0 and step.limit != step.limit
            if alone:
                self.update_rows(&step, &pairs[i], rows if not by_all or rows.squares is None
                                 else Rows(rows.values, rows.places, None, rows.norm))
                continue
            as_rows = rows is not None and not self.calls_update_step and not self.entry.whole and rows.places.shape[0] > 0
            if as_rows:
                g = rows.values.data
            elif rows is not None:
                values = rows.dense(rows.values, value_of(pairs[i].variable).extent)
                g = values.data
            if rows is not None and rows.squares is not None and not by_all:     # with global clipping Keras sums equal indices first
                squares = rows.squares if as_rows else rows.dense(rows.squares, value_of(pairs[i].variable).extent)
            if self.calls_update_step:
                values = new_tensor(value_of(pairs[i].variable).dtype_code, value_of(pairs[i].variable).extent)
                rules.shape(&step, values.dtype_code, g, values.data, values.extent.size)
                self.update_step(values, <BaseVariable>pairs[i].variable, self.learning_rate)
                self.check_bindings(bindings)
            else:
                self.update(&step, &pairs[i], g, squares.data if squares is not None else NULL, rows if as_rows else None)
        return 0

    @cython.final
    cdef int decay_whole(self, Step* step, const Pair* pair) except -1:
        cdef Tensor value = value_of(pair.variable)
        if self.decays(pair.place):
            step.decay = self.numbers[WEIGHT_DECAY]
            rules.decay(step, value.dtype_code, value.data, value.extent.size)
        return 0

    @cython.final
    cdef int accumulate(self, const Pair* pairs, Py_ssize_t count, double steps, int64_t bindings) except -1:
        """Adds gradients to their accumulators, which are divided by `steps`."""
        cdef double divisor = self.numbers[LOSS_SCALE_FACTOR]
        cdef Py_ssize_t i
        cdef Tensor dense
        cdef BaseVariable total
        if not self.accumulators:
            raise ValueError("`gradient_accumulation_steps` was set after the optimizer was built.")
        for i in range(count):
            in_place(PyList_GET_ITEM(self.accumulators, pairs[i].place))
            self.check_bindings(bindings)
        for i in range(count):
            if type(<object>pairs[i].gradient) is Rows:
                dense = (<Rows>pairs[i].gradient).dense((<Rows>pairs[i].gradient).values, value_of(pairs[i].variable).extent)
            else:
                dense = <Tensor>pairs[i].gradient
            total = variable_at(self.accumulators, pairs[i].place)
            if total.held.extent.size != dense.extent.size or total.held.dtype_code != dense.dtype_code:
                raise variable_mismatch(<BaseVariable>pairs[i].variable)
            rules.accumulate(dtype_of_parts(dense), total.held.data, dense.data, divisor if divisor == divisor else 1, steps,
                             parts_of(dense))
        return 0

    @cython.final
    cdef int update_averages(self) except -1:
        """Updates the moving averages, and overwrites the variables with them when due."""
        cdef int64_t steps = self.steps()
        cdef double momentum = self.numbers[EMA_MOMENTUM] if steps != 0 else 0, every = self.numbers[EMA_OVERWRITE_FREQUENCY]
        cdef Py_ssize_t i
        cdef BaseVariable mean, variable
        cdef list averages = self.averages, known = self.known
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

    @cython.final
    cdef inline int plain_step(self, const Pair* pairs, Py_ssize_t count, int64_t bindings) except -1:
        """A step without options, for dense gradients."""
        cdef Step step
        cdef double rate = self.current_rate()
        cdef Py_ssize_t i
        self.check_bindings(bindings)
        self.make_writable(pairs, count)
        self.check_bindings(bindings)
        self.init_step(&step, rate)
        for i in range(count):
            self.update(&step, &pairs[i], (<Tensor>pairs[i].gradient).data, NULL, None)
        (<int64_t*>in_place(<PyObject*>self.counter))[0] += 1
        return 0

    @cython.final
    cdef int step(self, const Pair* pairs, Py_ssize_t count, int64_t bindings) except -1:
        """A step. bindings: the value of `self.bindings` when the pairs were checked."""
        cdef double every = self.numbers[GRADIENT_ACCUMULATION_STEPS], rate = 0
        cdef bint accumulates = every >= 1
        cdef bint due = not accumulates or (self.calls() + 1) % <int64_t>every == 0
        cdef Py_ssize_t i
        cdef BaseVariable total
        if due:
            rate = self.current_rate()
        self.check_bindings(bindings)
        if accumulates:
            self.accumulate(pairs, count, every if due else 1, bindings)
        if due:
            self.apply_rule(pairs, count, rate, accumulates, bindings)
        if accumulates and due:
            for total in self.accumulators:
                memset(total.writable(), 0, total.held.extent.size * item_size(total.held.dtype_code))
        if self.numbers[USE_EMA] == 1:
            self.update_averages()
        if self.constrained:
            for i in range(count):
                constraint = (<object>pairs[i].variable).constraint
                if constraint is not None:
                    (<object>pairs[i].variable).assign(constraint(<object>pairs[i].variable))
        (<int64_t*>in_place(<PyObject*>self.counter))[0] += 1
        return 0

    @cython.final
    cdef inline bint check_pair(self, PyObject* pair, Py_ssize_t guess, Pair* out) noexcept:
        """Whether a pair is a known variable and a gradient of its floating dtype and shape; if so, it is stored in out (OUT)."""
        cdef PyObject* gradient
        cdef PyObject* variable
        cdef PyObject* value
        if type(<object>pair) is not tuple or PyTuple_GET_SIZE(<object>pair) != 2:
            return False
        gradient = PyTuple_GET_ITEM(<object>pair, 0)
        variable = PyTuple_GET_ITEM(<object>pair, 1)
        out.place = guess
        if guess >= PyList_GET_SIZE(self.known) or variable != PyList_GET_ITEM(self.known, guess):
            if not isinstance(<object>variable, BaseVariable):
                return False
            place = self.places.get((<BaseVariable>variable).node)
            if place is None:
                return False
            out.place = place
        if type(<object>gradient) is Tensor:
            value = <PyObject*>(<BaseVariable>variable).held
            if ((<Tensor>gradient).dtype_code != (<Tensor>value).dtype_code or not is_floating((<Tensor>gradient).dtype_code)
                    or not same_extent((<Tensor>gradient).extent, (<Tensor>value).extent)):
                if not self.fits_complex(<Tensor>gradient, <Tensor>value):
                    return False
        elif type(<object>gradient) is not Rows:     # Rows were checked when they were made
            return False
        Py_INCREF(<object>gradient)
        Py_INCREF(<object>variable)
        out.gradient = gradient
        out.variable = variable
        return True

    @cython.final
    cdef inline int take_step(self, object pairs) except -1:
        """A step of pairs. If some do not fit as they are, or the optimizer is not built yet, `_fitting` converts them."""
        cdef Pair inline_pairs[INLINE_PAIRS]
        cdef Pair* taken = inline_pairs
        cdef Py_ssize_t count = 0, most = len(self.known)
        cdef int64_t bindings = self.bindings
        cdef PyObject* found
        cdef list others = None
        cdef bint dense = True
        cdef object iterator = iter(pairs)
        self.check_initialized()
        if tracing and traced():
            return self.take_step_traced(list(iterator))
        if most > INLINE_PAIRS:
            taken = <Pair*>malloc(most * sizeof(Pair))
            if taken == NULL:
                raise MemoryError()
        try:
            # Release each pair before fetching the next one: zip then reuses its tuple.
            while True:
                found = next_of(iterator)
                if found == NULL:
                    break
                if count < most and self.bindings == bindings and self.check_pair(found, count, &taken[count]):
                    if type(<object>taken[count].gradient) is not Tensor:
                        dense = False
                    count += 1
                    Py_DECREF(<object>found)
                    continue
                others = [(<object>taken[i].gradient, <object>taken[i].variable) for i in range(count)]
                others.append(<object>found)
                Py_DECREF(<object>found)
                others.extend(iterator)
                break
            if others is not None or count == 0:
                self._take_fitting(self._fitting(others or []))
            elif self.plain and dense:
                self.plain_step(taken, count, bindings)
            else:
                self.step(taken, count, bindings)
        finally:
            release_pairs(taken, count)
            if taken != inline_pairs:
                free(taken)
        return 0

    @cython.final
    cdef int take_step_traced(self, list pairs) except -1:
        """The same while being traced: the step is one effect."""
        cdef Tracer held = tracer
        if pairs and not self.built:
            # Build now even if the step is in a branch that is traced later: TensorFlow traces all branches beforehand.
            with OutsideTrace():
                self._begin([variable for _, variable in pairs])
        held.depth += 1
        try:
            self.take_step(pairs)
        finally:
            held.depth -= 1
        # A custom update_step, constraint or callable rate may have any effect.
        own = (self.rule >= 0 and not self.calls_update_step and not self.constrained
               and (self.rate is not None or self.schedule is not None))
        return held.effect(WRITES if own else EXTERNAL, self._take, (pairs,), None,
                           [*self.known, *self.variables] if own else None)

    def _take_fitting(self, list pairs not None):
        """A step of pairs that need no conversion."""
        cdef Pair* taken = <Pair*>malloc(len(pairs) * sizeof(Pair) + 1)
        cdef Py_ssize_t count = 0
        if taken == NULL:
            raise MemoryError()
        try:
            self.check_initialized()
            for pair in pairs:
                if not self.check_pair(<PyObject*>pair, count, &taken[count]):
                    raise variable_mismatch(pair[1])
                count += 1
            self.step(taken, count, self.bindings)
        finally:
            release_pairs(taken, count)
            free(taken)

    def _take(self, pairs):
        """A step of an iterable of pairs."""
        self.take_step(pairs)

    def apply_gradients(self, grads_and_vars):
        """Takes one step.

        The first step determines the optimizer's variables. A None gradient is skipped with a warning.

        Args:
          grads_and_vars: pairs of a gradient and its variable, in any order.

        Returns:
          `iterations`.

        Raises:
          ValueError: every gradient is None, or a variable is unknown.
          InvalidArgumentError: a gradient's shape is not its variable's.

        Example:
          >>> w = tf.Variable([1.0, 2.0])
          >>> tf.optimizers.SGD(0.5, name="sgd").apply_gradients([(tf.constant([1.0, -1.0]), w)])
          <Variable path=sgd/iteration, shape=(), dtype=int64, value=1>
          >>> w.numpy()
          array([0.5, 2.5], dtype=float32)
        """
        if self.applied_in_python:
            grads, variables = zip(*grads_and_vars)
            self.apply(grads, variables)
        else:
            self.take_step(grads_and_vars)
        return self.counter

    def update_step(self, gradient, BaseVariable variable not None, learning_rate):
        """Updates one variable; a subclass may override it.

        Args:
          gradient: a tensor of the variable's shape, scaled and clipped.
          variable: a variable that the optimizer was built with.
          learning_rate: the current learning rate.

        Raises:
          NotImplementedError: the optimizer has no rule.
          ValueError: an unknown variable.
          InvalidArgumentError: a gradient of another shape.

        Example:
          >>> w = tf.Variable([1.0, 2.0])
          >>> optimizer = tf.optimizers.SGD(0.5)
          >>> optimizer.build([w])
          >>> optimizer.update_step(tf.constant([1.0, -1.0]), w, 0.25)
          >>> w.numpy()
          array([0.75, 2.25], dtype=float32)
        """
        cdef Tensor fitting
        cdef Pair pair
        cdef Step step
        self.check_initialized()
        if self.rule < 0:
            raise NotImplementedError
        if tracing and traced():
            as_effect(WRITES, self.update_step, gradient, variable, learning_rate, writes=[*self.known, *self.variables])
            return
        found = self.places.get(variable.node)
        if found is None:
            raise ValueError(f"Unknown variable: {variable}.")
        fitting = self._cast(gradient, variable)
        self._check_shape(fitting, variable)
        self.init_step(&step, float(learning_rate))
        pair.place = found
        pair.variable, pair.gradient = <PyObject*>variable, <PyObject*>fitting
        self.make_writable(&pair, 1)
        self.update(&step, &pair, fitting.data, NULL, None)

    def _check_shape(self, Tensor gradient not None, BaseVariable variable not None):
        if not same_extent(gradient.extent, variable.held.extent):
            raise InvalidArgumentError(
                None, None, f"The gradient of variable '{variable.name}' has shape {dims_text(gradient.extent)}, the variable has "
                            f"shape {dims_text(variable.held.extent)}. A gradient must have its variable's shape.")

    @property
    def _absolute(self):
        """Whether the rule reads |g| instead of g²."""
        return self.rule >= 0 and self.entry.absolute


cdef object variable_mismatch(BaseVariable variable):
    return InvalidArgumentError(None, None, f"Variable '{variable.name}' is not of the shape and dtype that the optimizer was built for.")
