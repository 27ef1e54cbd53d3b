"""Patches: what a window sees at each of its places over an image, gathered; and the transpose, which adds them back.

Images are (batch, d0, d1, d2, channels), contiguous; patches (batch, o0, o1, o2, k0, k1, k2, channels), both flat;
`dims` is the image's shape. `geometry` is 15 numbers: window sizes k, places o, strides, dilations, padding before, of each
spatial axis.
"""

from libc.string cimport memcpy

from gradtape._engine.base.threads cimport run_parts, thread_count
from gradtape._engine.base.types cimport real

cdef enum:
    SPLIT_WORK = 1 << 17        # elements of patches from which images are shared out among the threads

# The images and their patches; one of source and image is NULL, and one of patches and cotangents.
cdef struct Walk:
    bint double_precision
    const void* source          # IN
    void* image                 # OUT
    void* patches               # OUT
    const void* cotangents      # IN
    const Py_ssize_t* dims
    const Py_ssize_t* geometry
    double outside


def gather(const real[::1] image, real[::1] patches, const Py_ssize_t[::1] dims, const Py_ssize_t[::1] geometry, double outside):
    """patches (OUT) of the image (IN); `outside` is what lies beyond its borders. Neither is empty."""
    cdef Walk walk = Walk(real is double, &image[0], NULL, &patches[0], NULL, &dims[0], &geometry[0], outside)
    share_out(&walk, patches.shape[0])


def scatter(const real[::1] patches, real[::1] image, const Py_ssize_t[::1] dims, const Py_ssize_t[::1] geometry):
    """Adds the patches (IN) to the image (IN, OUT) at the places they come from; what lies outside is dropped."""
    cdef Walk walk = Walk(real is double, NULL, &image[0], NULL, &patches[0], &dims[0], &geometry[0], 0)
    share_out(&walk, patches.shape[0])


cdef int share_out(Walk* walk, Py_ssize_t size) except -1:
    cdef int parts = <int>min(thread_count(), walk.dims[0]) if size >= SPLIT_WORK else 1
    with nogil:
        run_parts(walk_part, walk, parts)
    return 0


cdef void walk_part(void* context, int part, int parts) noexcept nogil:
    """Some of the images, all of their patches."""
    cdef Walk* walk = <Walk*>context
    cdef Py_ssize_t first = walk.dims[0] * part // parts, stop = walk.dims[0] * (part + 1) // parts
    if walk.double_precision:
        walk_images[double](walk, <const double*>walk.source, <double*>walk.image, <double*>walk.patches,
                            <const double*>walk.cotangents, first, stop)
    else:
        walk_images[float](walk, <const float*>walk.source, <float*>walk.image, <float*>walk.patches,
                           <const float*>walk.cotangents, first, stop)


cdef void walk_images(const Walk* walk, const real* source, real* image, real* patches, const real* cotangents, Py_ssize_t first,
                      Py_ssize_t stop) noexcept nogil:
    cdef const Py_ssize_t* dims = walk.dims
    cdef const Py_ssize_t* g = walk.geometry
    cdef Py_ssize_t channels = dims[4], row = g[2] * channels, n, o0, o1, o2, k0, k1, i0, i1, i2, at, low, high
    cdef Py_ssize_t i = first * g[3] * g[4] * g[5] * g[0] * g[1] * row
    for n in range(first, stop):
        for o0 in range(g[3]):
            for o1 in range(g[4]):
                for o2 in range(g[5]):
                    i2 = o2 * g[8] - g[14]
                    # Places of the window's row that lie inside, where they are neighbours: one run.
                    low = min(max(-i2, 0), g[2])
                    high = max(min(dims[3] - i2, g[2]), low)
                    for k0 in range(g[0]):
                        i0 = o0 * g[6] + k0 * g[9] - g[12]
                        for k1 in range(g[1]):
                            i1 = o1 * g[7] + k1 * g[10] - g[13]
                            at = (((n * dims[1] + i0) * dims[2] + i1) * dims[3] + i2) * channels
                            if not (0 <= i0 < dims[1] and 0 <= i1 < dims[2]):
                                if source != NULL:
                                    fill(patches + i, <real>walk.outside, row)
                            elif g[11] != 1:
                                walk_row(walk, source, image, patches, cotangents, at, i, i2)
                            elif source != NULL:
                                fill(patches + i, <real>walk.outside, low * channels)
                                memcpy(patches + i + low * channels, source + at + low * channels, (high - low) * channels * sizeof(real))
                                fill(patches + i + high * channels, <real>walk.outside, (g[2] - high) * channels)
                            else:
                                add(image + at + low * channels, cotangents + i + low * channels, (high - low) * channels)
                            i += row


cdef void walk_row(const Walk* walk, const real* source, real* image, real* patches, const real* cotangents, Py_ssize_t at,
                   Py_ssize_t i, Py_ssize_t i2) noexcept nogil:
    """One row of a dilated window: at, i: where it begins in the image and among the patches; i2: its place on the last axis."""
    cdef Py_ssize_t channels = walk.dims[4], step = walk.geometry[11], k2
    for k2 in range(walk.geometry[2]):
        if 0 <= i2 < walk.dims[3]:
            if source != NULL:
                memcpy(patches + i, source + at, channels * sizeof(real))
            else:
                add(image + at, cotangents + i, channels)
        elif source != NULL:
            fill(patches + i, <real>walk.outside, channels)
        i += channels
        i2 += step
        at += step * channels


cdef inline void fill(real* to, real value, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        to[i] = value


cdef inline void add(real* to, const real* more, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        to[i] += more[i]
