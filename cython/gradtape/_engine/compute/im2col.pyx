"""im2col: gathers the patches of an image under a sliding window; and its transpose, which scatters them by addition.

Pooling is computed from the image directly, without patches.

Images are (batch, d0, d1, d2, channels), contiguous; patches (batch, o0, o1, o2, k0, k1, k2, channels), both flat;
`dims` is the image's shape. `geometry` is 15 numbers: window sizes k, output sizes o, strides, dilations and padding before,
three of each.
"""

from libc.string cimport memcpy, memset

from gradtape._engine.base.threads cimport run_parts, thread_count
from gradtape._engine.base.types cimport real

cdef enum:
    SPLIT_WORK = 1 << 17        # elements of patches from which images are divided among threads
    SHORT_RUN = 32              # elements below which a loop is faster than memcpy

# Arguments of gather (source, patches) and scatter (cotangents, image); the others are NULL.
cdef struct Transfer:
    bint double_precision
    const void* source          # IN
    void* image                 # OUT
    void* patches               # OUT
    const void* cotangents      # IN
    const Py_ssize_t* dims
    const Py_ssize_t* geometry
    double outside


def gather(const real[::1] image, real[::1] patches, const Py_ssize_t[::1] dims, const Py_ssize_t[::1] geometry, double outside):
    """Gathers patches (OUT) of the image (IN), padded with `outside`. Neither is empty."""
    cdef Transfer transfer = Transfer(real is double, &image[0], NULL, &patches[0], NULL, &dims[0], &geometry[0], outside)
    share_out(&transfer, patches.shape[0])


def scatter(const real[::1] patches, real[::1] image, const Py_ssize_t[::1] dims, const Py_ssize_t[::1] geometry):
    """Adds the patches (IN) to the image (IN, OUT) at their positions; elements in the padding are dropped."""
    cdef Transfer transfer = Transfer(real is double, NULL, &image[0], NULL, &patches[0], &dims[0], &geometry[0], 0)
    share_out(&transfer, patches.shape[0])


cdef int share_out(Transfer* transfer, Py_ssize_t size) except -1:
    cdef int parts = <int>min(thread_count(), transfer.dims[0]) if size >= SPLIT_WORK else 1
    with nogil:
        run_parts(transfer_part, transfer, parts)
    return 0


cdef void transfer_part(void* context, int part, int parts) noexcept nogil:
    """Processes a part of the images."""
    cdef Transfer* transfer = <Transfer*>context
    cdef Py_ssize_t first = transfer.dims[0] * part // parts, stop = transfer.dims[0] * (part + 1) // parts
    if transfer.double_precision:
        transfer_images[double](transfer, <const double*>transfer.source, <double*>transfer.image, <double*>transfer.patches,
                            <const double*>transfer.cotangents, first, stop)
    else:
        transfer_images[float](transfer, <const float*>transfer.source, <float*>transfer.image, <float*>transfer.patches,
                           <const float*>transfer.cotangents, first, stop)


cdef void transfer_images(const Transfer* transfer, const real* source, real* image, real* patches, const real* cotangents,
                          Py_ssize_t first, Py_ssize_t stop) noexcept nogil:
    cdef const Py_ssize_t* dims = transfer.dims
    cdef const Py_ssize_t* g = transfer.geometry
    cdef Py_ssize_t channels = dims[4], row = g[2] * channels, n, o0, o1, o2, k0, k1, i0, i1, i2, at, low, high
    cdef Py_ssize_t i = first * g[3] * g[4] * g[5] * g[0] * g[1] * row
    for n in range(first, stop):
        for o0 in range(g[3]):
            for o1 in range(g[4]):
                if channels == 1:
                    transfer_line(transfer, source, image, patches, cotangents, n, o0, o1, i)
                    i += g[5] * g[0] * g[1] * row
                    continue
                for o2 in range(g[5]):
                    i2 = o2 * g[8] - g[14]
                    # The range of the window's row that is inside the image; one contiguous run if not dilated.
                    low = min(max(-i2, 0), g[2])
                    high = max(min(dims[3] - i2, g[2]), low)
                    for k0 in range(g[0]):
                        i0 = o0 * g[6] + k0 * g[9] - g[12]
                        for k1 in range(g[1]):
                            i1 = o1 * g[7] + k1 * g[10] - g[13]
                            at = (((n * dims[1] + i0) * dims[2] + i1) * dims[3] + i2) * channels
                            if not (0 <= i0 < dims[1] and 0 <= i1 < dims[2]):
                                if source != NULL:
                                    fill(patches + i, <real>transfer.outside, row)
                            elif g[11] != 1:
                                transfer_row(transfer, source, image, patches, cotangents, at, i, i2)
                            elif source != NULL:
                                fill(patches + i, <real>transfer.outside, low * channels)
                                copy(patches + i + low * channels, source + at + low * channels, (high - low) * channels)
                                fill(patches + i + high * channels, <real>transfer.outside, (g[2] - high) * channels)
                            else:
                                add(image + at + low * channels, cotangents + i + low * channels, (high - low) * channels)
                            i += row


