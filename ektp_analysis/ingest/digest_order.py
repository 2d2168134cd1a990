"""Digests by the million in order.

The sort of a library looks at each number some twenty-five times. Digests are spread evenly, so that
counting by their highest bits puts nearly all of them into their places at once.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

FEW = 1 << 20
"""Digests up to which it is not worth it."""
_BUCKETS = 256
"""By the highest eight bits: a bucket of tens of millions stays in the processor's cache."""


def in_order(parts: Iterable[np.ndarray]) -> np.ndarray:
    """All digests (uint64) of some parts, ascending.

    Any numbers come out in order; evenly spread ones soon.
    """
    buckets: list[list[np.ndarray]] = [[] for _ in range(_BUCKETS)]
    size = 0
    for part in parts:
        size += len(part)
        first = (part >> np.uint64(56)).astype(np.uint8)
        ends = np.cumsum(np.bincount(first, minlength=_BUCKETS))
        # a stable sort of small numbers is one of counting
        ordered = part[np.argsort(first, kind="stable")]
        for bucket, end, start in zip(buckets, ends, (0, *ends[:-1]), strict=True):
            bucket.append(ordered[start:end])
    out = np.empty(size, dtype=np.uint64)
    filled = 0
    for bucket in buckets:
        digests = np.concatenate(bucket) if bucket else np.empty(0, dtype=np.uint64)
        bucket.clear()
        if len(digests) > FEW // _BUCKETS:
            for shift in (24, 40):
                bits = (digests >> np.uint64(shift)).astype(np.uint16)
                digests = digests[np.argsort(bits, kind="stable")]
        # those that have the same forty bits, if there are any
        digests.sort(kind="stable")
        out[filled : filled + len(digests)] = digests
        filled += len(digests)
    return out
