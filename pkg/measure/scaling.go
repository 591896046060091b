package measure

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Curve is a fraction against a control parameter, measured in independent
// samples of systems of one size.
type Curve struct {
	Size float64
	X    []float64   // places, ascending
	Y    [][]float64 // Y[r][k] in [0,1]: what sample r gave at X[k]; NaN where nothing is known
}

// ScalingSettings are those of [CommonCrossing] and [CrossLevel].
type ScalingSettings struct {
	// Window is how far from the crossing, in logits, the cells may lie that
	// enter the fit; 2.5 by default, from 0.08 to 0.92 around one half.
	Window float64
	// Resamples is how many times the samples are drawn anew for the standard
	// errors; 400 by default.
	Resamples int
}

func (s ScalingSettings) withDefaults() ScalingSettings {
	if s.Window == 0 {
		s.Window = 2.5
	}
	if s.Resamples == 0 {
		s.Resamples = 400
	}
	return s
}

// Crossing is where the curves of all sizes meet.
type Crossing struct {
	X, Y   Estimate   // the place, and the fraction there
	Slopes []Estimate // of logit(y) against x at the crossing, for each curve
	// Exponent is the power of the size with which the slopes grow, 1/nu in the
	// words of critical phenomena.
	Exponent Estimate
	From, To float64 // the window: least and largest place of a cell that entered
}

// CommonCrossing estimates where the curves of several sizes cross. By
// finite-size scaling y is a function of (x - x*) L^(1/nu), so that all curves
// have one value at x*. No exponent is assumed: near the crossing
//
//	logit y_L(x) = c + s_L (x - x*) + q_L (x - x*)²
//
// with x* and c in common, fitted by maximum quasi-likelihood of binomial
// fractions to the cells within the window, which is found by iteration. The
// standard errors are those of the bootstrap: whole samples are drawn anew, all
// their places together, so that it does not matter whether the places share
// random numbers. They do not know of corrections to scaling: compare the
// crossing of all sizes with that of the larger ones.
//
// K. Binder, Zeitschrift für Physik B 43:119 (1981), for crossings;
// R.W.M. Wedderburn, Biometrika 61:439 (1974), for quasi-likelihood.
func CommonCrossing(curves []Curve, rng *rand.Rand, s ScalingSettings) (Crossing, error) {
	s = s.withDefaults()
	if len(curves) < 2 {
		return Crossing{}, errors.New("a crossing needs curves of two sizes or more")
	}
	if err := checkCurves(curves); err != nil {
		return Crossing{}, err
	}
	best := meeting{}
	var failed error
	// A crossing may be shallow, so every place between the ends is tried.
	for _, x := range places(curves) {
		m, err := meet(curves, meeting{x: x, c: math.NaN()}, false, s.Window)
		if err != nil {
			failed = cmp.Or(failed, err)
			continue
		}
		if best.curves == nil || m.perCell() < best.perCell() {
			best = m
		}
	}
	if best.curves == nil {
		return Crossing{}, failed
	}
	drawn := resample(curves, rng, s.Resamples, func(cs []Curve) ([]float64, error) {
		m, err := best.refit(cs)
		return m.numbers(), err
	})
	if len(drawn) < s.Resamples*9/10 {
		return Crossing{}, fmt.Errorf("only %d of %d resampled sets of curves cross: the data do not hold a crossing", len(drawn), s.Resamples)
	}
	out := Crossing{Slopes: make([]Estimate, len(curves))}
	at := best.numbers()
	estimate := func(i int) Estimate { return Estimate{at[i], spread(drawn, i)} }
	out.X, out.Y, out.Exponent = estimate(0), estimate(1), estimate(2)
	for i := range curves {
		out.Slopes[i] = estimate(3 + i)
	}
	out.From, out.To = best.window()
	return out, nil
}

// CrossLevel estimates where one curve has the value level, by the fit of
// [CommonCrossing] with c = logit(level).
func CrossLevel(curve Curve, level float64, rng *rand.Rand, s ScalingSettings) (Estimate, error) {
	s = s.withDefaults()
	if !(level > 0 && level < 1) {
		panic("measure: a level is a fraction between 0 and 1")
	}
	curves := []Curve{curve}
	if err := checkCurves(curves); err != nil {
		return Estimate{}, err
	}
	m, err := meet(curves, meeting{x: nearest(curve, level), c: logit(level)}, true, s.Window)
	if err != nil {
		return Estimate{}, err
	}
	drawn := resample(curves, rng, s.Resamples, func(cs []Curve) ([]float64, error) {
		r, err := m.refit(cs)
		return []float64{r.x}, err
	})
	if len(drawn) < s.Resamples*9/10 {
		return Estimate{}, fmt.Errorf("only %d of %d resampled curves cross %v", len(drawn), s.Resamples, level)
	}
	return Estimate{m.x, spread(drawn, 0)}, nil
}

