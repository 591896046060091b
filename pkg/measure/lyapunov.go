package measure

import (
	"context"
	"math"

	"github.com/neurosweep/sweep/internal/patience"
	"github.com/neurosweep/sweep/pkg/dynamics"
)

// LyapunovSettings are the settings of all that measures Lyapunov exponents.
type LyapunovSettings struct {
	Steps     int     // steps of the map that are averaged over, gaps included; needed
	Transient int     // steps before them; default 0
	Align     int     // steps, after the transient, in which the tangent vectors turn to where they belong; default 100 Every, negative none
	Every     int     // steps between two orthonormalisations; default 1
	Blocks    int     // blocks that the standard error is made of; default 20, at least 2
	Exponents int     // how many, the largest first; default all
	Time      float64 // time that a step takes; default m.Time() if the map has that method, else 1 step
	Distance  float64 // of two trajectories after rescaling; default 1e-8; of LyapunovTwo only
	Bound     float64 // where an orbit counts as diverged; default dynamics.DefaultBound
	Series    bool    // keep the running means
}

func (s LyapunovSettings) withDefaults(m dynamics.System) LyapunovSettings {
	if s.Every == 0 {
		s.Every = 1
	}
	if s.Align == 0 {
		s.Align = 100 * s.Every
	}
	s.Align = max(0, s.Align)
	if s.Blocks == 0 {
		s.Blocks = 20
	}
	if s.Exponents == 0 && m != nil {
		s.Exponents = m.Dim()
	}
	if s.Time == 0 {
		s.Time = 1
		if t, ok := m.(interface{ Time() float64 }); ok {
			s.Time = t.Time()
		}
	}
	if s.Distance == 0 {
		s.Distance = 1e-8
	}
	if s.Bound == 0 {
		s.Bound = dynamics.DefaultBound
	}
	if s.Steps < 1 || s.Transient < 0 || s.Every < 1 || s.Blocks < 2 || m != nil && s.Exponents > m.Dim() {
		panic("measure: settings of Lyapunov exponents that make no sense")
	}
	return s
}

// Spectrum is what [Lyapunov] measures.
type Spectrum struct {
	Exponents []float64   // in descending order as far as the run was long enough; none if diverged
	SE        []float64   // standard error of each
	Blocks    [][]float64 // the exponents in each block
	Series    [][]float64 // their means up to each block, if asked for
	State     []float64   // at the end
	Ending    dynamics.Ending
}

// Sum is the sum of the exponents: the mean of ln |det J| if they are all there.
func (s Spectrum) Sum() float64 {
	var sum float64
	for _, l := range s.Exponents {
		sum += l
	}
	return sum
}

// Lyapunov is the spectrum of Lyapunov exponents of m along the orbit of x, by
// the method of Benettin and others: tangent vectors are moved along with the
// orbit and made orthonormal again by modified Gram-Schmidt,
//
//	V = J(x) Q, V = Q' R, lambda_i = < ln R_ii > / Time
//
// in nats per unit of time. The standard error is that of block means, see
// [BlockEstimate]. The first frame is fixed and in no special direction. For a
// flow m is one of its integrators (dynamics.RK4), whose tangent vectors are
// exact; orthonormalise every 0.05 to 1 time units. A direction that is
// contracted to zero, or below rounding between two orthonormalisations, has the
// exponent -Inf and the standard error NaN.
//
// Cost: per step one tangent of Exponents vectors, one step and
// 2 Dim Exponents² multiplications. Nothing is allocated per step.
//
// G. Benettin, L. Galgani, A. Giorgilli, J.-M. Strelcyn, Meccanica 15:9 (1980).
func Lyapunov(ctx context.Context, m dynamics.Map, x []float64, s LyapunovSettings) (Spectrum, error) {
	s = s.withDefaults(m)
	f, err := newFrame(ctx, m, x, s)
	if err != nil {
		return Spectrum{State: x, Ending: dynamics.Limit}, err
	}
	if e, err := f.orbit.Advance(ctx, s.Transient, s.Bound); e != dynamics.Limit || err != nil {
		return Spectrum{State: f.orbit.X, Ending: e}, err
	}
	b := newBlocking(s.Steps, s.Blocks, s.Every)
	result := Spectrum{}
	k := s.Exponents
	if e, err := f.advance((s.Align + s.Every - 1) / s.Every * s.Every); e != dynamics.Limit || err != nil {
		return Spectrum{State: f.orbit.X, Ending: e}, err
	}
	sums := make([]float64, k)
	for block := range b.blocks {
		if e, err := f.advance(b.gap); e != dynamics.Limit || err != nil {
			return Spectrum{State: f.orbit.X, Ending: e}, err
		}
		clear(f.logs)
		if e, err := f.advance(b.length); e != dynamics.Limit || err != nil {
			return Spectrum{State: f.orbit.X, Ending: e}, err
		}
		means := make([]float64, k)
		for i, l := range f.logs {
			means[i] = l / (float64(b.length) * s.Time)
			sums[i] += means[i]
		}
		result.Blocks = append(result.Blocks, means)
		if s.Series {
			running := make([]float64, k)
			for i := range running {
				running[i] = sums[i] / float64(block+1)
			}
			result.Series = append(result.Series, running)
		}
	}
	column := make([]float64, b.blocks)
	for i := range k {
		for j, means := range result.Blocks {
			column[j] = means[i]
		}
		e := BlockEstimate(column)
		result.Exponents = append(result.Exponents, e.Mean)
		result.SE = append(result.SE, e.SE)
	}
	result.State = f.orbit.X
	return result, nil
}

