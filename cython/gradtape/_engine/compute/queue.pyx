"""Small products that a second thread computes while the first goes on.

One thread at a time has the queue: it puts products in, and settles them before it needs what they give. A lent worker takes
one after the other, in order, as long as more come, and so does who settles: a product that nobody has begun is computed by
the one who waits for it, so a worker that sleeps, is late or does not exist costs nothing. Results have the bits of
products one after another, as each waits for those that it follows.

The worker knows pointers and sizes alone. All but its part runs under the interpreter's lock. A fork first does what is queued.
"""

from libc.stdint cimport INT64_MAX, int64_t

from gradtape._engine.base.threads cimport clock, lend_worker, loop_waits, thread_count
from gradtape._engine.compute.matmul cimport direct_product

cdef extern from "compiler.h":
    long load "LOAD_RELAXED"(long* p) noexcept nogil
    long load_acquire "LOAD_ACQUIRE"(long* p) noexcept nogil
    void store "STORE_RELEASE"(long* p, long value) noexcept nogil
    bint replaced "REPLACED"(long* p, long expected, long value) noexcept nogil
    void look_again "LOOK_AGAIN"() noexcept nogil

cdef extern from *:
    """
    #if defined(_WIN32)
    static int gradtape_queue_occupy(void) { return 0; }
    static void gradtape_queue_yield(void) {}
    static void gradtape_queue_at_fork(void (*before)(void), void (*in_child)(int)) { (void)before, (void)in_child; }
    #else
    #include <pthread.h>
    #include <sched.h>
    static pthread_t gradtape_queue_owner;
    static void (*gradtape_queue_in_child)(int);
    static int gradtape_queue_occupy(void) { return gradtape_queue_owner = pthread_self(), 1; }
    static void gradtape_queue_yield(void) { sched_yield(); }
    static void gradtape_queue_child(void) { gradtape_queue_in_child(pthread_equal(gradtape_queue_owner, pthread_self())); }
    static void gradtape_queue_at_fork(void (*before)(void), void (*in_child)(int)) {
        gradtape_queue_in_child = in_child;
        pthread_atfork(before, 0, gradtape_queue_child);
    }
    #endif
    """
    bint gradtape_queue_occupy() noexcept
    void gradtape_queue_yield() noexcept nogil
    void gradtape_queue_at_fork(void (*before)() noexcept nogil, void (*in_child)(bint owns) noexcept nogil) noexcept

cdef enum:
    TRIAL = 16                   # times that a trial takes, and in which
    IN_A_ROW = 4                 # are done the same way
    BETWEEN_TRIALS = 1024
    MOST_LOOKS = 500             # that a worker takes for the next product, and who waits before others may have its core

cdef struct Place:
    Product product
    const void* a
    const void* b
    void* c
    long done                    # how many were in the queue with the last one that is done here
    char apart[32]               # places of two cache lines

cdef struct Queue:
    long begun                   # each of these has its own cache line
    char apart[120]
    long put
    char apart_again[120]
    long served                  # a worker is here, or on its way
    char far_from_these[120]
    long settled                 # the owner's alone: so many are known to be done
    bint occupied
    bint refused                 # no worker was to be had

cdef Queue queue
cdef Place places[MOST_QUEUED]


cdef bint begin(long* number) noexcept nogil:
    """Takes the first product that nobody has begun; False where there is none."""
    cdef long first = load(&queue.begun)
    while first < load_acquire(&queue.put):
        if replaced(&queue.begun, first, first + 1):
            number[0] = first
            return True
        first = load(&queue.begun)
    return False


cdef void compute(long number) noexcept nogil:
    cdef Place* at = &places[number % MOST_QUEUED]
    cdef Product* of = &at.product
    cdef int k
    for k in range(3):
        if of.after[k]:
            wait_for(of.after[k] - 1)
    direct_product(of.double_precision, of.transpose_a, of.transpose_b, 1, of.m, of.n, of.k, at.a, 0, at.b, 0, at.c, of.accumulate)
    store(&at.done, number + 1)


cdef void wait_for(long number) noexcept nogil:
    """Waits for a product that was begun."""
    cdef long* done = &places[number % MOST_QUEUED].done
    cdef int looks = 0
    while load_acquire(done) <= number:
        looks += 1
        if looks < MOST_LOOKS:
            look_again()
        else:
            gradtape_queue_yield()


cdef void serve(void* context, int part, int parts) noexcept nogil:
    """A worker's part."""
    cdef long number
    cdef int looks = 0
    while looks < MOST_LOOKS and not loop_waits():
        if begin(&number):
            compute(number)
            looks = 0
        else:
            look_again()
            looks += 1
    store(&queue.served, False)


cdef bint occupy(Trial* trial, int64_t* began) noexcept:
    cdef int turn = trial.turn
    began[0] = 0
    if queue.occupied or thread_count() < 2:
        return False
    began[0] = clock()
    if turn == 0:
        trial.least[0] = trial.least[1] = INT64_MAX
    trial.turn = (turn + 1) % BETWEEN_TRIALS
    if not (turn // IN_A_ROW % 2 == 0 if turn < TRIAL else trial.pays) or not gradtape_queue_occupy():
        return False
    queue.occupied = True
    queue.refused = False
    return True


cdef void vacate() noexcept:
    queue.occupied = False


cdef void note_time(Trial* trial, bint occupied, int64_t began) noexcept:
    if began and 0 < trial.turn <= TRIAL:
        trial.least[occupied] = min(trial.least[occupied], clock() - began)
        trial.pays = trial.least[1] < trial.least[0]


cdef long queued() noexcept:
    return queue.put


cdef void enqueue(const Product* product, long base, const void* a, const void* b, void* c) noexcept:
    cdef Place* at = &places[queue.put % MOST_QUEUED]
    cdef int k
    at.product = product[0]
    for k in range(3):
        if product.after[k]:
            at.product.after[k] += base
    at.a, at.b, at.c = a, b, c
    store(&queue.put, queue.put + 1)
    if not (load(&queue.served) or queue.refused):
        store(&queue.served, True)
        if not lend_worker(serve, NULL):
            store(&queue.served, False)
            queue.refused = True


cdef void settle(long count) noexcept:
    cdef long number
    while load(&queue.begun) < count and begin(&number):
        compute(number)
    while queue.settled < count:
        wait_for(queue.settled)
        queue.settled += 1


cdef void before_fork() noexcept nogil:
    cdef long number, put = load(&queue.put)
    while begin(&number):
        compute(number)
    for number in range(max(0, put - MOST_QUEUED), put):
        wait_for(number)


cdef void in_child(bint owns) noexcept nogil:
    queue.served = False
    if not owns:
        queue.occupied = False


gradtape_queue_at_fork(before_fork, in_child)
