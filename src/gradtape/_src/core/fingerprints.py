"""64-bit fingerprints of bytes: FarmHash's Fingerprint64, by which TensorFlow hashes strings to buckets.

Geoff Pike, https://github.com/google/farmhash. Numbers are taken modulo 2⁶⁴ throughout.
"""

from __future__ import annotations

_A, _B, _C = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_ALL = 2**64 - 1


def _turned(value: int, places: int) -> int:
    value &= _ALL
    return (value >> places | value << (64 - places)) & _ALL


def _mixed(value: int) -> int:
    value &= _ALL
    return value ^ value >> 47


def _pair(first: int, second: int, factor: int) -> int:
    inner = _mixed((first ^ second) * factor)
    return _mixed((second ^ inner) * factor) * factor & _ALL


def fingerprint64(data: bytes) -> int:
    """The fingerprint of bytes, from 0 to 2⁶⁴ - 1.

    Args:
      data: bytes of any number.
    """
    size = len(data)
    factor = _C + 2 * size

    def word(at: int, width: int = 8) -> int:
        """The integer at an offset, counted from the end if negative."""
        at += size if at < 0 else 0
        return int.from_bytes(data[at : at + width], "little")

    if size == 0:
        return _C
    if size < 4:
        low, high = data[0] + (data[size // 2] << 8), size + (data[-1] << 2)
        return _mixed(low * _C ^ high * _A) * _C & _ALL
    if size < 8:
        return _pair(size + (word(0, 4) << 3), word(-4, 4), factor)
    if size <= 16:
        a, b = word(0) + _C, word(-8)
        return _pair(_turned(b, 37) * factor + a & _ALL, (_turned(a, 25) + b) * factor & _ALL, factor)
    if size > 64:
        return _long(data)
    a, b, c, d = word(0) * (_B if size <= 32 else _C), word(8), word(-8) * factor, word(-16) * _C
    first = _turned(a + b, 43) + _turned(c, 30) + d & _ALL
    second = a + _turned(b + _C, 18) + c & _ALL
    if size <= 32:
        return _pair(first, second, factor)
    second = _pair(first, second, factor)
    e, f, g, h = word(16) * factor, word(24), (first + word(-32)) * factor, (second + word(-24)) * factor
    return _pair(_turned(e + f, 43) + _turned(g, 30) + h & _ALL, e + _turned(f + a, 18) + g & _ALL, factor)


def _long(data: bytes) -> int:
    """The fingerprint of more than 64 bytes, 64 at a time; the last 64 overlap those before."""
    rest = (len(data) - 1) % 64

    def word(at: int) -> int:
        return int.from_bytes(data[at : at + 8], "little")

    def weak(at: int, a: int, b: int) -> tuple[int, int]:
        a += word(at)
        b = _turned(b + a + word(at + 24), 21)
        total = a + word(at + 8) + word(at + 16)
        return total + word(at + 24) & _ALL, b + _turned(total, 44) + a & _ALL

    x, y = 81, 81 * _B + 113 & _ALL
    z = _mixed(y * _C + 113) * _C & _ALL
    v, w = (0, 0), (0, 0)
    x = x * _C + word(0)

    def turn(at: int, factor: int, last: bool) -> None:
        nonlocal v, w, x, y, z
        often = 9 if last else 1
        x = _turned(x + y + v[0] + word(at + 8), 37) * factor & _ALL
        y = _turned(y + v[1] + word(at + 48), 42) * factor & _ALL
        x ^= w[1] * often & _ALL
        y = y + v[0] * often + word(at + 40) & _ALL
        z = _turned(z + w[0], 33) * factor & _ALL
        v = weak(at, v[1] * factor, x + w[0])
        w = weak(at + 32, z + w[1], y + word(at + 16))
        z, x = x, z

    for at in range(0, len(data) - 1 - rest, 64):
        turn(at, _B, False)
    factor = _B + ((z & 0xFF) << 1)
    w = (w[0] + rest, w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    turn(len(data) - 64, factor, True)
    return _pair(_pair(v[0], w[0], factor) + _mixed(y) * _A + z & _ALL, _pair(v[1], w[1], factor) + x & _ALL, factor)
