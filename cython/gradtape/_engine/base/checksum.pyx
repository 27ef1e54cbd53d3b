"""CRC-32C, the checksum of TensorFlow's checkpoints, records and event files."""

from libc.stdint cimport uint8_t, uint32_t


cdef extern from "crc32c.h" nogil:
    void crc32c_prepare()
    uint32_t crc32c_extend(uint32_t crc, const uint8_t* data, size_t count)
    uint32_t crc32c_by_table(uint32_t crc, const uint8_t* data, size_t count)


crc32c_prepare()


def crc32c(const uint8_t[::1] data, uint32_t before=0) -> int:
    """The checksum of data (IN) appended to data whose checksum is `before`."""
    cdef size_t count = data.shape[0]
    with nogil:
        before = crc32c_extend(before, &data[0] if count else NULL, count)
    return before


def reference_crc32c(const uint8_t[::1] data) -> int:
    """`crc32c` computed only by tables, for tests."""
    return ~crc32c_by_table(0xFFFFFFFF, &data[0] if data.shape[0] else NULL, data.shape[0]) & 0xFFFFFFFF


def masked_crc32c(const uint8_t[::1] data) -> int:
    """The checksum as stored in files: masked, since checksums of data that contains its own checksum are problematic."""
    return mask(crc32c(data))


def mask(uint32_t crc) -> int:
    """Masks a checksum: rotates it and adds a constant."""
    cdef uint32_t moved = 0xA282EAD8U
    return <uint32_t>(((crc >> 15) | (crc << 17)) + moved)
