package measures

import (
	"context"
	"math"

	"github.com/neurosweep/sweep/internal/patience"
	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
	"github.com/neurosweep/sweep/pkg/models"
)

// Series is what can be asked of a sample of the orbit: of successive states that
// are measured and not kept. All measures of a trial see the same sample.
type Series struct {
	ZeroOne, Permutation, Autocorrelation, Correlation *models.Measure
}

// All are the measures of the sample.
func (s *Series) All() []*models.Measure {
	return []*models.Measure{s.ZeroOne, s.Permutation, s.Autocorrelation, s.Correlation}
}

// The least sample: the 0-1 test wants that many values.
const leastSample = 1000

// separation is how far apart values are distinct for a tolerance of periods: an
// orbit that converges to a cycle has not done so to the last digit after the
// transient.
func separation(tolerance float64) float64 { return math.Sqrt(tolerance) }

// declare declares the measures; interval is the time between two states of a
// flow's sample, nil for a map.
func (s *Series) declare(suite *suite, d Defaults, interval *models.FloatParam) {
	size := models.Int("sample", 2000, "states of the orbit that are sampled, and not kept").AtLeast(leastSample).AtMost(1e5)
	params := []models.Param{size}
	if interval != nil {
		params = append(params, interval)
	}
	// add declares a measure of the sample.
	add := func(x models.Measure, put func(ctx context.Context, t *models.Trial, o *Orbit) error) *models.Measure {
		x.Params = append(append([]models.Param(nil), params...), x.Params...)
		return suite.add(&x, false, func(ctx context.Context, t *models.Trial, o *Orbit) (dynamics.Ending, error) {
			if o.sampled == nil {
				m := o.Map
				if interval != nil {
					m = dynamics.NewRK4(o.Flow, o.Dt, whole(interval.Of(t), o.Dt))
				}
				var states *[]float64
				if s.Correlation != nil && t.Asks(s.Correlation) {
					// It grows as it is filled, so that whoever watches memory sees it come.
					o.states = make([]float64, 0, min(size.Of(t)*m.Dim(), patience.Share))
					states = &o.states
				}
				sampled := make([]float64, size.Of(t))
				if e, err := o.show(ctx, sampled, path{m, o.Fill}, states); e == dynamics.Diverged || err != nil {
					return e, err
				}
				o.sampled = sampled
			}
			return dynamics.Limit, put(ctx, t, o)
		})
	}

	frequencies := models.Int("frequencies", 100, "random frequencies that the 0-1 test is a median over").AtLeast(1).AtMost(10_000)
	draw := models.NewStream("frequencies")
	k := models.Scalar("zero_one", "", "K of the 0-1 test: near 0 for regular, near 1 for chaotic motion; null if the orbit diverged")
	s.ZeroOne = add(models.Measure{
		Name: "zero_one", Doc: "the 0-1 test for chaos of Gottwald and Melbourne on " + d.Shown,
		Params: []models.Param{frequencies}, Outputs: []models.Output{k}, Streams: []*models.Stream{draw},
	}, func(ctx context.Context, t *models.Trial, o *Orbit) error {
		result, err := measure.ZeroOne(ctx, o.sampled, draw.Of(t), measure.ZeroOneSettings{Frequencies: frequencies.Of(t)})
		if err == nil {
			k.Put(t, result)
		}
		return err
	})

	order := models.Int("order", 4, "values in an ordinal pattern").AtLeast(2).AtMost(8)
	delay := models.Int("delay", 1, "states of the sample from one value of a pattern to the next").AtLeast(1).AtMost(100)
	entropy := models.Scalar("permutation_entropy", "", "permutation entropy over that of white noise, from 0 to 1; null if the orbit diverged")
	forbidden := models.Integer("forbidden", "", "ordinal patterns that do not occur; null if the orbit diverged")
	s.Permutation = add(models.Measure{
		Name: "permutation", Doc: "the permutation entropy of Bandt and Pompe of " + d.Shown,
		Params: []models.Param{order, delay}, Outputs: []models.Output{entropy, forbidden},
	}, func(ctx context.Context, t *models.Trial, o *Orbit) error {
		p := measure.Ordinal(o.sampled, order.Of(t), delay.Of(t))
		entropy.Put(t, p.Normalised())
		forbidden.Put(t, int64(p.Forbidden))
		return ctx.Err()
	})

	unit := "steps"
	if interval != nil {
		unit = interval.Decl().Unit
	}
	tau := models.Scalar("autocorrelation_time", unit, "integrated autocorrelation time; null if the sample is too short for it or the orbit diverged")
	s.Autocorrelation = add(models.Measure{
		Name: "autocorrelation", Doc: "the integrated autocorrelation time of " + d.Shown,
		Outputs: []models.Output{tau},
	}, func(ctx context.Context, t *models.Trial, o *Orbit) error {
		v, ok, err := measure.AutocorrelationTime(ctx, o.sampled)
		if err != nil {
			return err
		}
		if ok {
			if interval != nil {
				v *= float64(whole(interval.Of(t), o.Dt)) * o.Dt
			}
			tau.Put(t, v)
		}
		return nil
	})

	low := models.Float("radius_low", 0.001, "smallest distance of the fit, over the extent of the sample").Above(0).Below(1)
	ratio := models.Float("radius_ratio", 100, "largest distance of the fit over the smallest").Above(1).AtMost(1e6)
	theiler := models.Int("theiler", 10, "pairs at most this many states apart are left out").AtLeast(1).AtMost(leastSample / 2)
	dimension := models.Scalar("correlation_dimension", "", "correlation dimension; null if the sample is too small for the distances or the orbit diverged")
	s.Correlation = add(models.Measure{
		Name: "correlation", Doc: "the correlation dimension of Grassberger and Procaccia of the states",
		Params: []models.Param{low, ratio, theiler}, Outputs: []models.Output{dimension},
	}, func(ctx context.Context, t *models.Trial, o *Orbit) error {
		dim := len(o.X)
		size, err := extent(ctx, o.states, dim)
		if err != nil || !(size > 0) {
			return err // a fixed point has no distances
		}
		r := low.Of(t) * size
		c, err := measure.CorrelationDimension(ctx, o.states, dim, measure.CorrelationSettings{Theiler: theiler.Of(t), Low: r, High: r * ratio.Of(t)})
		if err == nil && !math.IsNaN(c.Dimension) && !math.IsInf(c.Dimension, 0) {
			dimension.Put(t, c.Dimension)
		}
		return err
	})
}

// whole is how many steps of dt there are about in a time, at least one.
func whole(time, dt float64) int { return max(1, int(math.Round(time/dt))) }

// extent is the longest side of the box that the states lie in.
func extent(ctx context.Context, states []float64, dim int) (float64, error) {
	var longest float64
	work := patience.New(ctx)
	for i := range dim {
		if err := work.Spend(patience.Func * len(states) / dim); err != nil { // far apart in memory
			return 0, err
		}
		low, high := states[i], states[i]
		for k := i; k < len(states); k += dim {
			low, high = min(low, states[k]), max(high, states[k])
		}
		longest = max(longest, high-low)
	}
	return longest, nil
}
