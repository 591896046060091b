package measure

import (
	"context"
	"slices"

	"github.com/neurosweep/sweep/pkg/dynamics"
)

// Pick says which points of an orbit an orbit diagram shows.
type Pick uint8

// The picks.
const (
	EveryStep Pick = iota // the coordinate at every step
	Maxima                // its local maxima, by the parabola through three steps
	OnSection             // its value where the orbit crosses a section, by the line through two steps
)

// PointsSettings are the settings of [Points] and [SectionPoints].
type PointsSettings struct {
	Transient  int              // steps before the first point, for SectionPoints crossings; default 0
	Keep       int              // points that are kept; default 200
	Coordinate int              // of the state that is kept; default 0, the first
	Pick       Pick             // default EveryStep
	Section    dynamics.Section // for OnSection
	Limit      int              // steps after the transient, at most; default 1000 Keep
	Bound      float64          // where the orbit counts as diverged; default dynamics.DefaultBound
}

func (s PointsSettings) withDefaults(m dynamics.System) PointsSettings {
	if s.Keep == 0 {
		s.Keep = 200
	}
	if s.Limit == 0 {
		s.Limit = 1000 * s.Keep
	}
	if s.Bound == 0 {
		s.Bound = dynamics.DefaultBound
	}
	if s.Transient < 0 || s.Keep < 1 || s.Coordinate < 0 || s.Coordinate >= m.Dim() || s.Pick == OnSection && s.Section.G == nil {
		panic("measure: settings of an orbit diagram that make no sense")
	}
	return s
}

// Points appends to dst what an orbit (bifurcation) diagram shows of m at one
// parameter: Keep values of one coordinate after the transient. It returns the
// last state too, which may be the start at the next parameter; done in both
// directions that shows hysteresis. [dynamics.Limit] says that all points were
// found or all steps taken, [dynamics.Diverged] that the orbit left.
//
// A fixed point has no maxima, and an orbit on one side of a section no
// crossings: fewer points than asked for are an answer.
//
// Cost: one step per step; nothing is allocated but dst.
//
// R.M. May, Nature 261:459 (1976).
func Points(ctx context.Context, dst []float64, m dynamics.Map, x []float64, s PointsSettings) ([]float64, []float64, dynamics.Ending, error) {
	s = s.withDefaults(m)
	o := dynamics.NewOrbit(m, x)
	if e, err := o.Advance(ctx, s.Transient, s.Bound); e != dynamics.Limit || err != nil {
		return dst, o.X, e, err
	}
	var a, b, g float64 // the coordinate two steps and one step ago, and the section
	if s.Pick == OnSection {
		g = s.Section.G(o.X)
	}
	b = o.X[s.Coordinate]
	for kept, i := 0, 0; kept < s.Keep && i < s.Limit; i++ {
		if e, err := o.Advance(ctx, 1, s.Bound); e != dynamics.Limit || err != nil {
			return dst, o.X, e, err
		}
		c := o.X[s.Coordinate]
		switch s.Pick {
		case EveryStep:
			dst = append(dst, c)
			kept++
		case Maxima:
			if i > 0 && a < b && b >= c {
				dst = append(dst, b-float64((c-a)*(c-a))/(8*(a-b-b+c)))
				kept++
			}
		case OnSection:
			h := s.Section.G(o.X)
			if s.Section.Crosses(g, h) {
				dst = append(dst, b+float64((c-b)*(g/(g-h))))
				kept++
			}
			g = h
		}
		a, b = b, c
	}
	return dst, o.X, dynamics.Limit, nil
}

// SectionPoints appends to dst one coordinate of the flow f where its orbit
// crosses the section, located to 1e-10 in time, see [dynamics.Crossings]. Limit
// is in units of time here. The ending is that of [Points].
//
// Cost: that of the integrator, and some ten of its steps per crossing.
func SectionPoints(ctx context.Context, dst []float64, f dynamics.Flow, x []float64, tol dynamics.Tolerance, s PointsSettings) ([]float64, dynamics.Ending, error) {
	s.Pick = OnSection
	s = s.withDefaults(f)
	d := dynamics.NewDormandPrince(f, tol)
	d.Start(0, x)
	crossings := dynamics.NewCrossings(d, s.Section)
	at := make([]float64, f.Dim())
	for i := range s.Transient + s.Keep {
		_, e, err := crossings.Next(ctx, at, float64(s.Limit))
		if e != dynamics.Converged || err != nil {
			return dst, e, err
		}
		if i >= s.Transient {
			dst = append(dst, at[s.Coordinate])
		}
	}
	return dst, dynamics.Limit, nil
}

// Distinct is the number of values that differ: sorted, each more than tolerance
// above the one before. It is the period of an orbit if that has one, and the
// tolerance is below the distances of its points.
func Distinct(points []float64, tolerance float64) int {
	if len(points) == 0 {
		return 0
	}
	sorted := slices.Clone(points)
	slices.Sort(sorted)
	n := 1
	for i := 1; i < len(sorted); i++ {
		if sorted[i]-sorted[i-1] > tolerance {
			n++
		}
	}
	return n
}
