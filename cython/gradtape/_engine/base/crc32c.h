/* CRC-32C (Castagnoli), reflected polynomial 0x82f63b78, as in checkpoint and record files. */
#ifndef GRADTAPE_CRC32C_H
#define GRADTAPE_CRC32C_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "compiler.h"

/* tables[k][b]: the checksum of the byte b followed by k zero bytes, so that eight bytes are eight independent look-ups
 * (Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC Generation", 2008). */
static uint32_t crc32c_tables[8][256];
/* moves[k][b]: the checksum whose byte k is b and whose other bytes are 0, after CRC32C_RUN zero bytes. Checksums are linear in
 * their initial value, so the entries of four bytes are combined by xor. */
#define CRC32C_RUN 2048
static uint32_t crc32c_moves[4][256];

static uint32_t crc32c_by_table(uint32_t crc, const uint8_t *data, size_t count) {
    for (; count >= 8; count -= 8, data += 8) {
        uint32_t low = crc ^ ((uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24);
        crc = crc32c_tables[7][low & 255] ^ crc32c_tables[6][(low >> 8) & 255] ^ crc32c_tables[5][(low >> 16) & 255]
            ^ crc32c_tables[4][low >> 24] ^ crc32c_tables[3][data[4]] ^ crc32c_tables[2][data[5]]
            ^ crc32c_tables[1][data[6]] ^ crc32c_tables[0][data[7]];
    }
    while (count--)
        crc = (crc >> 8) ^ crc32c_tables[0][(crc ^ *data++) & 255];
    return crc;
}

static void crc32c_prepare(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1)));
        crc32c_tables[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = crc32c_tables[k - 1][byte];
            crc32c_tables[k][byte] = (before >> 8) ^ crc32c_tables[0][before & 255];
        }
    for (int bit = 0; bit < 32; bit++) {
        uint32_t crc = 1u << bit;
        for (size_t left = CRC32C_RUN / 8; left; left--)
            crc = crc32c_by_table(crc, (const uint8_t *)"\0\0\0\0\0\0\0\0", 8);
        for (int byte = 0; byte < 256; byte++)
            if (byte >> bit % 8 & 1)
                crc32c_moves[bit / 8][byte] ^= crc;
    }
}

#if defined(CRC32C_INSTRUCTION)
/* The checksum after CRC32C_RUN zero bytes. */
static uint32_t crc32c_moved(uint32_t crc) {
    return crc32c_moves[0][crc & 255] ^ crc32c_moves[1][(crc >> 8) & 255] ^ crc32c_moves[2][(crc >> 16) & 255]
         ^ crc32c_moves[3][crc >> 24];
}

/* The instruction has a latency of three cycles and a throughput of one, so three runs are processed in parallel. */
CRC32C_TARGET static uint32_t crc32c_by_instruction(uint32_t crc, const uint8_t *data, size_t count) {
    uint64_t first = crc, second, third, word;
    for (; count >= 3 * CRC32C_RUN; count -= 3 * CRC32C_RUN, data += 2 * CRC32C_RUN) {
        second = third = 0;
        for (size_t left = CRC32C_RUN / 8; left; left--, data += 8) {
            memcpy(&word, data, 8);
            first = CRC32C_INSTRUCTION(first, word);
            memcpy(&word, data + CRC32C_RUN, 8);
            second = CRC32C_INSTRUCTION(second, word);
            memcpy(&word, data + 2 * CRC32C_RUN, 8);
            third = CRC32C_INSTRUCTION(third, word);
        }
        first = crc32c_moved((uint32_t)(crc32c_moved((uint32_t)first) ^ second)) ^ third;
    }
    for (; count >= 8; count -= 8, data += 8) {
        memcpy(&word, data, 8);
        first = CRC32C_INSTRUCTION(first, word);
    }
    return crc32c_by_table((uint32_t)first, data, count);
}
#endif

/* Continues a checksum with `count` bytes at data [IN]. */
static uint32_t crc32c_extend(uint32_t crc, const uint8_t *data, size_t count) {
    crc = ~crc;
#if defined(CRC32C_INSTRUCTION)
    if (CRC32C_PRESENT())
        return ~crc32c_by_instruction(crc, data, count);
#endif
    return ~crc32c_by_table(crc, data, count);
}

#endif