cdef void transfer_line(const Transfer* transfer, const real* source, real* image, real* patches, const real* cotangents, Py_ssize_t n,
                    Py_ssize_t o0, Py_ssize_t o1, Py_ssize_t i) noexcept nogil:
    """All windows along the last axis of an image of one channel. Loops over the window's elements first, as runs are short."""
    cdef const Py_ssize_t* dims = transfer.dims
    cdef const Py_ssize_t* g = transfer.geometry
    cdef Py_ssize_t size = g[0] * g[1] * g[2], stride = g[8], k0, k1, k2, i0, i1, i2, at, o2, low, high
    for k0 in range(g[0]):
        i0 = o0 * g[6] + k0 * g[9] - g[12]
        for k1 in range(g[1]):
            i1 = o1 * g[7] + k1 * g[10] - g[13]
            at = ((n * dims[1] + i0) * dims[2] + i1) * dims[3]
            for k2 in range(g[2]):
                i2 = k2 * g[11] - g[14]
                # The range of windows for which this element is inside the image.
                low = min((max(-i2, 0) + stride - 1) // stride, g[5])
                high = max(min((dims[3] - 1 - i2 + stride) // stride, g[5]), low)
                if not (0 <= i0 < dims[1] and 0 <= i1 < dims[2]):
                    low = high = g[5]
                if source != NULL:
                    for o2 in range(low):
                        patches[i + o2 * size] = <real>transfer.outside
                    for o2 in range(low, high):
                        patches[i + o2 * size] = source[at + i2 + o2 * stride]
                    for o2 in range(high, g[5]):
                        patches[i + o2 * size] = <real>transfer.outside
                else:
                    for o2 in range(low, high):
                        image[at + i2 + o2 * stride] += cotangents[i + o2 * size]
                i += 1


cdef void transfer_row(const Transfer* transfer, const real* source, real* image, real* patches, const real* cotangents, Py_ssize_t at,
                   Py_ssize_t i, Py_ssize_t i2) noexcept nogil:
    """One row of a dilated window. at, i: its offsets in the image and the patches; i2: its index on the last axis."""
    cdef Py_ssize_t channels = transfer.dims[4], step = transfer.geometry[11], _k2
    for _k2 in range(transfer.geometry[2]):
        if 0 <= i2 < transfer.dims[3]:
            if source != NULL:
                copy(patches + i, source + at, channels)
            else:
                add(image + at, cotangents + i, channels)
        elif source != NULL:
            fill(patches + i, <real>transfer.outside, channels)
        i += channels
        i2 += step
        at += step * channels


cdef inline void copy(real* to, const real* source, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if n >= SHORT_RUN:
        memcpy(to, source, n * sizeof(real))
        return
    for i in range(n):
        to[i] = source[i]


cdef inline void fill(real* to, real value, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        to[i] = value


cdef inline void add(real* to, const real* more, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        to[i] += more[i]


# Arguments of pooling; places is NULL for sums, source or image is NULL.
cdef struct Pool:
    bint double_precision
    const void* source          # IN
    void* image                 # IN, OUT
    void* values                # OUT: maxima or sums; IN for spread_windows
    int* places                 # OUT
    const Py_ssize_t* dims
    const Py_ssize_t* geometry


def find_largest(const real[::1] image, real[::1] values, int[::1] places, const Py_ssize_t[::1] dims, const Py_ssize_t[::1] geometry):
    """Max pooling: the largest element of each window of the image (IN), per channel, and its index in the image (OUT).

    The first one if several are equal; the first NaN if there is one. Every window must have an element inside the image.
    """
    cdef Pool pool = Pool(real is double, &image[0], NULL, &values[0], &places[0], &dims[0], &geometry[0])
    pool_out(&pool, values.shape[0])


def sum_windows(const real[::1] image, real[::1] values, const Py_ssize_t[::1] dims, const Py_ssize_t[::1] geometry):
    """The sum (OUT) of the elements of each window that are inside the image (IN), per channel."""
    cdef Pool pool = Pool(real is double, &image[0], NULL, &values[0], NULL, &dims[0], &geometry[0])
    pool_out(&pool, values.shape[0])


def spread_windows(const real[::1] values, real[::1] image, const Py_ssize_t[::1] dims, const Py_ssize_t[::1] geometry):
    """Adds each window's value (IN) to all of its elements in the image (IN, OUT): the transpose of `sum_windows`."""
    cdef Pool pool = Pool(real is double, NULL, &image[0], <void*>&values[0], NULL, &dims[0], &geometry[0])
    pool_out(&pool, values.shape[0])


cdef int pool_out(Pool* pool, Py_ssize_t size) except -1:
    cdef const Py_ssize_t* g = pool.geometry
    cdef Py_ssize_t window = g[0] * g[1] * g[2]
    cdef int parts = <int>min(thread_count(), pool.dims[0]) if size * window >= SPLIT_WORK else 1
    with nogil:
        run_parts(pool_part, pool, parts)
    return 0


cdef void pool_part(void* context, int part, int parts) noexcept nogil:
    """Processes a part of the images."""
    cdef Pool* pool = <Pool*>context
    cdef Py_ssize_t first = pool.dims[0] * part // parts, stop = pool.dims[0] * (part + 1) // parts
    if pool.double_precision:
        pool_images[double](pool, <const double*>pool.source, <double*>pool.image, <double*>pool.values, first, stop)
    else:
        pool_images[float](pool, <const float*>pool.source, <float*>pool.image, <float*>pool.values, first, stop)


cdef void pool_images(const Pool* pool, const real* source, real* image, real* values, Py_ssize_t first,
                      Py_ssize_t stop) noexcept nogil:
    cdef const Py_ssize_t* dims = pool.dims
    cdef const Py_ssize_t* g = pool.geometry
    cdef Py_ssize_t channels = dims[4], n, o0, o1, o2, k0, k1, k2, i0, i1, i2, at
    cdef Py_ssize_t to = first * g[3] * g[4] * g[5] * channels
    cdef bint begun
    for n in range(first, stop):
        for o0 in range(g[3]):
            for o1 in range(g[4]):
                for o2 in range(g[5]):
                    begun = False
                    for k0 in range(g[0]):
                        i0 = o0 * g[6] + k0 * g[9] - g[12]
                        if not 0 <= i0 < dims[1]:
                            continue
                        for k1 in range(g[1]):
                            i1 = o1 * g[7] + k1 * g[10] - g[13]
                            if not 0 <= i1 < dims[2]:
                                continue
                            for k2 in range(g[2]):
                                i2 = o2 * g[8] + k2 * g[11] - g[14]
                                if not 0 <= i2 < dims[3]:
                                    continue
                                at = (((n * dims[1] + i0) * dims[2] + i1) * dims[3] + i2) * channels
                                if source == NULL:
                                    add(image + at, values + to, channels)
                                elif pool.places != NULL:
                                    take_larger(source, at, values + to, pool.places + to, channels, begun)
                                elif begun:
                                    add(values + to, source + at, channels)
                                else:
                                    copy(values + to, source + at, channels)
                                begun = True
                    if source != NULL and not begun:
                        fill(values + to, 0, channels)
                    to += channels


cdef inline void take_larger(const real* source, Py_ssize_t at, real* values, int* places, Py_ssize_t n,
                             bint begun) noexcept nogil:
    """Updates the maxima and their places with the elements at offset `at`; initializes them unless `begun`."""
    cdef Py_ssize_t i
    cdef int place = <int>at
    cdef real x, best
    cdef bint larger
    source += at
    if not begun:
        for i in range(n):
            values[i] = source[i]
            places[i] = place + <int>i
        return
    # Without branches, which would be unpredictable.
    for i in range(n):
        x, best = source[i], values[i]
        larger = (x > best) | ((x != x) & (best == best))
        values[i] = x if larger else best
        places[i] = place + <int>i if larger else places[i]


# Arguments of put_at_places.
cdef struct Places:
    bint double_precision
    const void* values          # IN
    const int* places           # IN
    void* image                 # OUT
    Py_ssize_t images
    Py_ssize_t values_each
    Py_ssize_t elements_each


def put_at_places(const real[::1] values, const int[::1] places, real[::1] image, Py_ssize_t images):
    """Sets image (OUT) to zero and adds values (IN) at their places (IN), indices in `image`: the transpose of max pooling.

    `image` consists of that many `images`, at least one. The values of each are consecutive, equally many, and have places in it.
    """
    cdef Places put = Places(real is double, &values[0], &places[0], &image[0], images, values.shape[0] // images, image.shape[0] // images)
    cdef int parts = <int>min(thread_count(), images) if image.shape[0] >= SPLIT_WORK else 1
    with nogil:
        run_parts(put_part, &put, parts)


cdef void put_part(void* context, int part, int parts) noexcept nogil:
    """Processes a part of the images."""
    cdef Places* put = <Places*>context
    cdef Py_ssize_t first = put.images * part // parts, stop = put.images * (part + 1) // parts
    if put.double_precision:
        put_images[double](put, <const double*>put.values, <double*>put.image, first, stop)
    else:
        put_images[float](put, <const float*>put.values, <float*>put.image, first, stop)


cdef void put_images(const Places* put, const real* values, real* image, Py_ssize_t first, Py_ssize_t stop) noexcept nogil:
    cdef Py_ssize_t i, n
    for n in range(first, stop):
        memset(image + n * put.elements_each, 0, put.elements_each * sizeof(real))
        for i in range(n * put.values_each, (n + 1) * put.values_each):
            image[put.places[i]] += values[i]
