package spinglass

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"
)

// network is the couplings of n units: what unit j sends to unit i stands at
// from[j*n+i].
type network struct {
	n    int
	from []float64
}

// newNetwork draws two Gaussians for each pair, whatever the symmetry.
func newNetwork(n int, symmetry float64, r *rand.Rand) *network {
	net := &network{n: n, from: make([]float64, n*n)}
	even, odd := math.Sqrt((1+symmetry)/2/float64(n)), math.Sqrt((1-symmetry)/2/float64(n))
	for i := range n {
		for j := range i {
			a, b := float64(even*r.NormFloat64()), float64(odd*r.NormFloat64())
			net.from[j*n+i] = a + b
			net.from[i*n+j] = a - b
		}
	}
	return net
}

// census is what a visit to every state gave.
type census struct {
	fixed  int
	ground float64  // least energy per unit
	next   []uint32 // of each state: bit i is 1 for s_i = 1
}

// statesPerStart is how many states are visited before the fields are computed
// afresh, so that rounding errors do not add up, and between two looks at the
// context.
const statesPerStart = 1 << 12

// census visits every state, one flip from state to state in the order of the
// Gray code. The last unit is always -1: the opposite of a state has the opposite
// successor.
func (net *network) census(ctx context.Context) (census, error) {
	n := net.n
	all := uint32(1)<<n - 1
	c := census{ground: math.Inf(1), next: make([]uint32, 1<<n)}
	field, spin := make([]float64, n), make([]float64, n)
	for k := range uint32(1) << (n - 1) {
		state := k ^ k>>1
		if k%statesPerStart == 0 {
			if err := ctx.Err(); err != nil {
				return census{}, err
			}
			clear(field)
			for j := range spin {
				spin[j] = float64(int(state>>j&1)*2 - 1)
				for i, w := range net.from[j*n:][:n] {
					field[i] += float64(spin[j] * w)
				}
			}
		} else {
			j := bits.TrailingZeros32(k)
			spin[j] = -spin[j]
			twice := 2 * spin[j]
			for i, w := range net.from[j*n:][:n] {
				field[i] += float64(twice * w)
			}
		}
		next, energy := uint32(0), 0.0
		for i, h := range field {
			next |= uint32(1-math.Float64bits(h)>>63) << i // 1 for h > 0
			energy -= float64(spin[i] * h)
		}
		if next == state {
			c.fixed += 2
		}
		c.ground = min(c.ground, energy)
		c.next[state], c.next[state^all] = next, next^all
	}
	c.ground /= float64(2 * n)
	return c, nil
}

// paths is how the states of a map of finitely many states go.
type paths struct {
	cycles, longestCycle, longestTransient int
	meanCycle, meanTransient               float64
}

// orbits follows every state of the map next to its cycle.
func orbits(ctx context.Context, next []uint32) (paths, error) {
	var o paths
	const unknown, onPath = -1, -2
	transient := make([]int32, len(next)) // steps to the cycle
	length := make([]int32, len(next))    // of the cycle; while on the path, the place on it
	for i := range transient {
		transient[i] = unknown
	}
	var path []uint32
	var cycleSum, transientSum int64
	for start := range uint32(len(next)) {
		if start%statesPerStart == 0 {
			if err := ctx.Err(); err != nil {
				return o, err
			}
		}
		path = path[:0]
		s := start
		for ; transient[s] == unknown; s = next[s] {
			transient[s], length[s] = onPath, int32(len(path))
			path = append(path, s)
		}
		rest := len(path) // of the path, that is not on the cycle
		if transient[s] == onPath {
			rest = int(length[s])
			o.cycles++
			period := int32(len(path) - rest)
			o.longestCycle = max(o.longestCycle, int(period))
			for _, x := range path[rest:] {
				transient[x], length[x] = 0, period
			}
			cycleSum += int64(period) * int64(period)
		}
		for k := rest - 1; k >= 0; k-- {
			x := path[k]
			transient[x], length[x] = transient[next[x]]+1, length[next[x]]
			o.longestTransient = max(o.longestTransient, int(transient[x]))
			transientSum += int64(transient[x])
			cycleSum += int64(length[x])
		}
	}
	o.meanCycle = float64(cycleSum) / float64(len(next))
	o.meanTransient = float64(transientSum) / float64(len(next))
	return o, nil
}
