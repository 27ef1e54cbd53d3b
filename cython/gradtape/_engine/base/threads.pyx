"""A few parked threads for long loops.

Workers sleep on a condition variable between loops, as spinning would take cores from the threads of BLAS. Waking a worker takes
tens of microseconds, so if products do not use BLAS, a worker that has finished its part spins for PATIENCE before it sleeps, as
long as that mostly succeeds: not in programs whose long loops alternate with other work, such as a BLAS of their own. A worker
may also be lent: it then runs something else next to its caller, and is asked to return when a loop is waiting. If dividing a
loop affects results, the parts depend only on the sizes and the number of threads, so results do not depend on timing. A second
Python thread that arrives while the workers are busy runs its loop alone. After a fork the child starts its own workers. The
number of threads is OMP_NUM_THREADS if set, otherwise that of the processors that this process may use.
"""

import os

cdef extern from *:
    """
    #if defined(_WIN32)
    typedef void (*gradtape_part)(void*, int, int);
    static void gradtape_pool_run(gradtape_part work, void* context, int parts) {
        for (int i = 0; i < parts; i++) work(context, i, parts);
    }
    static void gradtape_pool_prepare(void) {}
    static void gradtape_pool_spin_when_idle(long nanoseconds) {}
    static int gradtape_pool_alert(void) { return 0; }
    static int gradtape_pool_lend(gradtape_part work, void* context) { return 0; }
    static int gradtape_pool_wanted(void) { return 0; }
    static long long gradtape_pool_clock(void) { return 0; }
    #else
    #include <pthread.h>
    #include <time.h>
    #include "compiler.h"
    typedef void (*gradtape_part)(void*, int, int);

    static struct {
        pthread_mutex_t lock;
        pthread_cond_t wake, done;
        pthread_mutex_t owner;
        gradtape_part work, aside;
        void *context, *aside_context;
        int parts, next, unfinished, workers, alert;
        unsigned long job;
        long patience;
    } gradtape_pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER,
                       PTHREAD_MUTEX_INITIALIZER, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    static void gradtape_pool_spin_when_idle(long nanoseconds) { gradtape_pool.patience = nanoseconds; }

    static int gradtape_pool_alert(void) { return LOAD_RELAXED(&gradtape_pool.alert); }

    static int gradtape_pool_wanted(void) { return LOAD_RELAXED(&gradtape_pool.next) < LOAD_RELAXED(&gradtape_pool.parts); }

    static long long gradtape_pool_clock(void) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000000000LL + now.tv_nsec;
    }

    /* The calling thread always takes the first part, so that consecutive loops find its data in the same core's cache. */
    static void gradtape_pool_take(int mine) {
        for (; mine < gradtape_pool.parts; mine = gradtape_pool.next++) {
            gradtape_part work = gradtape_pool.work;
            void* context = gradtape_pool.context;
            int parts = gradtape_pool.parts;
            pthread_mutex_unlock(&gradtape_pool.lock);
            work(context, mine, parts);
            pthread_mutex_lock(&gradtape_pool.lock);
            if (--gradtape_pool.unfinished == 0) pthread_cond_signal(&gradtape_pool.done);
        }
    }

    /* A lent worker returns as soon as a loop waits, so it is counted as spinning. */
    static void gradtape_pool_do_aside(void) {
        gradtape_part work = gradtape_pool.aside;
        void* context = gradtape_pool.aside_context;
        gradtape_pool.aside = 0;
        gradtape_pool.alert++;
        pthread_mutex_unlock(&gradtape_pool.lock);
        work(context, 0, 1);
        pthread_mutex_lock(&gradtape_pool.lock);
        gradtape_pool.alert--;
    }

    /* A worker that has mostly spun in vain stops spinning for GRADTAPE_REST jobs, then tries once more. */
    enum { GRADTAPE_MOST_TRUST = 8, GRADTAPE_REST = 64 };

    /* Spins until there is a job other than `seen` or patience ends; returns whether there is one. */
    static int gradtape_pool_expect(unsigned long seen) {
        long long end = gradtape_pool_clock() + gradtape_pool.patience;
        gradtape_pool.alert++;
        pthread_mutex_unlock(&gradtape_pool.lock);
        do
            for (int i = 0; i < 16 && LOAD_ACQUIRE(&gradtape_pool.job) == seen; i++) LOOK_AGAIN();
        while (LOAD_ACQUIRE(&gradtape_pool.job) == seen && gradtape_pool_clock() < end);
        pthread_mutex_lock(&gradtape_pool.lock);
        gradtape_pool.alert--;
        return gradtape_pool.job != seen;
    }

    /* Waits for the last part: spins for a moment before it sleeps, as the parts take about as long as the caller's own. */
    static void gradtape_pool_await(void) {
        pthread_mutex_unlock(&gradtape_pool.lock);
        for (int i = 0; i < 4000 && LOAD_ACQUIRE(&gradtape_pool.unfinished); i++) LOOK_AGAIN();
        pthread_mutex_lock(&gradtape_pool.lock);
        while (gradtape_pool.unfinished) pthread_cond_wait(&gradtape_pool.done, &gradtape_pool.lock);
    }

    static void* gradtape_pool_worker(void* unused) {
        unsigned long seen = 0;
        int trust = GRADTAPE_MOST_TRUST, rest = 0;
        (void)unused;
        pthread_mutex_lock(&gradtape_pool.lock);
        for (;;) {
            while (gradtape_pool.job == seen && !gradtape_pool.aside)
                pthread_cond_wait(&gradtape_pool.wake, &gradtape_pool.lock);
            seen = gradtape_pool.job;
            if (gradtape_pool.next < gradtape_pool.parts) gradtape_pool_take(gradtape_pool.next++);
            else if (gradtape_pool.aside) gradtape_pool_do_aside();
            else continue;
            if (rest > 0) rest--;
            else if (gradtape_pool.patience) {
                trust += gradtape_pool_expect(seen) ? trust < GRADTAPE_MOST_TRUST : -1;
                if (trust == 0) trust = 1, rest = GRADTAPE_REST;
            }
        }
        return 0;
    }

    static void gradtape_pool_start(int workers) {
        while (gradtape_pool.workers < workers) {
            pthread_t thread;
            if (pthread_create(&thread, 0, gradtape_pool_worker, 0)) break;
            pthread_detach(thread);
            gradtape_pool.workers++;
        }
    }

    static int gradtape_pool_lend(gradtape_part work, void* context) {
        int lent = 0;
        pthread_mutex_lock(&gradtape_pool.lock);
        gradtape_pool_start(1);
        if (gradtape_pool.workers && !gradtape_pool.aside) {
            gradtape_pool.aside = work;
            gradtape_pool.aside_context = context;
            STORE_RELEASE(&gradtape_pool.job, gradtape_pool.job + 1);
            pthread_cond_signal(&gradtape_pool.wake);
            lent = 1;
        }
        pthread_mutex_unlock(&gradtape_pool.lock);
        return lent;
    }

    static void gradtape_pool_run(gradtape_part work, void* context, int parts) {
        if (parts < 2 || pthread_mutex_trylock(&gradtape_pool.owner)) {
            for (int i = 0; i < parts; i++) work(context, i, parts);
            return;
        }
        pthread_mutex_lock(&gradtape_pool.lock);
        gradtape_pool_start(parts - 1);
        gradtape_pool.work = work;
        gradtape_pool.context = context;
        gradtape_pool.parts = parts;
        gradtape_pool.next = 1;
        gradtape_pool.unfinished = parts;
        STORE_RELEASE(&gradtape_pool.job, gradtape_pool.job + 1);
        pthread_cond_broadcast(&gradtape_pool.wake);
        gradtape_pool_take(0);
        gradtape_pool_await();
        pthread_mutex_unlock(&gradtape_pool.lock);
        pthread_mutex_unlock(&gradtape_pool.owner);
    }

    static void gradtape_pool_in_child(void) {
        pthread_mutex_init(&gradtape_pool.lock, 0);
        pthread_mutex_init(&gradtape_pool.owner, 0);
        pthread_cond_init(&gradtape_pool.wake, 0);
        pthread_cond_init(&gradtape_pool.done, 0);
        gradtape_pool.workers = 0;
        gradtape_pool.unfinished = 0;
        gradtape_pool.alert = 0;
        gradtape_pool.aside = 0;
        gradtape_pool.parts = gradtape_pool.next = 0;
    }

    static void gradtape_pool_prepare(void) { pthread_atfork(0, 0, gradtape_pool_in_child); }
    #endif
    """
    void gradtape_pool_run(Part work, void* context, int parts) noexcept nogil
    void gradtape_pool_prepare()
    void gradtape_pool_spin_when_idle(long nanoseconds) noexcept nogil
    int gradtape_pool_alert() noexcept nogil
    int gradtape_pool_lend(Part work, void* context) noexcept nogil
    int gradtape_pool_wanted() noexcept nogil
    int64_t gradtape_pool_clock() noexcept nogil

