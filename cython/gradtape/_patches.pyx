"""Patches: what a window sees at each of its places over an image, gathered; and the transpose, which adds them back.

Images are (batch, d0, d1, d2, channels), contiguous; patches (batch, o0, o1, o2, k0, k1, k2, channels), both flat;
`dims` is the image's shape. `geometry` is 15 numbers: window sizes k, places o, strides, dilations, padding before, of each
spatial axis.
"""

from libc.string cimport memcpy

from gradtape._types cimport real


def gather(const real[::1] image, real[::1] patches, const Py_ssize_t[::1] dims, const Py_ssize_t[::1] geometry, double outside):
    """patches (OUT) of the image (IN); `outside` is what lies beyond its borders. Neither is empty."""
    with nogil:
        walk(&image[0], <real*>NULL, &patches[0], <const real*>NULL, &dims[0], &geometry[0], <real>outside)


def scatter(const real[::1] patches, real[::1] image, const Py_ssize_t[::1] dims, const Py_ssize_t[::1] geometry):
    """Adds the patches (IN) to the image (IN, OUT) at the places they come from; what lies outside is dropped."""
    with nogil:
        walk(<const real*>NULL, &image[0], <real*>NULL, &patches[0], &dims[0], &geometry[0], <real>0)


cdef void walk(const real* source, real* image, real* patch, const real* cotangent, const Py_ssize_t* dims,
               const Py_ssize_t* g, real outside) noexcept nogil:
    """Gathers from `source` (IN) into `patch` (OUT) if `source` is given; else adds `cotangent` (IN) to `image` (OUT)."""
    cdef Py_ssize_t n, o0, o1, o2, k0, k1, k2, i0, i1, i2, c, at, i = 0
    cdef Py_ssize_t channels = dims[4]
    cdef bint inside
    for n in range(dims[0]):
        for o0 in range(g[3]):
            for o1 in range(g[4]):
                for o2 in range(g[5]):
                    for k0 in range(g[0]):
                        i0 = o0 * g[6] + k0 * g[9] - g[12]
                        for k1 in range(g[1]):
                            i1 = o1 * g[7] + k1 * g[10] - g[13]
                            inside = 0 <= i0 < dims[1] and 0 <= i1 < dims[2]
                            for k2 in range(g[2]):
                                i2 = o2 * g[8] + k2 * g[11] - g[14]
                                at = (((n * dims[1] + i0) * dims[2] + i1) * dims[3] + i2) * channels
                                if inside and 0 <= i2 < dims[3]:
                                    if source != NULL:
                                        memcpy(patch + i, source + at, channels * sizeof(real))
                                    else:
                                        for c in range(channels):
                                            image[at + c] += cotangent[i + c]
                                elif source != NULL:
                                    for c in range(channels):
                                        patch[i + c] = outside
                                i += channels
