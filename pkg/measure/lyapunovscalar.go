package measure

import (
	"context"
	"math"

	"github.com/neurosweep/sweep/pkg/dynamics"
)

// LyapunovScalar is the Lyapunov exponent of a map of one number, fast: the
// caller's advance goes n steps from x in a loop of its own and returns where it
// came to and the sum of ln |f'| on the way,
//
//	lambda = < ln |f'(x)| > / Time
//
// in nats per step, with the standard error of block means, see [BlockEstimate].
// It returns the last x too. Of the settings Every, Align, Exponents, Distance and
// Series have no meaning here.
//
// Cost: what advance costs; it is asked for 4096 steps at a time.
func LyapunovScalar(ctx context.Context, advance func(x float64, n int) (y, sum float64), x float64, s LyapunovSettings) (Estimate, float64, dynamics.Ending, error) {
	s = s.withDefaults(nil)
	b := newBlocking(s.Steps, s.Blocks, 1)
	walk := func(n int) (total float64, e dynamics.Ending, err error) {
		for n > 0 {
			if err := ctx.Err(); err != nil {
				return 0, dynamics.Limit, err
			}
			k := min(n, 4096)
			var sum float64
			x, sum = advance(x, k)
			if !(math.Abs(x) <= s.Bound) {
				return 0, dynamics.Diverged, nil
			}
			total += sum
			n -= k
		}
		return total, dynamics.Limit, nil
	}
	if _, e, err := walk(s.Transient); e != dynamics.Limit || err != nil {
		return Estimate{}, x, e, err
	}
	means := make([]float64, b.blocks)
	for i := range means {
		if _, e, err := walk(b.gap); e != dynamics.Limit || err != nil {
			return Estimate{}, x, e, err
		}
		sum, e, err := walk(b.length)
		if e != dynamics.Limit || err != nil {
			return Estimate{}, x, e, err
		}
		means[i] = sum / (float64(b.length) * s.Time)
	}
	return BlockEstimate(means), x, dynamics.Limit, nil
}
