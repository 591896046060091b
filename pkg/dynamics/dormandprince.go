package dynamics

import (
	"context"
	"math"
)

// Tolerance says how exactly a flow is followed: the estimated error of a step
// is kept below Abs + Rel |x| in the root mean square over the coordinates.
type Tolerance struct {
	Abs     float64 // default 1e-9, in the unit of the state
	Rel     float64 // default 1e-9
	MaxStep float64 // longest step, in time; default no limit
	Bound   float64 // where the orbit counts as diverged; default DefaultBound
}

// DormandPrince follows a flow with the embedded pair of orders 5 and 4 of
// Dormand and Prince, error control and dense output of order 4.
//
// With seven stages k_s = f(x + h sum_j a_sj k_j) a step is
// x + h sum_s b_s k_s; the last stage is the first of the next step, so a step
// costs six derivatives. The step length follows the estimated error e (1 is
// the tolerance) as h <- h 0.9 e^-0.17 e_before^0.04, between 0.2 and 5 times h.
//
// J.R. Dormand, P.J. Prince, J. Comput. Appl. Math. 6:19 (1980); dense output and
// step control after E. Hairer, S.P. Nørsett, G. Wanner, Solving Ordinary
// Differential Equations I, II.4 and II.6 (1993).
type DormandPrince struct {
	flow   Flow
	tol    Tolerance
	t, h   float64 // time and length of the step to take
	t0, h0 float64 // time and length of the last step
	before float64 // error of the last step
	x, x0  []float64
	k      [7][]float64
	trial  []float64
	dense  [4][]float64 // coefficients of the interpolant beside x0
	ready  bool         // dense belongs to the last step
}

