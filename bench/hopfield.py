"""The relaxation of bench/hopfield.c with a dense float32 matrix in NumPy.

The couplings N J are one matrix product; the fields are kept, and a flip adds a row
of the matrix to them. All are integers below 2^24, so float32 holds them exactly and
the fixed point is the same.

Usage: hopfield.py NEURONS PATTERNS. Prints numpy, the sweeps, a checksum of the fixed
point, and the CPU times in seconds of the relaxation and of the couplings; drawing is
not counted. Set OPENBLAS_NUM_THREADS=1 for one core.
"""

import sys
import time

import numpy

N, P = int(sys.argv[1]), int(sys.argv[2])
MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15


def splitmix(seed, first, count):
    """Numbers first to first + count - 1 of SplitMix64."""
    z = numpy.uint64(seed) + numpy.arange(first + 1, first + count + 1, dtype=numpy.uint64) * numpy.uint64(GOLDEN)
    z = (z ^ z >> numpy.uint64(30)) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> numpy.uint64(27)) * numpy.uint64(0x94D049BB133111EB)
    return z ^ z >> numpy.uint64(31)


class Source:
    """The same numbers one by one."""

    def __init__(self, seed):
        self.seed, self.drawn, self.block = seed, 0, []

    def next(self):
        if not self.block:
            self.block = splitmix(self.seed, self.drawn, 10_000).tolist()[::-1]
            self.drawn += 10_000
        return self.block.pop()

    def below(self, n):
        if n & (n - 1) == 0:
            return self.next() & (n - 1)
        product = self.next() * n
        while product & MASK < 2**64 % n:
            product = self.next() * n
        return product >> 64


across = (N + 63) // 64
words = splitmix(1, 0, P * across).reshape(P, across)
bits = numpy.unpackbits(words.view(numpy.uint8), axis=1, bitorder="little")[:, :N]
patterns = bits.astype(numpy.float32) * 2 - 1

begin = time.process_time()
couplings = patterns.T @ patterns
numpy.fill_diagonal(couplings, 0)
weights = time.process_time() - begin

source = Source(2)
order = list(range(N))
shuffling = 0.0
begin = time.process_time()
spins = patterns[0].copy()
field = couplings @ spins
sweeps = 0
while (spins * field < 0).any():
    pause = time.process_time()
    for i in range(N):
        j = i + source.below(N - i)
        order[i], order[j] = order[j], order[i]
    shuffling += time.process_time() - pause
    for i in order:
        if spins[i] * field[i] < 0:
            spins[i] = -spins[i]
            field += 2 * spins[i] * couplings[i]
    sweeps += 1
relaxation = time.process_time() - begin - shuffling

packed = numpy.zeros(64 * across, dtype=numpy.uint8)
packed[:N] = spins > 0
checksum = 0
for word in numpy.packbits(packed, bitorder="little").view(numpy.uint64).tolist():
    checksum = ((checksum ^ word) * GOLDEN) & MASK
print(f"numpy {sweeps} {checksum:016x} {relaxation:.6f} {weights:.6f}")
