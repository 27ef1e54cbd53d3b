"""A queue of small matrix products that a second thread computes while the first one continues.

One thread at a time owns the queue. It enqueues products, and settles them before it reads their results. A worker computes
them in order as long as more come. The owner, when it settles, computes those that are not begun itself, so that a worker
which sleeps, is late or does not exist costs nothing. Results are bitwise those of sequential execution, as each product
waits for those that it depends on.

The worker only uses pointers and sizes; everything else runs with the GIL held. Before a fork all queued products are finished.
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
    TRIAL = 16                   # number of times that the work is done in a trial,
    IN_A_ROW = 4                 # as many in a row with or without the queue
    BETWEEN_TRIALS = 1024
    MOST_LOOKS = 500             # iterations that a worker spins for the next product, and a waiting thread before it yields its core

cdef struct Place:
    Product product
    const void* a
    const void* b
    void* c
    long done                    # number, from 1, of the last product that was finished in this place
    char apart[32]               # pads places to two cache lines

cdef struct Queue:
    long begun                   # each of these has its own cache line
    char apart[120]
    long put
    char apart_again[120]
    long served                  # a worker is serving the queue, or about to
    char far_from_these[120]
    long settled                 # number of products known to be done; used only by the owner
    bint occupied
    bint refused                 # no worker was available

cdef Queue queue
cdef Place places[MOST_QUEUED]


cdef bint begin(long* number) noexcept nogil:
    """Takes the first product that is not begun; False if there is none."""
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
    """Waits for a product that another thread has begun."""
    cdef long* done = &places[number % MOST_QUEUED].done
    cdef int looks = 0
    while load_acquire(done) <= number:
        looks += 1
        if looks < MOST_LOOKS:
            look_again()
        else:
            gradtape_queue_yield()


cdef void serve(void* context, int part, int parts) noexcept nogil:
    """The worker's loop."""
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
