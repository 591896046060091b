package densememory

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/patience"
)

// relaxation is what a try goes through.
type relaxation interface {
	// begin makes state the present one, and keeps a copy of it.
	begin(ctx context.Context, state []float64) error
	// unstable counts the components that would change their signs.
	unstable(ctx context.Context) (int, error)
	// sweep makes one sweep and says whether the state was a fixed point before.
	sweep(ctx context.Context) (bool, error)
	// state is the present state; it must not be written to.
	state() []float64
}

// spins are neurons of ±1 with asynchronous updates.
type spins struct {
	memory *memory
	order  *rand.Rand
	sites  []int32
	spin   []float64
	bits   []int8

	overlaps []int32 // Σ_i ξ_i^μ s_i for each pattern

	// gain[n+R] is F(R+1) - F(R-1). Of the exponential it is relative to the
	// largest overlap, with beta above 0: gain[2n-d] for R = max - d.
	gain []float64
	beta float64
}

// newSpins are neurons with the interaction F; nil is the exponential.
func newSpins(m *memory, f func(x float64) float64, order *rand.Rand) *spins {
	s := &spins{memory: m, order: order, sites: draw.Identity(m.n), spin: make([]float64, m.n), bits: make([]int8, m.n), overlaps: make([]int32, m.k)}
	if f != nil {
		s.gain = make([]float64, 2*m.n+1)
		for k := range s.gain {
			r := float64(k - m.n)
			s.gain[k] = f(r+1) - f(r-1)
		}
	}
	return s
}

// exponential makes the interaction exp(beta x). Its F(R+1) - F(R-1) is exp(beta R)
// but for a factor that all patterns share.
func (s *spins) exponential(beta float64) *spins {
	s.beta = beta
	// R is at most the largest overlap plus 1, and at least -n.
	s.gain = make([]float64, 2*s.memory.n+3)
	for d := range s.gain {
		s.gain[len(s.gain)-1-d] = math.Exp(-beta * float64(d))
	}
	return s
}

// power is F(x) = x^order, of positive x only if rectified.
func power(order int, rectified bool) func(float64) float64 {
	return func(x float64) float64 {
		if rectified && x < 0 {
			return 0
		}
		y := 1.0
		for range order {
			y *= x
		}
		return y
	}
}

func (s *spins) state() []float64 { return s.spin }

func (s *spins) begin(ctx context.Context, state []float64) error {
	clear(s.overlaps)
	work := patience.New(ctx)
	for i, x := range state {
		if err := work.Spend(s.memory.k); err != nil {
			return err
		}
		s.spin[i], s.bits[i] = x, int8(x)
		for mu, xi := range s.memory.neuron(i) {
			s.overlaps[mu] += int32(xi * s.bits[i])
		}
	}
	return nil
}

// base is where in gain R = 0 stands.
func (s *spins) base() int32 {
	if s.beta == 0 {
		return int32(s.memory.n)
	}
	largest := s.overlaps[0]
	for _, m := range s.overlaps {
		largest = max(largest, m)
	}
	return int32(len(s.gain)-2) - largest
}

// field is h_i times a factor above 0.
func (s *spins) field(i int, base int32) float64 {
	x := s.bits[i]
	h := 0.0
	for mu, xi := range s.memory.neuron(i) {
		g := s.gain[base+s.overlaps[mu]-int32(xi*x)]
		if xi > 0 {
			h += g
		} else {
			h -= g
		}
	}
	return h
}

func (s *spins) unstable(ctx context.Context) (int, error) {
	count, base := 0, s.base()
	work := patience.New(ctx)
	for i, x := range s.spin {
		if err := work.Spend(fieldWork * s.memory.k); err != nil {
			return 0, err
		}
		if s.field(i, base)*x < 0 {
			count++
		}
	}
	return count, nil
}

// fieldWork is what a field counts as work for each pattern: where it is looked up in
// gain is far apart in memory.
const fieldWork = 4

func (s *spins) sweep(ctx context.Context) (bool, error) {
	fixed := true
	draw.Choose(s.sites, len(s.sites), s.order)
	base := s.base()
	work := patience.New(ctx)
	for _, site := range s.sites {
		if err := work.Spend(2 * fieldWork * s.memory.k); err != nil {
			return false, err
		}
		i := int(site)
		if s.field(i, base)*s.spin[i] >= 0 {
			continue
		}
		fixed = false
		s.spin[i], s.bits[i] = -s.spin[i], -s.bits[i]
		for mu, xi := range s.memory.neuron(i) {
			s.overlaps[mu] += int32(2 * xi * s.bits[i])
		}
		base = s.base()
	}
	return fixed, nil
}

// softmax is neurons that are real numbers, updated all at once.
type softmax struct {
	memory      *memory
	beta        float64
	spin, other []float64
	weight      []float64
}

func (s *softmax) state() []float64 { return s.spin }

func (s *softmax) begin(_ context.Context, state []float64) error {
	if s.weight == nil {
		s.spin, s.other, s.weight = make([]float64, s.memory.n), make([]float64, s.memory.n), make([]float64, s.memory.k)
	}
	copy(s.spin, state)
	return nil
}

// step overwrites other with the successor of the state.
func (s *softmax) step(ctx context.Context) error {
	clear(s.weight)
	work := patience.New(ctx)
	for i, x := range s.spin {
		if err := work.Spend(s.memory.k); err != nil {
			return err
		}
		for mu, xi := range s.memory.neuron(i) {
			s.weight[mu] += float64(xi) * x
		}
	}
	largest := math.Inf(-1)
	for _, m := range s.weight {
		largest = max(largest, m)
	}
	sum := 0.0
	for mu, m := range s.weight {
		if err := work.Spend(patience.Func); err != nil {
			return err
		}
		s.weight[mu] = math.Exp(s.beta * (m - largest))
		sum += s.weight[mu]
	}
	for i := range s.other {
		if err := work.Spend(s.memory.k); err != nil {
			return err
		}
		x := 0.0
		for mu, xi := range s.memory.neuron(i) {
			x += float64(xi) * s.weight[mu]
		}
		s.other[i] = x / sum
	}
	return nil
}

func (s *softmax) unstable(ctx context.Context) (int, error) {
	if err := s.step(ctx); err != nil {
		return 0, err
	}
	count := 0
	for i, x := range s.spin {
		if x*s.other[i] < 0 {
			count++
		}
	}
	return count, nil
}

// converged is how much a component of a fixed point of softmax may change.
const converged = 1e-9

func (s *softmax) sweep(ctx context.Context) (bool, error) {
	if err := s.step(ctx); err != nil {
		return false, err
	}
	fixed := true
	for i, x := range s.spin {
		fixed = fixed && math.Abs(x-s.other[i]) <= converged
	}
	s.spin, s.other = s.other, s.spin
	return fixed, nil
}
