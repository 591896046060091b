package meanfield

import (
	"context"
	"math"
)

// State is a saddle point of the replica-symmetric free energy.
type State struct {
	Load     float64 // α, patterns per neuron
	Overlap  float64 // m with the condensed pattern
	Wrong    float64 // (1-m)/2, the fraction of wrong spins, not rounded to a multiple of 1e-16
	Q        float64 // Edwards and Anderson's order parameter, mean of <s>²
	C        float64 // susceptibility (1-q)/t
	R        float64 // noise of the other patterns, q/(1-C)²
	Energy   float64 // per neuron, without the diagonal
	Free     float64 // free energy per neuron
	Entropy  float64 // per neuron, in nats; negative where replica symmetry is wrong
	Replicon float64 // of de Almeida and Thouless: positive where replica symmetry is stable, -Inf at t = 0 where C > 0
}

// newState is the state of overlap m in noise of standard deviation s = √(αr) at
// the temperature t; of the load the caller says what s stands for.
func newState(load, m, s, t float64) State {
	v := average(m, s, t)
	rest := 1 - v.slope
	if m == 0 && s == 0 {
		rest = max(rest, math.Sqrt(load)/GlassTemperature(load)) // at T_g, but for rounding
	}
	x := State{Load: load, Overlap: m, Wrong: v.wrong, Q: v.tanh2, C: v.slope, R: v.tanh2 / (rest * rest)}
	// α/(1-C) and α/(1-C)²; the first form holds also where C goes to 1 with α to 0.
	var spread, spread2 float64
	if s > 0 {
		spread, spread2 = math.Sqrt(load/x.Q)*s, s*s/x.Q
	} else if load > 0 {
		spread, spread2 = load/rest, load/(rest*rest)
	}
	x.Replicon = 1 - spread2*v.sech4
	x.Energy = load/2 - m*m/2 - (spread+s*s*x.C)/2
	x.Entropy = v.bits - spread*x.C/2
	if load > 0 && rest > 0 {
		x.Entropy -= load / 2 * math.Log(rest)
	}
	x.Free = x.Energy - t*x.Entropy
	return x
}

// rootLoad is √α at the noise s = √(αr), from the averages there.
func rootLoad(s float64, v averages) float64 {
	return s * (1 - v.slope) / math.Sqrt(v.tanh2)
}

// overlapping is the largest m = <tanh((m + s z)/t)>, 0 if there is none above.
// The right side is concave in m, so that Newton's steps from 1 come down to m
// and never pass it.
func overlapping(s, t float64) (m float64, v averages) {
	m = 1
	for range 200 {
		v = average(m, s, t)
		next := m - (m-v.tanh)/(1-v.slope)
		if !(next < m) { // arrived, as far as rounding allows
			break
		}
		if m = next; m <= 0 {
			return 0, average(0, s, t)
		}
	}
	return m, v
}

// Isotherm is the curve of the states that overlap with one pattern, at one
// temperature below 1. Along it the noise s = √(αr) goes from 0, where the load
// is 0, past a peak of the load to an end where m and the load are 0. States
// before the peak are the retrieval states, those behind it the barriers.
type Isotherm struct {
	t         float64
	peak, end float64 // s
	load      float64 // at the peak
}

// warmest is the temperature above which the curve is taken for empty: so near to
// 1 the loads on it are below 1e-12, and are lost in 1-C.
const warmest = 1 - 1e-6

// NewIsotherm is the curve at temperature t >= 0. At t >= 1, to 1e-6, it is empty.
func NewIsotherm(t float64) Isotherm {
	c := Isotherm{t: t}
	if t > warmest {
		return c
	}
	c.end = vanishing(t)
	low, high := 1e-3*c.end, (1-1e-6)*c.end
	c.peak = root(c.rise, low, c.rise(low), high, c.rise(high))
	_, v := overlapping(c.peak, t)
	x := rootLoad(c.peak, v)
	c.load = x * x
	return c
}

// vanishing is the noise at which m goes to 0, where C = 1 without overlap.
func vanishing(t float64) float64 {
	if t == 0 {
		return sqrt2OnPi
	}
	// The slope of tanh is at most a delta function's: C < √(2/π)/s.
	excess := func(s float64) float64 { return 1 - average(0, s, t).slope }
	return root(excess, 0, 1-1/t, 0.8, excess(0.8))
}

// rise is d ln √α / ds along the curve.
func (c Isotherm) rise(s float64) float64 {
	_, v := overlapping(s, c.t)
	// The derivatives of tanh's mean in m come from those of the Gaussian.
	second, third := v.z/s, v.z2/(s*s)
	grow := second*s*second/(1-v.slope) + s*third // dC/ds, with dm/ds = s second/(1-C)
	return 1/s - grow*(1/(1-v.slope)-c.t/(2*v.tanh2))
}

