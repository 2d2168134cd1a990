"""SipHash-2-4 of millions of whole numbers at once.

A keyed hash made for short inputs: Aumasson and Bernstein, *SipHash: a fast short-input PRF*, 2012.
"""

from __future__ import annotations

import numpy as np

AT_ONCE = 1 << 14
"""Numbers whose state stays in the processor's cache."""


def siphash(key: bytes, numbers: np.ndarray) -> np.ndarray:
    """The hash (uint64) of each number's eight bytes, lowest first.

    Parameters
    ----------
    key
        16 bytes.
    numbers
        uint64.
    """
    first, second = np.frombuffer(key, dtype="<u8")
    out = np.empty(len(numbers), dtype=np.uint64)
    for start in range(0, len(numbers), AT_ONCE):
        part = numbers[start : start + AT_ONCE]
        state = [
            np.full(len(part), word ^ np.uint64(constant), dtype=np.uint64)
            for word, constant in (
                (first, 0x736F6D6570736575),
                (second, 0x646F72616E646F6D),
                (first, 0x6C7967656E657261),
                (second, 0x7465646279746573),
            )
        ]
        # the message is the number, then its length in the highest byte of the last word
        for word in (part, np.uint64(8 << 56)):
            state[3] ^= word
            _rounds(state, 2)
            state[0] ^= word
        state[2] ^= np.uint64(0xFF)
        _rounds(state, 4)
        out[start : start + AT_ONCE] = state[0] ^ state[1] ^ state[2] ^ state[3]
    return out


def _rounds(state: list[np.ndarray], count: int) -> None:
    a, b, c, d = state
    spare = np.empty_like(a)
    for _ in range(count):
        a += b
        _rotate(b, 13, spare)
        b ^= a
        _rotate(a, 32, spare)
        c += d
        _rotate(d, 16, spare)
        d ^= c
        a += d
        _rotate(d, 21, spare)
        d ^= a
        c += b
        _rotate(b, 17, spare)
        b ^= c
        _rotate(c, 32, spare)


def _rotate(words: np.ndarray, bits: int, high: np.ndarray) -> None:
    np.right_shift(words, np.uint64(64 - bits), out=high)
    words <<= np.uint64(bits)
    words |= high
