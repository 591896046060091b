package bms

import (
	"context"
	"math"
	"math/bits"

	"github.com/neurosweep/sweep/internal/patience"
	"github.com/neurosweep/sweep/pkg/measure"
)

// The classes of a run.
const (
	death    = "death"    // no neuron ever fires again
	periodic = "periodic" // the raster repeats for ever
	none     = "none"     // neither was seen within the window
)

// bandwidth is the half width, in theta, of the band about the threshold whose
// visits give the density of V there. The density changes on the scale of the
// spread of V, of order theta where anything fires, so at 1/100 the bias is
// below the scatter; a window of 1000 steps of 30 neurons still has some
// hundred visits.
const bandwidth = 0.01

// settings say how long a run is watched and when two states count as one.
type settings struct {
	transient int     // steps before the window
	window    int     // steps of the window
	tolerance float64 // largest |V-V'| of a recurrence
}

// verdict is what a run showed.
type verdict struct {
	class  string
	period int     // of periodic
	step   int     // of death: the first step from which on no neuron fires
	d      float64 // distance to the threshold; of none its minimum in the window
	floor  float64 // of none: what a d that is a mere minimum of samples would be; 0 if unknown
	rate   float64 // spikes per neuron and step
	silent float64 // fraction of the neurons that never fire
	raster uint64  // hash of the raster
}

// classify runs the network through the transient and the window and says what
// became of it. It ends at once at death (exactly tested at every step) or when
// a period is certain.
//
// Periods are searched with Brent's method on the full state: V is compared to
// a reference that moves to steps 0, 1, 3, 7, 15, ... of the window, so that
// every period up to a third of the window at least is found. See [certain] for
// the proof.
func classify(ctx context.Context, net *Network, s settings) (verdict, error) {
	w := &walk{ctx: ctx, net: net}
	for t := 0; t < s.transient; t++ {
		if net.Dead() {
			return silence(net, t), nil
		}
		if err := w.step(); err != nil {
			return verdict{}, err
		}
	}
	if net.Dead() {
		return silence(net, s.transient), nil
	}

	seen := newTally(net.n)
	reference := make([]float64, net.n)
	copy(reference, net.State())
	lag, limit := 0, 1
	d := math.Inf(1)
	net.closest, net.within = math.Inf(1), 0
	net.threshold() // a second time, to note the distances of this state
	for t := 0; ; {
		seen.add(net)
		// The distances of the states up to this one: the next is not yet part
		// of the period, nor, at the end, of the window.
		closest, within := net.closest, net.within
		if err := w.step(); err != nil {
			return verdict{}, err
		}
		t++
		lag++
		if net.Dead() {
			return silence(net, s.transient+t), nil
		}
		if delta, ok := apart(net.State(), reference, s.tolerance); ok && certain(delta, closest, net.gamma, lag) {
			return cycle(w, lag)
		}
		if t == s.window {
			d = min(d, closest)
			v := seen.verdict(net.n)
			v.class, v.d = none, d
			if within > 0 {
				// 1/(2 p n T), with the density p = within/(2 band n T).
				v.floor = net.band / float64(within)
			}
			return v, nil
		}
		if lag == limit {
			d = min(d, closest)
			copy(reference, net.State())
			lag, limit = 0, 2*limit
			net.closest = net.Margin()
		}
	}
}

// certain reports whether the raster of the last lag steps repeats for ever:
// delta is the sup distance of the states at their two ends and closest the
// smallest |V_i-theta| on the way.
//
// As long as the rasters agree, the difference of two orbits shrinks by gamma
// at every step (and vanishes where a neuron fires). After k rounds the orbit
// is therefore less than delta (1 + gamma^lag + ... ) <= delta/(1-gamma^lag)
// away from the first round, which is not enough to reach the threshold from
// any of its states: the rasters do agree.
func certain(delta, closest, gamma float64, lag int) bool {
	return closest > delta/(1-math.Pow(gamma, float64(lag)))
}

// apart is the sup distance of two states, and whether it is within the
// tolerance; if it is not the distance is left unfinished.
func apart(a, b []float64, tolerance float64) (delta float64, ok bool) {
	for i, x := range a {
		m := math.Abs(x - b[i])
		if !(m <= tolerance) {
			return m, false
		}
		delta = max(delta, m)
	}
	return delta, true
}