// Capacity is the largest load α_M(t) at which there are retrieval states; 0 if
// there are none.
func (c Isotherm) Capacity() float64 { return c.load }

// Retrieval is the retrieval state at the load, if there is one.
func (c Isotherm) Retrieval(load float64) (State, bool) {
	if !c.has(load) {
		return State{}, false
	}
	return c.at(load, c.find(load, 0)), true
}

// Barrier is the unstable state between retrieval and no overlap at the load, if
// there is one. It is a saddle point of the free energy, not the edge of a basin.
func (c Isotherm) Barrier(load float64) (State, bool) {
	if !c.has(load) {
		return State{}, false
	}
	return c.at(load, c.find(load, c.end)), true
}

func (c Isotherm) has(load float64) bool { return c.load > 0 && load <= c.load }

// at is the state at s, whose load is known.
func (c Isotherm) at(load, s float64) State {
	m := 0.0
	if s < c.end {
		m, _ = overlapping(s, c.t)
	}
	return newState(load, m, s, c.t)
}

// find is the noise between an end of the curve and the peak where the load is
// the one given.
func (c Isotherm) find(load, end float64) float64 {
	want := math.Sqrt(load)
	missing := func(s float64) float64 {
		_, v := overlapping(s, c.t)
		return rootLoad(s, v) - want
	}
	most := math.Sqrt(c.load) - want
	if end < c.peak {
		return root(missing, end, -want, c.peak, most)
	}
	return root(missing, c.peak, most, end, -want)
}

// Transition is the load α_c(t) below which the retrieval state is the state of
// least free energy; 0 if there is none.
func (c Isotherm) Transition() float64 {
	if c.load == 0 {
		return 0
	}
	load := func(s float64) float64 {
		_, v := overlapping(s, c.t)
		x := rootLoad(s, v)
		return x * x
	}
	above := func(s, load float64) float64 {
		return c.at(load, s).Free - Disordered(load, c.t).Free
	}
	s := root(func(s float64) float64 { return above(s, load(s)) }, 0, above(0, 0), c.peak, above(c.peak, c.load))
	return load(s)
}

// GlassTemperature is T_g, below which the state without overlap is a spin glass.
func GlassTemperature(load float64) float64 { return 1 + math.Sqrt(load) }

// Disordered is the state without overlap: a spin glass below
// [GlassTemperature], where q > 0, and a paramagnet above.
func Disordered(load, t float64) State {
	if t >= GlassTemperature(load) {
		return newState(load, 0, 0, t)
	}
	want := math.Sqrt(load)
	missing := func(s float64) float64 { return rootLoad(s, average(0, s, t)) - want }
	low, atLow := 0.0, t-1-want
	if t < 1 {
		low, atLow = vanishing(t), -want
	}
	// s (1-C)/√q is at least s - √(2/π).
	high := want + 0.8
	return newState(load, 0, root(missing, low, atLow, high, missing(high)), t)
}

// The temperatures at which Capacity and Transition are largest: below, both
// lines bend back, as replica symmetry has it (Naef and Canning, J. Phys. I
// France 2:247, 1992). The lines are flat there: the last digit given moves their
// largest loads by less than 1e-8.
const (
	capacityBend   = 0.0228
	transitionBend = 0.085
)

// RetrievalTemperature is T_M, the highest temperature at which there are
// retrieval states at the load, if there are any.
func RetrievalTemperature(ctx context.Context, load float64) (t float64, ok bool, err error) {
	return highest(ctx, load, capacityBend, Isotherm.Capacity)
}

// GlobalTemperature is T_c, the highest temperature at which the retrieval state
// is the state of least free energy at the load, if there is one.
func GlobalTemperature(ctx context.Context, load float64) (t float64, ok bool, err error) {
	return highest(ctx, load, transitionBend, Isotherm.Transition)
}

// highest is the temperature at which a line in the plane of load and temperature
// is at the load, above the one at which the line has its largest load.
func highest(ctx context.Context, load, bend float64, line func(Isotherm) float64) (t float64, ok bool, err error) {
	if load <= 1e-12 {
		return 1, true, nil // to 3e-6: 1-T goes with 1.95 √α and 2.60 √α
	}
	want := math.Sqrt(load)
	missing := func(t float64) float64 {
		if ctx.Err() != nil {
			return 0 // which ends the search
		}
		return math.Sqrt(line(NewIsotherm(t))) - want
	}
	most := missing(bend)
	if most < 0 {
		return 0, false, nil
	}
	t = root(missing, bend, most, 1, -want)
	return t, ctx.Err() == nil, ctx.Err()
}
