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


include "pairs.pxi"


@cython.binding(False)              # methods check what they are called on
@cython.embedsignature(True)
cdef class BaseOptimizer:
    """The compiled part of gradtape.optimizers.Optimizer: takes steps."""

    cdef double[OPTION_COUNT + HYPERPARAMETERS] numbers
    cdef int rule                        # index of the rule; -1: none, a subclass defines update_step
    cdef const Rule* entry               # the rule's entry in the table
    cdef bint calls_update_step          # whether update_step is to be called
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
                plain_step(self, taken, count, bindings)
            else:
                full_step(self, taken, count, bindings)
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
            full_step(self, taken, count, self.bindings)
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
        make_writable(self, &pair, 1)
        update_parameter(self, &step, &pair, fitting.data, NULL, None)

    def _check_shape(self, Tensor gradient not None, BaseVariable variable not None):
        if not same_extent(gradient.extent, variable.held.extent):
            raise InvalidArgumentError(
                None, None, f"The gradient of variable '{variable.name}' has shape {dims_text(gradient.extent)}, the variable has "
                            f"shape {dims_text(variable.held.extent)}. A gradient must have its variable's shape.")

    @property
    def _absolute(self):
        """Whether the rule reads |g| instead of g²."""
        return self.rule >= 0 and self.entry.absolute


include "steps.pxi"
include "walks.pxi"