cdef enum:
    MOST = 64
    PATIENCE = 100_000    # nanoseconds that a worker spins

cdef int _count = 1


cdef int thread_count() noexcept nogil:
    return _count


cdef int alert_threads() noexcept nogil:
    return gradtape_pool_alert()


cdef void spin_when_idle() noexcept nogil:
    gradtape_pool_spin_when_idle(PATIENCE)


cdef bint lend_worker(Part work, void* context) noexcept nogil:
    return _count > 1 and gradtape_pool_lend(work, context)


cdef bint loop_waits() noexcept nogil:
    return gradtape_pool_wanted()


cdef int64_t clock() noexcept nogil:
    return gradtape_pool_clock()


cdef void run_parts(Part work, void* context, int parts) noexcept nogil:
    gradtape_pool_run(work, context, parts)


def set_num_threads(int count) -> None:
    """Sets how many threads long loops use, the calling one included.

    Matrix products, convolutions among them, depend on it by rounding; nothing else does.

    Args:
      count: their number, at least 1.

    Raises:
      ValueError: it is less.

    Example:
      >>> threads = tf.config.threading.get_num_threads()
      >>> tf.config.threading.set_num_threads(1)
      >>> tf.config.threading.get_num_threads()
      1
      >>> tf.config.threading.set_num_threads(threads)
    """
    global _count
    if count < 1:
        raise ValueError(f"the number of threads must be at least 1, got {count}")
    _count = min(count, MOST)


def get_num_threads() -> int:
    """How many threads long loops use, the calling one included.

    Returns:
      An int, 1 or more.

    Example:
      >>> tf.config.threading.get_num_threads() >= 1
      True
    """
    return _count


def default_threads() -> int:
    """OMP_NUM_THREADS if it is a number, otherwise the number of processors that this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


gradtape_pool_prepare()
set_num_threads(default_threads())
