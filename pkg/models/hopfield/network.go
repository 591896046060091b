package hopfield

import (
	"math/bits"
	"math/rand/v2"
)

// maxPatterns keeps N·J_ij, which lies in [-p, p], within an int16.
const maxPatterns = 1<<15 - 1

// network is a set of stored patterns and the exact integers that follow from
// them. A state is a vector of n bits, 1 for spin +1, in words of 64; the bits
// above n are 0.
//
// What the relaxation asks of it are the fields of a whole state (fields), the
// couplings of one neuron (couplings), and what a state is worth (overlap,
// energy).
type network struct {
	n, p     int
	diagonal bool // J_ii = p/N, else 0

	words    int      // in a state: n/64 rounded up
	patterns []uint64 // p states

	// planes[w*n+i] are the components 64w..64w+63 of neuron i: the same bits as
	// patterns, the other way round.
	planes []uint64

	// rows is the matrix N·J. A row is made when first asked for: below capacity
	// few neurons ever flip, and their rows are all that is needed.
	rows  []int16
	known []bool

	// scratch of fields
	overlaps []int32 // N·m^μ, and zeros up to a multiple of 64
	tables   [8][256]int32
}

// newNetwork stores p random patterns of n neurons, drawn from r one after
// another in whole words: the first patterns do not depend on p.
func newNetwork(n, p int, diagonal bool, r *rand.Rand) *network {
	words := (n + 63) / 64
	patterns := make([]uint64, p*words)
	for i := range patterns {
		patterns[i] = r.Uint64()
		if i%words == words-1 {
			patterns[i] &= lastMask(n)
		}
	}
	return store(n, diagonal, patterns)
}

// lastMask has the bits of the last word of n bits.
func lastMask(n int) uint64 { return ^uint64(0) >> (-n & 63) }

// store makes the network of the given patterns, one state after another. It
// keeps the slice.
func store(n int, diagonal bool, patterns []uint64) *network {
	words := (n + 63) / 64
	p := len(patterns) / words
	if p < 1 || p > maxPatterns || p*words != len(patterns) {
		panic("hopfield: store: bad number of patterns")
	}
	net := &network{n: n, p: p, diagonal: diagonal, words: words, patterns: patterns}
	blocks := (p + 63) / 64
	net.planes = make([]uint64, blocks*n)
	for mu := range p {
		plane := net.planes[mu/64*n:][:n]
		pattern := net.pattern(mu)
		for i := range plane {
			plane[i] |= pattern[i/64] >> (i & 63) & 1 << (mu & 63)
		}
	}
	net.overlaps = make([]int32, blocks*64)
	return net
}

// pattern is pattern mu as a state; it must not be written to.
func (net *network) pattern(mu int) []uint64 {
	return net.patterns[mu*net.words:][:net.words]
}

// overlap is N·m^μ = Σ_i ξ_i^μ s_i.
func (net *network) overlap(mu int, state []uint64) int {
	differ := 0
	for k, w := range net.pattern(mu) {
		differ += bits.OnesCount64(w ^ state[k])
	}
	return net.n - 2*differ
}

// energy is 2N²·E/N = -Σ_{i≠j} N·J_ij s_i s_j = pN - Σ_μ (N·m^μ)².
func (net *network) energy(state []uint64) int64 {
	sum := int64(net.p) * int64(net.n)
	for mu := range net.p {
		m := int64(net.overlap(mu, state))
		sum -= m * m
	}
	return sum
}

// fields overwrites dst with the fields N·h_i = Σ_μ ξ_i^μ N·m^μ (without the
// term j = i if the diagonal is zero).
//
// The sum over eight patterns takes only 256 values, one for each byte of a
// plane, so they are tabulated first: p/8 look-ups a neuron.
func (net *network) fields(dst []int32, state []uint64) {
	for mu := range net.p {
		net.overlaps[mu] = int32(net.overlap(mu, state))
	}
	self := int32(0)
	if !net.diagonal {
		self = int32(net.p)
	}
	for i := range dst {
		dst[i] = self - 2*self*int32(state[i/64]>>(i&63)&1)
	}
	for first := 0; first < net.p; first += 64 {
		for b := range net.tables {
			tabulate(&net.tables[b], net.overlaps[first+8*b:])
		}
		plane := net.planes[first/64*net.n:][:len(dst)]
		t := &net.tables
		for i, x := range plane {
			dst[i] += t[0][byte(x)] + t[1][byte(x>>8)] + t[2][byte(x>>16)] + t[3][byte(x>>24)] +
				t[4][byte(x>>32)] + t[5][byte(x>>40)] + t[6][byte(x>>48)] + t[7][byte(x>>56)]
		}
	}
}

// tabulate sets table[v] = Σ_k ±m[k] for k < 8, with + where bit k of v is 1.
func tabulate(table *[256]int32, m []int32) {
	m = m[:8]
	table[0] = 0
	for _, x := range m {
		table[0] -= x
	}
	for k, x := range m {
		half := 1 << k
		for v := range half {
			table[(half+v)&255] = table[v&255] + 2*x
		}
	}
}

// couplings is row i of N·J; it must not be written to. From x_i, the p bits of
// neuron i, N·J_ij = p - 2·popcount(x_i XOR x_j).
func (net *network) couplings(i int) []int16 {
	n := net.n
	if net.rows == nil {
		net.rows = make([]int16, n*n)
		net.known = make([]bool, n)
	}
	row := net.rows[i*n:][:n]
	if net.known[i] {
		return row
	}
	net.known[i] = true
	for j := range row {
		row[j] = int16(net.p)
	}
	blocks := len(net.planes) / n
	b := 0
	for ; b+2 <= blocks; b += 2 {
		u, v := net.planes[b*n:][:n], net.planes[(b+1)*n:][:n]
		x, y := u[i], v[i]
		u, v = u[:len(row)], v[:len(row)]
		for j := range row {
			row[j] -= int16(2 * (bits.OnesCount64(u[j]^x) + bits.OnesCount64(v[j]^y)))
		}
	}
	for ; b < blocks; b++ {
		u := net.planes[b*n:][:n]
		x := u[i]
		u = u[:len(row)]
		for j := range row {
			row[j] -= int16(2 * bits.OnesCount64(u[j]^x))
		}
	}
	if !net.diagonal {
		row[i] = 0
	}
	return row
}