// The tableau; row s is the stage s+1, the last row is b.
var dpA = [6][6]float64{
	{1. / 5},
	{3. / 40, 9. / 40},
	{44. / 45, -56. / 15, 32. / 9},
	{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
	{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
	{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
}

// The difference of the weights of orders 5 and 4, and those of the dense output.
var (
	dpE = [7]float64{71. / 57600, 0, -71. / 16695, 71. / 1920, -17253. / 339200, 22. / 525, -1. / 40}
	dpD = [7]float64{-12715105075. / 11282082432, 0, 87487479700. / 32700410799, -10690763975. / 1880347072,
		701980252875. / 199316789632, -1453857185. / 822651844, 69997945. / 29380423}
)

// NewDormandPrince returns an integrator of f; Start begins an orbit.
func NewDormandPrince(f Flow, tol Tolerance) *DormandPrince {
	if tol.Abs == 0 {
		tol.Abs = 1e-9
	}
	if tol.Rel == 0 {
		tol.Rel = 1e-9
	}
	if tol.MaxStep == 0 {
		tol.MaxStep = math.Inf(1)
	}
	if tol.Bound == 0 {
		tol.Bound = DefaultBound
	}
	d := &DormandPrince{flow: f, tol: tol}
	n := f.Dim()
	d.x, d.x0, d.trial = make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range d.k {
		d.k[i] = make([]float64, n)
	}
	for i := range d.dense {
		d.dense[i] = make([]float64, n)
	}
	return d
}

// Start begins an orbit at time t in a copy of x.
func (d *DormandPrince) Start(t float64, x []float64) {
	copy(d.x, x)
	copy(d.x0, x)
	d.t, d.t0, d.h0, d.before, d.ready = t, t, 0, 1, false
	d.flow.Derivative(d.k[6], d.x)
	d.h = d.firstStep()
}

// firstStep is the guess of Hairer, Nørsett and Wanner, II.4: the step that an
// explicit Euler step's change and its change of slope would allow.
func (d *DormandPrince) firstStep() float64 {
	size, slope := d.scaled(d.x), d.scaled(d.k[6])
	h := 1e-6
	if size >= 1e-5 && slope >= 1e-5 {
		h = 0.01 * size / slope
	}
	add(d.trial, d.x, h, d.k[6])
	d.flow.Derivative(d.k[1], d.trial)
	add(d.k[1], d.k[1], -1, d.k[6])
	bend := max(slope, d.scaled(d.k[1])/h)
	second := max(1e-6, h*1e-3)
	if bend > 1e-15 {
		second = math.Pow(0.01/bend, 1./5)
	}
	return min(100*h, second, d.tol.MaxStep)
}

// scaled is the root mean square of v over the tolerance at x.
func (d *DormandPrince) scaled(v []float64) float64 {
	var sum float64
	for i := range v {
		e := v[i] / (d.tol.Abs + float64(d.tol.Rel*math.Abs(d.x[i])))
		sum += float64(e * e)
	}
	return math.Sqrt(sum / float64(len(v)))
}

// Time is the present time, at the end of the last step.
func (d *DormandPrince) Time() float64 { return d.t }

// Before is the time at the beginning of the last step.
func (d *DormandPrince) Before() float64 { return d.t0 }

// State is the present state, valid until the next step; the caller does not
// change it.
func (d *DormandPrince) State() []float64 { return d.x }

// Step takes one step. It is false where the orbit diverged: a coordinate went
// beyond the bound, or the step became too short to move time.
func (d *DormandPrince) Step() bool {
	copy(d.x0, d.x)
	copy(d.k[0], d.k[6])
	longest := 5.0
	for {
		h := min(d.h, d.tol.MaxStep)
		if !(d.t+h > d.t) {
			return false
		}
		d.stages(d.x, h)
		var sum float64
		for i := range d.x {
			var e float64
			for s, w := range dpE {
				e += float64(w * d.k[s][i])
			}
			e *= h / (d.tol.Abs + float64(d.tol.Rel*max(math.Abs(d.x0[i]), math.Abs(d.x[i]))))
			sum += float64(e * e)
		}
		e := math.Sqrt(sum / float64(len(d.x)))
		if !(e <= 1) { // also where the stages are not numbers
			longest = 1
			d.h = h * max(0.2, 0.9*math.Pow(e, -0.2))
			if math.IsNaN(e) || math.IsInf(e, 1) {
				d.h = h * 0.2
			}
			continue
		}
		d.t0, d.h0 = d.t, h
		d.t += h
		e = max(e, 1e-10)
		d.h = h * min(longest, max(0.2, 0.9*math.Pow(e, -0.17)*math.Pow(d.before, 0.04)))
		d.before = max(e, 1e-4)
		d.ready = false
		return !Beyond(d.x, d.tol.Bound)
	}
}

// stages sets dst to the state h after x0, whose derivative is in k[0], and
// k[1] to k[6] to the stages.
func (d *DormandPrince) stages(dst []float64, h float64) {
	for s := range dpA {
		x := d.trial
		if s == 5 {
			x = dst
		}
		for i := range x {
			var sum float64
			for j, a := range dpA[s][:s+1] {
				sum += float64(a * d.k[j][i])
			}
			x[i] = d.x0[i] + float64(h*sum)
		}
		d.flow.Derivative(d.k[s+1], x)
	}
}

// At sets dst to the state at time t in the last step, from Before to Time,
// with the dense output of order 4. It panics for other times.
func (d *DormandPrince) At(dst []float64, t float64) {
	if t < d.t0 || t > d.t {
		panic("dynamics: a time outside of the last step")
	}
	if d.h0 == 0 {
		copy(dst, d.x)
		return
	}
	if !d.ready {
		for i := range d.x {
			difference := d.x[i] - d.x0[i]
			bend := float64(d.h0*d.k[0][i]) - difference
			d.dense[0][i] = difference
			d.dense[1][i] = bend
			d.dense[2][i] = difference - float64(d.h0*d.k[6][i]) - bend
			var sum float64
			for s, w := range dpD {
				sum += float64(w * d.k[s][i])
			}
			d.dense[3][i] = d.h0 * sum
		}
		d.ready = true
	}
	u := (t - d.t0) / d.h0
	w := 1 - u
	for i := range dst {
		y := d.dense[2][i] + float64(w*d.dense[3][i])
		y = d.dense[1][i] + float64(u*y)
		y = d.dense[0][i] + float64(w*y)
		dst[i] = d.x0[i] + float64(u*y)
	}
}

// To goes on to time t and sets dst to the state there: [Limit], or
// [Diverged] on the way. It steps beyond t and may be called again with a later
// time. It heeds ctx, whose error is the only one.
func (d *DormandPrince) To(ctx context.Context, dst []float64, t float64) (Ending, error) {
	for i := 0; d.t < t; i++ {
		if i&255 == 0 {
			if err := ctx.Err(); err != nil {
				return Limit, err
			}
		}
		if !d.Step() {
			return Diverged, nil
		}
	}
	d.At(dst, t)
	return Limit, nil
}
