package runner

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/neurosweep/sweep/pkg/models"
)

// Observation is how long a trial took, and what tells of that beforehand.
type Observation struct {
	Traits []float64 // see [Traits]
	Wall   float64   // s
}

// Traits appends to dst what tells how long the trial of a point may take: the
// logarithms of the model's size parameters, then the place, a number for each
// parameter. A size that is not set counts as 1, one that is 0 or less as 1/2: it
// makes a trial shorter than 1 does, and not infinitely so. Texts and flags have
// places in their order.
func Traits(m *models.Model, p *models.Point, dst []float64) []float64 {
	for _, param := range m.Size {
		v := p.Values[m.Param(param.Decl().Name)]
		switch x := v.Float(); {
		case !v.IsSet():
			dst = append(dst, 0)
		case x <= 0:
			dst = append(dst, -math.Ln2)
		default:
			dst = append(dst, math.Log(x))
		}
	}
	for i, v := range p.Values {
		switch v.Kind() {
		case models.IntKind, models.FloatKind:
			dst = append(dst, v.Float())
		case models.TextKind:
			dst = append(dst, float64(slices.Index(m.Params[i].Decl().Choices, v.Text())))
		case models.FlagKind:
			x := 0.
			if v.Flag() {
				x = 1
			}
			dst = append(dst, x)
		default:
			dst = append(dst, unset)
		}
	}
	return dst
}

// unset is the place of a parameter that is not set.
var unset = math.Inf(-1)

// Cost predicts how long a trial takes from its sizes and its place:
//
//	log wall = a + Σ β_i log size_i + ε
//
// by least squares over trials that have ended. A size that did not vary among
// them is left out, and so are all if there are too few trials to tell. Sizes
// that varied together share what they explain: the normal equations in
// standardized sizes get a ridge of 1e-4, which moves a slope that the data
// determine by as much, relatively.
//
// ε is that of the nearest trials, if those tell of it: see [nearby].
type Cost struct {
	mean   []float64 // of each size
	slope  []float64 // β, 0 where a size was left out
	one    []bool    // all trials had the same size
	level  float64   // mean of log wall
	smear  float64   // mean of e^ε: exp(E log wall) is less than E wall
	spread float64   // standard deviation of ε, as far as the place does not tell
	vary   float64   // standard deviation of e^ε over its mean, likewise
	n      int       // observations
	terms  int       // slopes fitted
	nearby *nearby   // nil if the place does not tell
}

const (
	ridge = 1e-4
	// spare is how many more trials than slopes it takes to fit slopes.
	spare = 3
	// shortestWall keeps the logarithm of a wall time finite.
	shortestWall = 1e-8
)

// FitCost fits a Cost to the observations, whose traits begin with so many sizes.
// It is nil if there are none.
func FitCost(observed []Observation, sizes int) *Cost {
	n := len(observed)
	if n == 0 {
		return nil
	}
	k := sizes
	c := &Cost{mean: make([]float64, k), slope: make([]float64, k), one: make([]bool, k), n: n}
	sd := make([]float64, k)
	y := make([]float64, n)
	for i, o := range observed {
		y[i] = math.Log(max(o.Wall, shortestWall))
		c.level += y[i] / float64(n)
		for j, x := range o.Traits[:k] {
			c.mean[j] += x / float64(n)
		}
	}
	for _, o := range observed {
		for j, x := range o.Traits[:k] {
			sd[j] += (x - c.mean[j]) * (x - c.mean[j]) / float64(n)
		}
	}
	var used []int
	for j := range sd {
		sd[j] = math.Sqrt(sd[j])
		// Constant but for rounding; a real ratio of two sizes is farther from 1.
		if c.one[j] = sd[j] <= 1e-9; !c.one[j] {
			used = append(used, j)
		}
	}
	if len(used) > 0 && n >= len(used)+spare {
		c.fit(observed, y, used, sd)
	}
	e := make([]float64, n)
	for i, o := range observed {
		e[i] = y[i] - c.logWall(o.Traits)
		c.smear += math.Exp(e[i]) / float64(n)
	}
	square, waste := 0., 0.
	for _, e := range e {
		d := math.Exp(e) - c.smear
		square, waste = square+e*e, waste+d*d
	}
	free := float64(max(n-c.terms-1, 1))
	c.spread, c.vary = math.Sqrt(square/free), math.Sqrt(waste/free)/c.smear
	c.nearby = findNearby(observed, k, e)
	if c.nearby != nil {
		c.spread, c.vary = c.nearby.spread, c.nearby.vary
	}
	if n == 1 {
		c.spread, c.vary = 1, 1 // one trial says nothing of how they differ
	}
	return c
}

