package spins

import (
	"context"
	"math/rand/v2"
)

// MaxPatterns keeps a sum of p lanes of 16 bits within 32.
const MaxPatterns = 1<<16 - 1

// Patterns are p patterns of n components ±1, kept as a row of p bits for each
// neuron. They do not change and may be shared.
type Patterns struct {
	n, p  int
	words int // in a row
	rows  []uint64
}

// N is the number of neurons.
func (x *Patterns) N() int { return x.n }

// P is the number of patterns.
func (x *Patterns) P() int { return x.p }

// Row is the bits of neuron i: bit μ%64 of word μ/64 is 1 for ξ_i^μ = +1. It must
// not be written to.
func (x *Patterns) Row(i int) []uint64 { return x.rows[i*x.words:][:x.words] }

// Pattern overwrites dst with pattern mu, a state.
func (x *Patterns) Pattern(dst []uint64, mu int) {
	w, shift := mu/64, mu%64
	for k := range dst {
		word := uint64(0)
		for i := range min(64, x.n-64*k) {
			word |= x.rows[(64*k+i)*x.words+w] >> shift & 1 << i
		}
		dst[k] = word
	}
}

// Draw draws p patterns of n neurons from r, one after another in whole words: the
// first patterns do not depend on p. It heeds ctx, whose error is the only one.
func Draw(ctx context.Context, n, p int, r *rand.Rand) (*Patterns, error) {
	last := Words(n) - 1
	return turn(ctx, n, p, func(dst []uint64) {
		for k := range dst {
			dst[k] = r.Uint64()
		}
		dst[last] &= LastMask(n)
	})
}

// Store makes the patterns out of states.
func Store(n int, states ...[]uint64) *Patterns {
	next := 0
	x, _ := turn(context.Background(), n, len(states), func(dst []uint64) {
		copy(dst, states[next])
		next++
	})
	return x
}

// turn asks for one pattern after another and writes them as rows: 512 patterns at
// a time, which are a cache line of each row.
func turn(ctx context.Context, n, p int, next func(dst []uint64)) (*Patterns, error) {
	if n < 1 || p < 1 || p > MaxPatterns {
		panic("spins: no neurons, or a bad number of patterns")
	}
	const line = 8
	x := &Patterns{n: n, p: p, words: Words(p)}
	x.rows = make([]uint64, n*x.words)
	across := Words(n)
	buffer := make([]uint64, min(p, 64*line)*across)
	var tiles [line][line][64]uint64 // squares of 64 patterns and 64 neurons
	for first := 0; first < x.words; first += line {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		count := min(64*line, p-64*first)
		for k := range count {
			next(buffer[k*across:][:across])
		}
		blocks := Words(count)
		for left := 0; left < across; left += line {
			columns := min(line, across-left)
			for mu := range 64 * blocks {
				for k := range columns {
					word := uint64(0)
					if mu < count {
						word = buffer[mu*across+left+k]
					}
					tiles[k][mu/64][mu&63] = word
				}
			}
			for k := range columns {
				for b := range blocks {
					transpose(&tiles[k][b])
				}
				neuron := 64 * (left + k)
				for i := range min(64, n-neuron) {
					row := x.rows[(neuron+i)*x.words+first:][:blocks]
					for b := range row {
						row[b] = tiles[k][b][i]
					}
				}
			}
		}
	}
	return x, nil
}

// transpose turns a square of 64 by 64 bits over: bit j of word i becomes bit i of
// word j. Halves of it change places, then their halves, down to single bits.
func transpose(a *[64]uint64) {
	mask := uint64(1<<32 - 1)
	for width := 32; width > 0; width >>= 1 {
		for first := 0; first < 64; first += 2 * width {
			for k := first; k < first+width; k++ {
				t := (a[k&63]>>(width&63) ^ a[(k+width)&63]) & mask
				a[k&63] ^= t << (width & 63)
				a[(k+width)&63] ^= t
			}
		}
		mask ^= mask << (width / 2)
	}
}