// Extrapolation is what [Extrapolate] finds.
type Extrapolation struct {
	Limit     Estimate // a, at infinite size
	Amplitude Estimate // b
	ChiSquare float64  // sum of the squared residuals in standard errors
	Freedom   int      // sizes less two
}

// Extrapolate fits x_L = a + b L^(-power) to estimates at several sizes by
// weighted least squares. The power is the caller's assumption and the limit
// depends on it: say which it was. The standard errors take the power as given.
func Extrapolate(sizes []float64, xs []Estimate, power float64) (Extrapolation, error) {
	if len(sizes) != len(xs) || len(xs) < 2 {
		return Extrapolation{}, errors.New("an extrapolation needs two sizes or more")
	}
	var w, wu, wuu, wx, wux float64
	for i, x := range xs {
		if !(x.SE > 0) {
			return Extrapolation{}, fmt.Errorf("size %v has no standard error to weigh it by", sizes[i])
		}
		weight, u := 1/(x.SE*x.SE), math.Pow(sizes[i], -power)
		w += weight
		wu += float64(weight * u)
		wuu += float64(weight * u * u)
		wx += float64(weight * x.Mean)
		wux += float64(weight * u * x.Mean)
	}
	det := float64(w*wuu) - float64(wu*wu)
	if !(det > 1e-12*w*wuu) {
		return Extrapolation{}, errors.New("the sizes are too much alike to extrapolate from")
	}
	e := Extrapolation{Freedom: len(xs) - 2}
	e.Limit = Estimate{(float64(wuu*wx) - float64(wu*wux)) / det, math.Sqrt(wuu / det)}
	e.Amplitude = Estimate{(float64(w*wux) - float64(wu*wx)) / det, math.Sqrt(w / det)}
	for i, x := range xs {
		r := (x.Mean - e.Limit.Mean - float64(e.Amplitude.Mean*math.Pow(sizes[i], -power))) / x.SE
		e.ChiSquare += float64(r * r)
	}
	return e, nil
}

func checkCurves(curves []Curve) error {
	for _, c := range curves {
		if len(c.Y) < 2 {
			return fmt.Errorf("size %v has %d samples; standard errors need two or more", c.Size, len(c.Y))
		}
		if !slices.IsSorted(c.X) {
			panic("measure: the places of a curve ascend")
		}
		for _, y := range c.Y {
			if len(y) != len(c.X) {
				panic("measure: a sample has one value at each place")
			}
			for _, v := range y {
				if v < 0 || v > 1 {
					return fmt.Errorf("size %v has the value %v, which is no fraction", c.Size, v)
				}
			}
		}
	}
	return nil
}