// fit solves (Z'Z/n + ridge) γ = Z'y/n for the standardized sizes Z.
func (c *Cost) fit(observed []Observation, y []float64, used []int, sd []float64) {
	k := len(used)
	a, b := mat.NewSymDense(k, nil), mat.NewVecDense(k, nil)
	z := make([]float64, k)
	n := float64(len(observed))
	for i, o := range observed {
		for j, at := range used {
			z[j] = (o.Traits[at] - c.mean[at]) / sd[at]
		}
		for j := range z {
			b.SetVec(j, b.AtVec(j)+z[j]*(y[i]-c.level)/n)
			for l := range j + 1 {
				a.SetSym(j, l, a.At(j, l)+z[j]*z[l]/n)
			}
		}
	}
	for j := range k {
		a.SetSym(j, j, a.At(j, j)+ridge)
	}
	var chol mat.Cholesky
	var gamma mat.VecDense
	if !chol.Factorize(a) || chol.SolveVecTo(&gamma, b) != nil {
		return // not with a ridge, but a level is better than a panic
	}
	for j, at := range used {
		c.slope[at] = gamma.AtVec(j) / sd[at]
	}
	c.terms = k
}

// logWall is a + Σ β_i log size_i.
func (c *Cost) logWall(traits []float64) float64 {
	y := c.level
	for j, slope := range c.slope {
		y += slope * (traits[j] - c.mean[j])
	}
	return y
}

// Wall is the expected wall time of a trial with these traits, in s.
func (c *Cost) Wall(traits []float64) float64 {
	smear := c.smear
	if c.nearby != nil {
		_, smear = c.nearby.at(traits[len(c.slope):])
	}
	return smear * math.Exp(c.logWall(traits))
}

// Band is the wall time in s that one trial of ten with these traits stays below,
// and that which one of ten exceeds, if log wall is normal.
func (c *Cost) Band(traits []float64) (low, high float64) {
	y := c.logWall(traits)
	if c.nearby != nil {
		e, _ := c.nearby.at(traits[len(c.slope):])
		y += e
	}
	e := c.quantile(0.9) * c.spread * math.Sqrt(1+float64(c.terms+1)/float64(c.n))
	return math.Exp(y - e), math.Exp(y + e)
}

// Depends reports whether the predicted time is another for other traits.
func (c *Cost) Depends() bool { return c.terms > 0 || c.nearby != nil }

// Slopes are the powers of the sizes that the time goes as, 0 for a size that
// was left out.
func (c *Cost) Slopes() []float64 { return c.slope }

// SumFactor is what the sum of the expected times of so many trials is to be
// divided and multiplied by for a band of nine in ten: the standard error of
// the fit, which all trials share, and the chance of each trial, which averages
// out.
func (c *Cost) SumFactor(trials int64) float64 {
	return math.Exp(c.quantile(0.95) * c.vary * math.Sqrt(float64(c.terms+1)/float64(c.n)+1/float64(max(trials, 1))))
}

// quantile is that of Student's t with as many degrees of freedom as the
// trials left over the numbers fitted: few trials do not know their own spread.
func (c *Cost) quantile(p float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: float64(max(c.n-c.terms-1, 1))}.Quantile(p)
}

// workSample is how many trials stand for all when work is added up.
const workSample = 2048

// Work is the expected sum of the wall times, in s, of the trials of the plan
// that left does not take away, of which there are so many. It is exact for a
// short plan, and else from a sample of it. It is not known where there are trials
// left of twice or half a size that all had which have ended.
func (c *Cost) Work(plan Plan, length int64, left func([]int64) []int64, trials int64) (work float64, known bool) {
	sample := left(Spread(workSample, length))
	if len(sample) == 0 {
		return 0, true
	}
	m := plan.Setting().Model
	var point models.Point
	var traits []float64
	for _, trial := range sample {
		plan.Point(trial, &point)
		traits = Traits(m, &point, traits[:0])
		for j, one := range c.one {
			if one && math.Abs(traits[j]-c.mean[j]) > 0.99*math.Ln2 {
				return 0, false
			}
		}
		work += c.Wall(traits)
	}
	return work / float64(len(sample)) * float64(trials), true
}
