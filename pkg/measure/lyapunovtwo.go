package measure

import (
	"context"
	"math"

	"github.com/neurosweep/sweep/internal/patience"
	"github.com/neurosweep/sweep/pkg/dynamics"
)

// LyapunovTwo is the largest Lyapunov exponent of m from two trajectories: the
// second starts at Distance from the first and is brought back to that distance
// every Every steps,
//
//	lambda = < ln(d / Distance) > / (Every Time)
//
// in nats per unit of time, with the standard error of block means, see
// [BlockEstimate]. It needs no derivative, and sees what happens at a finite
// distance: near a marginal direction that is another number than [Lyapunov]'s.
// Two trajectories that meet exactly have the exponent -Inf.
//
// Cost: two steps per step. Nothing is allocated per step.
//
// G. Benettin, L. Galgani, J.-M. Strelcyn, Phys. Rev. A 14:2338 (1976).
func LyapunovTwo(ctx context.Context, m dynamics.Map, x []float64, s LyapunovSettings) (Estimate, dynamics.Ending, error) {
	s = s.withDefaults(m)
	a := dynamics.NewOrbit(m, x)
	if e, err := a.Advance(ctx, s.Transient, s.Bound); e != dynamics.Limit || err != nil {
		return Estimate{}, e, err
	}
	b := dynamics.NewOrbit(m, a.X)
	apart := make([]float64, m.Dim())
	generic(apart)
	// apart holds the difference, at any length; rescale puts b at Distance.
	rescale := func() {
		d := math.Sqrt(dot(apart, apart))
		if d == 0 {
			generic(apart)
			d = math.Sqrt(dot(apart, apart))
		}
		for i := range apart {
			b.X[i] = a.X[i] + float64(apart[i]*(s.Distance/d))
		}
	}
	rescale()
	work, step := patience.New(ctx), 2*dynamics.Work(m)
	walk := func(n int) (total float64, e dynamics.Ending, err error) {
		for i := 1; i <= n; i++ {
			if err := work.Spend(step); err != nil {
				return 0, dynamics.Limit, err
			}
			a.Step()
			b.Step()
			if dynamics.Beyond(a.X, s.Bound) || dynamics.Beyond(b.X, s.Bound) {
				return 0, dynamics.Diverged, nil
			}
			if i%s.Every == 0 {
				for j := range apart {
					apart[j] = b.X[j] - a.X[j]
				}
				total += math.Log(math.Sqrt(dot(apart, apart)) / s.Distance)
				rescale()
			}
		}
		return total, dynamics.Limit, nil
	}
	blocks := newBlocking(s.Steps, s.Blocks, s.Every)
	if _, e, err := walk((s.Align + s.Every - 1) / s.Every * s.Every); e != dynamics.Limit || err != nil {
		return Estimate{}, e, err
	}
	means := make([]float64, blocks.blocks)
	for i := range means {
		if _, e, err := walk(blocks.gap); e != dynamics.Limit || err != nil {
			return Estimate{}, e, err
		}
		sum, e, err := walk(blocks.length)
		if e != dynamics.Limit || err != nil {
			return Estimate{}, e, err
		}
		means[i] = sum / (float64(blocks.length) * s.Time)
	}
	return BlockEstimate(means), dynamics.Limit, nil
}