// frame is an orbit with tangent vectors.
type frame struct {
	m       dynamics.Map
	tangent dynamics.Tangent
	orbit   *dynamics.Orbit
	q, v    []float64
	logs    []float64 // sums of ln R_ii
	every   int
	bound   float64
	work    *patience.Patience
}

func newFrame(ctx context.Context, m dynamics.Map, x []float64, s LyapunovSettings) (*frame, error) {
	n := m.Dim()
	f := &frame{
		m: m, tangent: dynamics.TangentOf(m), orbit: dynamics.NewOrbit(m, x),
		q: make([]float64, s.Exponents*n), v: make([]float64, s.Exponents*n), logs: make([]float64, s.Exponents),
		every: s.Every, bound: s.Bound, work: patience.New(ctx),
	}
	generic(f.q)
	err := f.orthonormalise()
	clear(f.logs)
	return f, err
}

// generic fills v with numbers in [-1, 1) that look random and are the same
// always, by SplitMix64: unit vectors would lie in invariant subspaces of
// systems made of parts.
func generic(v []float64) {
	z := uint64(0)
	for i := range v {
		z += 0x9e3779b97f4a7c15
		u := (z ^ z>>30) * 0xbf58476d1ce4e5b9
		u = (u ^ u>>27) * 0x94d049bb133111eb
		u ^= u >> 31
		v[i] = float64(int64(u)) / (1 << 63)
	}
}

// advance goes n steps, a multiple of every.
func (f *frame) advance(n int) (dynamics.Ending, error) {
	step := dynamics.Work(f.m) * (1 + len(f.logs))
	for i := 1; i <= n; i++ {
		if err := f.work.Spend(step); err != nil {
			return dynamics.Limit, err
		}
		f.tangent.Tangent(f.v, f.orbit.X, f.q)
		f.q, f.v = f.v, f.q
		f.orbit.Step()
		if dynamics.Beyond(f.orbit.X, f.bound) {
			return dynamics.Diverged, nil
		}
		if i%f.every == 0 {
			if err := f.orthonormalise(); err != nil {
				return dynamics.Limit, err
			}
		}
	}
	return dynamics.Limit, nil
}

// rounding is the part of a vector below which what a projection leaves of it is
// noise: a few units in the last place, 2^-52.
const rounding = 16. / (1 << 52)

// orthonormalise makes the vectors of q orthonormal in place and adds the
// logarithms of what was left of each to logs. A vector of which nothing is
// left is replaced by one that is orthogonal to those before it.
func (f *frame) orthonormalise() error {
	n := f.m.Dim()
	for i := range f.logs {
		if err := f.work.Spend(2 * n * (i + 1)); err != nil {
			return err
		}
		v := f.q[i*n : i*n+n]
		before := math.Sqrt(dot(v, v))
		project(v, f.q[:i*n])
		length := math.Sqrt(dot(v, v))
		if length <= rounding*before {
			length = 0
		}
		f.logs[i] += math.Log(length)
		for axis := 0; !(length > 0) && axis < n; axis++ {
			clear(v)
			v[axis] = 1
			project(v, f.q[:i*n])
			if l := math.Sqrt(dot(v, v)); l > 0.5/math.Sqrt(float64(n)) { // one axis at least has that much left
				length = l
			}
		}
		scale(v, 1/length)
	}
	return nil
}

// project takes from v its components along the orthonormal vectors of q.
func project(v, q []float64) {
	n := len(v)
	for k := 0; k < len(q); k += n {
		u := q[k : k+n]
		c := dot(u, v)
		for i := range v {
			v[i] -= float64(c * u[i])
		}
	}
}

func dot(a, b []float64) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}

func scale(v []float64, c float64) {
	for i := range v {
		v[i] *= c
	}
}