// silence is the verdict on a network that is dead since step t. What it
// measures is that of the silent network, whose period is one step.
func silence(net *Network, t int) verdict {
	seen := newTally(net.n)
	seen.add(net)
	v := seen.verdict(net.n)
	v.class, v.step = death, t
	v.d = net.theta - net.current/(1-net.gamma)
	return v
}

// cycle follows a network that has come round to where it was period steps ago
// once more round: by now what is left of the transient has shrunk again.
func cycle(w *walk, period int) (verdict, error) {
	net := w.net
	net.closest = net.Margin()
	seen := newTally(net.n)
	rows := make([]uint64, 0, period)
	var closest float64
	for range period {
		seen.add(net)
		rows = append(rows, hashRow(hashSeed, net.row))
		closest = net.closest
		if err := w.step(); err != nil {
			return verdict{}, err
		}
	}
	v := seen.verdict(net.n)
	v.class, v.period, v.d = periodic, period, closest
	v.raster = hashCycle(net.n, rows)
	return v, nil
}

// memoryDepth is T_d, the number of past steps whose spikes fix the next ones:
// the smallest T >= 0 with gamma^T (hi-lo) < d, that is
// floor(ln(d/(hi-lo))/ln(gamma)) + 1. With gamma = 0 a potential is made of the
// last spikes only, and T is 1, the limit of the formula. T is 0 where the
// whole box [lo, hi] is narrower than d, and undefined (false) for d = 0.
func memoryDepth(d, gamma, lo, hi float64) (int, bool) {
	switch {
	case !(d > 0):
		return 0, false
	case hi-lo < d:
		return 0, true
	case gamma == 0:
		return 1, true
	}
	return int(math.Floor(math.Log(d/(hi-lo))/math.Log(gamma))) + 1, true
}

// walk steps a network and heeds the context.
type walk struct {
	ctx  context.Context
	net  *Network
	left int // steps until the context is asked again
}

func (w *walk) step() error {
	if w.left == 0 {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		w.left = min(4096, 1+patience.Share/(w.net.n*w.net.n))
	}
	w.left--
	w.net.Step()
	if w.net.see != nil {
		w.net.see()
	}
	return nil
}

// tally sums up rows of the raster.
type tally struct {
	rows   int
	spikes int64
	ever   []uint64 // who fired, as bits
	hash   uint64
}

func newTally(n int) *tally {
	return &tally{ever: make([]uint64, (n+63)/64), hash: hashSeed}
}

func (s *tally) add(net *Network) {
	s.rows++
	s.spikes += int64(len(net.fired))
	for i, word := range net.row {
		s.ever[i] |= word
	}
	s.hash = mix(s.hash ^ hashRow(hashSeed, net.row))
}

func (s *tally) verdict(n int) verdict {
	active := 0
	for _, word := range s.ever {
		active += bits.OnesCount64(word)
	}
	return verdict{
		rate:   float64(s.spikes) / (float64(n) * float64(s.rows)),
		silent: float64(n-active) / float64(n),
		raster: hashEnd(s.hash, n, s.rows),
	}
}

// The hash of a raster. With h(x) = mix(h ^ x) for each x in turn from
// hashSeed on, a row's hash runs over its words of 64 neurons, a raster's over
// the hashes of its rows, then the number of neurons and of rows.
const hashSeed = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014), a bijection.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func hashRow(h uint64, row []uint64) uint64 {
	for _, word := range row {
		h = mix(h ^ word)
	}
	return h
}

func hashEnd(h uint64, n, rows int) uint64 { return mix(mix(h^uint64(n)) ^ uint64(rows)) }

// hashCycle is the hash of a periodic raster given by the hashes of its rows.
// It begins at the least rotation, so it does not depend on where in the cycle
// the rows begin.
func hashCycle(n int, rows []uint64) uint64 {
	h := uint64(hashSeed)
	from := measure.LeastRotation(rows)
	for k := range rows {
		h = mix(h ^ rows[(from+k)%len(rows)])
	}
	return hashEnd(h, n, len(rows))
}
