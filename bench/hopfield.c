/* A Hopfield network relaxed from its first pattern, in C with AVX-512: the same
   patterns, the same orders of updates and the same integers as the benchmark
   Reference of pkg/models/hopfield, for bench/hopfield.sh. Arguments: neurons,
   patterns, runs. Prints C, the sweeps, a checksum of the fixed point, and the least
   CPU time of the runs in seconds, without the drawing of patterns. */
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct { uint64_t x; } source;

static uint64_t next(source *s) { /* SplitMix64 */
	uint64_t z = s->x += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t below(source *s, uint64_t n) { /* uniform, as math/rand/v2 draws it */
	if ((n & (n - 1)) == 0)
		return next(s) & (n - 1);
	unsigned __int128 product = (unsigned __int128)next(s) * n;
	if ((uint64_t)product < n)
		while ((uint64_t)product < -n % n)
			product = (unsigned __int128)next(s) * n;
	return product >> 64;
}

static int n, p, words, across;
static uint64_t *rows, *start, *spins;
static int16_t *m;      /* overlaps, 64 for each word of a row */
static int64_t total;   /* of all overlaps */
static int64_t apart;   /* what m[0] leaves out: the pattern that is retrieved */
static uint32_t flips, *seen;
static int32_t *order;

static void draw(void) {
	source s = {1};
	uint64_t *patterns = calloc((size_t)64 * across, 8);
	for (int w = 0; w < words; w++) {
		memset(patterns, 0, (size_t)64 * across * 8);
		for (int k = 0; k < 64 * across && 64 * w + k / across < p; k++) {
			patterns[k] = next(&s);
			if (k % across == across - 1)
				patterns[k] &= ~0ULL >> (-n & 63);
		}
		if (w == 0)
			memcpy(start, patterns, 8 * across);
		for (int i = 0; i < n; i++) {
			uint64_t row = 0;
			for (int mu = 0; mu < 64; mu++)
				row |= (patterns[(size_t)mu * across + i / 64] >> (i & 63) & 1) << mu;
			rows[(size_t)i * words + w] = row;
		}
	}
	free(patterns);
}

/* Counts agreeing spins, 512 patterns at a time. The counts are exact modulo 2^16,
   and so are the overlaps, all of which but the first fit. */
static void set(void) {
	__m512i one = _mm512_set1_epi16(1), size = _mm512_set1_epi16((int16_t)n);
	memcpy(spins, start, 8 * across);
	for (int first = 0; first < 2 * words; first += 16) {
		int count = 2 * words - first < 16 ? 2 * words - first : 16;
		__m512i a[16];
		for (int v = 0; v < 16; v++)
			a[v] = _mm512_setzero_si512();
		if (count == 16)
			for (int i = 0; i < n; i++) {
				const uint32_t *r = (const uint32_t *)(rows + (size_t)i * words) + first;
				uint32_t against = (uint32_t)(spins[i / 64] >> (i & 63) & 1) - 1;
				for (int v = 0; v < 16; v++)
					a[v] = _mm512_mask_add_epi16(a[v], r[v] ^ against, a[v], one);
			}
		else
			for (int v = 0; v < count; v++)
				for (int i = 0; i < n; i++) {
					const uint32_t *r = (const uint32_t *)(rows + (size_t)i * words) + first;
					uint32_t against = (uint32_t)(spins[i / 64] >> (i & 63) & 1) - 1;
					a[v] = _mm512_mask_add_epi16(a[v], r[v] ^ against, a[v], one);
				}
		for (int v = 0; v < count; v++)
			_mm512_store_si512(m + 32 * (first + v), _mm512_sub_epi16(_mm512_add_epi16(a[v], a[v]), size));
	}
	m[0] = 0;
	apart = n;
	total = apart;
	for (int mu = 1; mu < p; mu++)
		total += m[mu];
	flips++;
}

static inline int stable(int i, int ahead) {
	const uint32_t *r = (const uint32_t *)(rows + (size_t)i * words);
	const char *soon = (const char *)(rows + (size_t)ahead * words);
	__m512i sum = _mm512_setzero_si512(), one = _mm512_set1_epi16(1);
	for (int k = 0; k < 2 * words;) {
		__m512i a = _mm512_setzero_si512(), b = a;
		_mm_prefetch(soon + 4 * k, _MM_HINT_T0);
		int end = k + 16 < 2 * words ? k + 16 : 2 * words;
		for (; k < end; k += 2) {
			a = _mm512_mask_add_epi16(a, r[k], a, _mm512_load_si512(m + 32 * k));
			b = _mm512_mask_add_epi16(b, r[k + 1], b, _mm512_load_si512(m + 32 * k + 32));
		}
		sum = _mm512_add_epi32(sum, _mm512_madd_epi16(a, one));
		sum = _mm512_add_epi32(sum, _mm512_madd_epi16(b, one));
	}
	_mm_prefetch(soon + 8 * words - 1, _MM_HINT_T0);
	int64_t h = 2 * (_mm512_reduce_add_epi32(sum) + (r[0] & 1 ? apart : 0)) - total;
	return (spins[i / 64] >> (i & 63) & 1 ? h : -h) >= p;
}

static void flip(int i) {
	const uint32_t *r = (const uint32_t *)(rows + (size_t)i * words);
	spins[i / 64] ^= 1ULL << (i & 63);
	int16_t d = spins[i / 64] >> (i & 63) & 1 ? 2 : -2;
	__m512i step = _mm512_set1_epi16(d), twice = _mm512_set1_epi16(2 * d);
	int ones = 0;
	for (int k = 0; k < 2 * words; k++) {
		__m512i x = _mm512_sub_epi16(_mm512_load_si512(m + 32 * k), step);
		_mm512_store_si512(m + 32 * k, _mm512_mask_add_epi16(x, r[k], x, twice));
		ones += __builtin_popcount(r[k]);
	}
	total += (int64_t)d * (2 * ones - p);
	flips++;
}

/* The first position from at on of an unstable spin; what was seen to be stable
   since the last flip is not looked at again. */
static int unstable(int at) {
	for (; at < n; at++) {
		int i = order[at];
		if (seen[i] == flips)
			continue;
		if (!stable(i, order[at + 4 < n ? at + 4 : n - 1]))
			return at;
		seen[i] = flips;
	}
	return n;
}

int main(int argc, char **argv) {
	n = atoi(argv[1]), p = atoi(argv[2]);
	int runs = atoi(argv[3]), sweeps = 0;
	words = (p + 63) / 64, across = (n + 63) / 64;
	rows = calloc((size_t)n * words + 8, 8);
	start = calloc(across, 8), spins = calloc(across, 8);
	m = aligned_alloc(64, 128 * words);
	order = malloc(4 * n), seen = calloc(n, 4);
	draw();
	double best = 1e9;
	for (int run = 0; run < runs; run++) {
		for (int i = 0; i < n; i++)
			order[i] = i;
		source s = {2};
		struct timespec a, b;
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
		set();
		for (sweeps = 0; unstable(0) < n; sweeps++) {
			for (int i = 0; i < n; i++) {
				int j = i + below(&s, n - i);
				int32_t t = order[i];
				order[i] = order[j], order[j] = t;
			}
			for (int at = 0; (at = unstable(at)) < n; at++)
				flip(order[at]);
		}
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
		double t = (b.tv_sec - a.tv_sec) + 1e-9 * (b.tv_nsec - a.tv_nsec);
		if (t < best)
			best = t;
	}
	uint64_t sum = 0;
	for (int k = 0; k < across; k++)
		sum = (sum ^ spins[k]) * 0x9e3779b97f4a7c15;
	printf("C %d %016llx %.6f 0\n", sweeps, (unsigned long long)sum, best);
}