// places are all places of the curves but the outermost, ascending.
func places(curves []Curve) []float64 {
	var xs []float64
	for _, c := range curves {
		xs = append(xs, c.X...)
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	if len(xs) > 2 {
		xs = xs[1 : len(xs)-1]
	}
	return xs
}

// nearest is the place where the curve comes nearest to level.
func nearest(c Curve, level float64) float64 {
	at, least := 0.0, math.Inf(1)
	for k, x := range c.X {
		if n, mean := c.cell(k); n > 0 && math.Abs(mean-level) < least {
			at, least = x, math.Abs(mean-level)
		}
	}
	return at
}

// cell is how many samples the curve has at place k, and their mean.
func (c *Curve) cell(k int) (n int, mean float64) {
	var sum float64
	for _, y := range c.Y {
		if v := y[k]; !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return n, sum / float64(n)
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// observed is one cell of a curve.
type observed struct {
	curve   int
	x, y, n float64
	place   int
}

// meeting is a fit of curves that meet at (x, c), c in logits.
type meeting struct {
	x, c     float64
	fixed    bool // c is given
	sizes    []float64
	curves   [][2]float64 // slope and curvature of each
	cells    []observed
	deviance float64
}

// perCell is the deviance by which fits with windows of their own compare.
func (m *meeting) perCell() float64 {
	return m.deviance / float64(len(m.cells)-len(m.free()))
}

// numbers are what the bootstrap estimates: the place, the fraction, the
// exponent and the slopes.
func (m *meeting) numbers() []float64 {
	if m.curves == nil {
		return nil
	}
	logs, steep := make([]float64, len(m.sizes)), make([]float64, len(m.sizes))
	list := []float64{m.x, logistic(m.c), 0}
	for i, c := range m.curves {
		logs[i], steep[i] = math.Log(m.sizes[i]), math.Log(math.Abs(c[0]))
		list = append(list, c[0])
	}
	_, list[2] = stat.LinearRegression(logs, steep, nil, false)
	return list
}

func (m *meeting) window() (from, to float64) {
	from, to = math.Inf(1), math.Inf(-1)
	for _, c := range m.cells {
		from, to = min(from, c.x), max(to, c.x)
	}
	return from, to
}

// meet fits from a first guess of the place and, unless it is fixed, of c, and
// moves the window until it holds the cells around the crossing it gives.
func meet(curves []Curve, guess meeting, fixed bool, window float64) (meeting, error) {
	m := guess
	m.fixed, m.sizes = fixed, make([]float64, len(curves))
	for i, c := range curves {
		m.sizes[i] = c.Size
	}
	if math.IsNaN(m.c) {
		m.c = meanLogit(curves, m.x)
	}
	var before []observed
	for range 20 {
		m.cells = m.cells[:0:0]
		for i := range curves {
			m.cells = append(m.cells, around(&curves[i], i, m.c, window)...)
		}
		if err := m.enough(); err != nil {
			return meeting{}, err
		}
		if slices.EqualFunc(m.cells, before, func(a, b observed) bool { return a.curve == b.curve && a.place == b.place }) {
			return m, m.crosses()
		}
		before = m.cells
		m.curves = make([][2]float64, len(curves))
		if err := m.fit(); err != nil {
			return meeting{}, err
		}
	}
	return m, m.crosses() // two windows in turn: either will do
}

// crosses says whether every curve passes the meeting between cells of its own,
// and all in one direction: parabolas also meet where no curve does.
func (m *meeting) crosses() error {
	for i, curve := range m.curves {
		below, above := false, false
		for _, c := range m.cells {
			if c.curve == i {
				below, above = below || c.x <= m.x, above || c.x >= m.x
			}
		}
		if !below || !above || curve[0]*m.curves[0][0] <= 0 {
			return errNoCrossing
		}
	}
	return nil
}

// refit fits other samples of the same places in the same window.
func (m *meeting) refit(curves []Curve) (meeting, error) {
	r := *m
	r.curves = slices.Clone(m.curves)
	r.cells = slices.Clone(m.cells)
	for i := range r.cells {
		c := &r.cells[i]
		n, mean := curves[c.curve].cell(c.place)
		c.n, c.y = float64(n), mean
		if n == 0 {
			c.y = 0.5 // without weight
		}
	}
	if err := r.fit(); err != nil {
		return r, err
	}
	return r, r.crosses()
}

// enough says whether each curve has the three cells that its slope and
// curvature and their check need.
func (m *meeting) enough() error {
	counts := make([]int, len(m.sizes))
	for _, c := range m.cells {
		counts[c.curve]++
	}
	for i, n := range counts {
		if n < 3 {
			return fmt.Errorf("size %v has %d places near the crossing; three or more are needed", m.sizes[i], n)
		}
	}
	return nil
}

// around are the cells of a curve whose fraction is within the window of c, in
// logits.
func around(curve *Curve, index int, c, window float64) []observed {
	var cells []observed
	for k, x := range curve.X {
		n, mean := curve.cell(k)
		if n == 0 {
			continue
		}
		// Half a sample each way keeps the logits of 0 and 1 finite.
		if math.Abs(logit((mean*float64(n)+0.5)/(float64(n)+1))-c) <= window {
			cells = append(cells, observed{index, x, mean, float64(n), k})
		}
	}
	return cells
}

// meanLogit is the mean over the curves of the logit at the place nearest to x.
func meanLogit(curves []Curve, x float64) float64 {
	var sum float64
	for i := range curves {
		c := &curves[i]
		at := 0
		for k := range c.X {
			if math.Abs(c.X[k]-x) < math.Abs(c.X[at]-x) {
				at = k
			}
		}
		n, mean := c.cell(at)
		if n == 0 {
			return math.NaN()
		}
		sum += logit((mean*float64(n) + 0.5) / (float64(n) + 1))
	}
	return sum / float64(len(curves))
}

// free are the numbers that a fit varies: x, c unless it is fixed, and slope
// and curvature of each curve.
func (m *meeting) free() []float64 {
	list := []float64{m.x}
	if !m.fixed {
		list = append(list, m.c)
	}
	for _, c := range m.curves {
		list = append(list, c[0], c[1])
	}
	return list
}

func (m *meeting) set(free []float64) {
	m.x, free = free[0], free[1:]
	if !m.fixed {
		m.c, free = free[0], free[1:]
	}
	for i := range m.curves {
		m.curves[i] = [2]float64{free[2*i], free[2*i+1]}
	}
}

func (m *meeting) logitAt(c *observed) float64 {
	u := c.x - m.x
	return m.c + float64(m.curves[c.curve][0]*u) + float64(m.curves[c.curve][1]*u*u)
}

// loss is half the deviance of the cells.
func (m *meeting) loss() float64 {
	var sum float64
	for i := range m.cells {
		c := &m.cells[i]
		p := logistic(m.logitAt(c))
		sum += float64(c.n * (entropyTerm(c.y, p) + entropyTerm(1-c.y, 1-p)))
	}
	return sum
}

// entropyTerm is y ln(y/p), which is 0 at y = 0.
func entropyTerm(y, p float64) float64 {
	if y == 0 {
		return 0
	}
	return y * math.Log(y/max(p, 1e-300))
}

// fit minimises the deviance by damped Fisher scoring from where m stands. With
// slopes of zero, where the place does not matter, it first fits these.
func (m *meeting) fit() error {
	if m.curves[0] == [2]float64{} {
		if err := m.score(true); err != nil {
			return err
		}
	}
	return m.score(false)
}

// errNoCrossing is a fit that leads nowhere.
var errNoCrossing = errors.New("the curves do not cross within the window")

// score is the descent itself; with held, the place stays as it is.
func (m *meeting) score(held bool) error {
	first := 0
	if held {
		first = 1
	}
	from, to := m.window()
	theta := m.free()
	dim := len(theta) - first
	at := m.loss()
	for range 200 {
		info, gradient := mat.NewSymDense(dim, nil), mat.NewVecDense(dim, nil)
		row := make([]float64, len(theta))
		for i := range m.cells {
			c := &m.cells[i]
			clear(row)
			u := c.x - m.x
			slope, bend := m.curves[c.curve][0], m.curves[c.curve][1]
			row[0] = -slope - float64(2*bend*u)
			k := 1
			if !m.fixed {
				row[1], k = 1, 2
			}
			row[k+2*c.curve], row[k+2*c.curve+1] = u, u*u
			p := logistic(m.logitAt(c))
			used := row[first:]
			info.SymRankOne(info, c.n*p*(1-p), mat.NewVecDense(dim, used))
			gradient.AddScaledVec(gradient, c.n*(c.y-p), mat.NewVecDense(dim, used))
		}
		// A ridge far below the information keeps flat directions in place.
		for i := range dim {
			info.SetSym(i, i, info.At(i, i)*(1+1e-9)+1e-12)
		}
		var chol mat.Cholesky
		var step mat.VecDense
		if !chol.Factorize(info) || chol.SolveVecTo(&step, gradient) != nil {
			return errNoCrossing
		}
		damping, moved := 1.0, false
		next := slices.Clone(theta)
		for range 40 {
			for i := range dim {
				next[first+i] = theta[first+i] + float64(damping*step.AtVec(i))
			}
			m.set(next)
			if l := m.loss(); l < at && m.x >= from && m.x <= to {
				moved = at-l > 1e-12*(1+at)
				at = l
				break
			}
			damping /= 2
			copy(next, theta)
		}
		m.set(next)
		theta = next
		if !moved {
			m.deviance = 2 * at
			if !held && (m.x <= from || m.x >= to) {
				return errNoCrossing
			}
			return nil
		}
	}
	return errNoCrossing
}

// resample draws the samples of each curve anew and collects what f gives.
func resample(curves []Curve, rng *rand.Rand, times int, f func([]Curve) ([]float64, error)) [][]float64 {
	var out [][]float64
	drawn := slices.Clone(curves)
	for range times {
		for i, c := range curves {
			drawn[i].Y = make([][]float64, len(c.Y))
			for r := range c.Y {
				drawn[i].Y[r] = c.Y[rng.IntN(len(c.Y))]
			}
		}
		if list, err := f(drawn); err == nil {
			out = append(out, list)
		}
	}
	return out
}

// spread is the standard deviation of number i over the resamples.
func spread(drawn [][]float64, i int) float64 {
	list := make([]float64, len(drawn))
	for k, d := range drawn {
		list[k] = d[i]
	}
	return stat.StdDev(list, nil)
}
