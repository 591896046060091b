package bms

import (
	"context"
	"fmt"
	"math"

	"github.com/neurosweep/sweep/internal/patience"
)

// lanes is the number of potentials that [Network.Step] keeps in registers at
// a time: eight float64 are one cache line.
const lanes = 8

// Network is a network and its state V(t). Its dynamics,
//
//	V_i(t+1) = gamma V_i(t) (1 - Z_i(t)) + sum_j W_ij Z_j(t) + I
//	Z_i(t)   = 1 if V_i(t) >= theta, else 0
//
// uses no randomness. A Network is not safe for use by several goroutines.
type Network struct {
	n                     int
	gamma, theta, current float64

	// w holds W in blocks of eight receiving neurons, within a block by sending
	// neuron: W_ij is w[(i/8)*n+j][i%8]. So the weights that a spike of j gives
	// to a block are one cache line, and a step reads the lines of the neurons
	// that fired only. Rows beyond n are zero.
	w [][lanes]float64

	v     []float64 // the potentials, padded with zeros to whole blocks
	fired []int     // the neurons that fire, ascending; of capacity n
	row   []uint64  // the same as bits: neuron i is bit i%64 of word i/64

	// What Step notes about the distances |V_i-theta|, at no cost but one
	// comparison: the smallest since it was last reset, and how many lie below
	// band.
	closest float64
	band    float64
	within  int64

	see func() // is called after each step of a walk, if it is not nil
}

// NewNetwork returns a network of n neurons at rest (V = 0) with leak gamma,
// threshold theta, current I on every neuron, and the weights W_ij from
// neuron j to neuron i. It asks for the weights in a fixed order: for each j
// from 0, all i from 0. It heeds ctx, whose error is the only one.
func NewNetwork(ctx context.Context, n int, gamma, theta, current float64, weight func(i, j int) float64) (*Network, error) {
	if n < 1 || !(gamma >= 0 && gamma < 1) {
		panic(fmt.Sprintf("bms: a network of %d neurons with leak %v", n, gamma))
	}
	blocks := (n + lanes - 1) / lanes
	net := &Network{
		n: n, gamma: gamma, theta: theta, current: current,
		w:     make([][lanes]float64, blocks*n),
		v:     make([]float64, blocks*lanes),
		fired: make([]int, 0, n),
		row:   make([]uint64, (n+63)/64),
		band:  theta * bandwidth,
	}
	work := patience.New(ctx)
	for j := range n {
		if err := work.Spend(patience.Func * n); err != nil {
			return nil, err
		}
		for i := range n {
			net.w[(i/lanes)*n+j][i%lanes] = weight(i, j)
		}
	}
	net.SetState(make([]float64, n))
	return net, nil
}

// Weight is W_ij, from neuron j to neuron i.
func (net *Network) Weight(i, j int) float64 {
	return net.w[(i/lanes)*net.n+j][i%lanes]
}

// State is V(t): n potentials, valid until the next step, to be read only.
func (net *Network) State() []float64 { return net.v[:net.n] }

// Fired lists the neurons i with Z_i(t) = 1, ascending, valid until the next
// step.
func (net *Network) Fired() []int { return net.fired }

// SetState puts the network at V, of length n, which is copied.
func (net *Network) SetState(v []float64) {
	if len(v) != net.n {
		panic(fmt.Sprintf("bms: %d potentials for %d neurons", len(v), net.n))
	}
	copy(net.v, v)
	net.closest, net.within = math.Inf(1), 0
	net.threshold()
}

// Step replaces V(t) by V(t+1). The terms of every potential are added in one
// order, the leaked potential and the current first and then the weights of
// the neurons that fired, ascending: its bits depend on nothing else.
func (net *Network) Step() {
	v, w, n := net.v, net.w, net.n
	gamma, current, fired := net.gamma, net.current, net.fired
	for _, j := range fired {
		v[j] = 0 // reset; a branch on Z in the loop below would be mispredicted
	}
	for len(v) >= lanes {
		x := (*[lanes]float64)(v)
		// The conversions keep the product from being fused with the sum.
		x0 := float64(gamma*x[0]) + current
		x1 := float64(gamma*x[1]) + current
		x2 := float64(gamma*x[2]) + current
		x3 := float64(gamma*x[3]) + current
		x4 := float64(gamma*x[4]) + current
		x5 := float64(gamma*x[5]) + current
		x6 := float64(gamma*x[6]) + current
		x7 := float64(gamma*x[7]) + current
		lines := w[:n]
		for _, j := range fired {
			c := &lines[j]
			x0 += c[0]
			x1 += c[1]
			x2 += c[2]
			x3 += c[3]
			x4 += c[4]
			x5 += c[5]
			x6 += c[6]
			x7 += c[7]
		}
		x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7] = x0, x1, x2, x3, x4, x5, x6, x7
		v, w = v[lanes:], w[n:]
	}
	net.threshold()
}

// threshold finds who fires at the present potentials and notes how close to
// the threshold they are.
func (net *Network) threshold() {
	theta, closest, within := net.theta, net.closest, net.within
	// One comparison serves both notes.
	reach := max(net.band, closest)
	fired, k := net.fired[:net.n], 0
	for word := range net.row {
		var bits uint64
		for b, x := range net.v[word*64 : min(word*64+64, net.n)] {
			// No branch on Z, which would be mispredicted every third time.
			var z uint8
			if x >= theta {
				z = 1
			}
			fired[k] = word*64 + b
			k += int(z)
			bits |= uint64(z) << (b & 63)
			if m := math.Abs(x - theta); m < reach {
				if m < net.band {
					within++
				}
				if m < closest {
					closest = m
					reach = max(net.band, m)
				}
			}
		}
		net.row[word] = bits
	}
	net.fired = fired[:k]
	net.closest, net.within = closest, within
}

// Margin is the smallest |V_i(t)-theta|.
func (net *Network) Margin() float64 {
	m := math.Inf(1)
	for _, x := range net.v[:net.n] {
		m = min(m, math.Abs(x-net.theta))
	}
	return m
}

// Dead reports whether no neuron fires at t or ever after: none fires now, and
// the potential I/(1-gamma) that a silent network relaxes to lies below the
// threshold. As the potentials are then convex combinations of two numbers
// below theta, this is exact.
func (net *Network) Dead() bool {
	return len(net.fired) == 0 && net.mortal()
}

func (net *Network) mortal() bool { return net.current/(1-net.gamma) < net.theta }

// Bounds are V_min and V_max: once inside, V stays in the box [V_min, V_max]^n.
// With W+_i and W-_i the sums of the positive and of the negative weights onto
// i, V_max = max(0, max_i (W+_i+I)/(1-gamma)) and
// V_min = min(0, min_i (W-_i+I)/(1-gamma)).
func (net *Network) Bounds() (lo, hi float64) {
	for i := range net.n {
		var plus, minus float64
		for j := range net.n {
			if w := net.Weight(i, j); w > 0 {
				plus += w
			} else {
				minus += w
			}
		}
		hi = max(hi, (plus+net.current)/(1-net.gamma))
		lo = min(lo, (minus+net.current)/(1-net.gamma))
	}
	return lo, hi
}
