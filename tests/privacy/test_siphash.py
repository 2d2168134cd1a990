"""The vectorised hash is SipHash-2-4: the reference's own test vector, and independence of the batch."""

from __future__ import annotations

import numpy as np

from ektp_analysis import siphash


def test_reference_vector():
    key = bytes(range(16))
    number = np.frombuffer(bytes(range(8)), dtype="<u8")
    assert siphash.siphash(key, number).tobytes() == bytes.fromhex("6224939a79f5f593")


def test_any_batch_gives_the_same(monkeypatch):
    numbers = np.arange(1_000, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    whole = siphash.siphash(b"k" * 16, numbers)
    monkeypatch.setattr(siphash, "AT_ONCE", 7)
    assert (siphash.siphash(b"k" * 16, numbers) == whole).all()
    assert len(np.unique(whole)) == len(whole)
    assert (siphash.siphash(b"l" * 16, numbers) != whole).all()
