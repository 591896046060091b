package measure

import (
	"context"
	"math"

	"github.com/neurosweep/sweep/pkg/dynamics"
)

// Escape is the escape time of x: the first step at which |x|, in the Euclidean
// norm, is larger than radius, 0 if it is so at once. [dynamics.Diverged] says
// that it escaped, [dynamics.Limit] that it did not in limit steps.
//
// Cost: one step per step.
func Escape(ctx context.Context, m dynamics.Map, x []float64, radius float64, limit int) (int, dynamics.Ending, error) {
	o := dynamics.NewOrbit(m, x)
	for t := 0; ; t++ {
		if !(math.Sqrt(dot(o.X, o.X)) <= radius) {
			return t, dynamics.Diverged, nil
		}
		if t == limit {
			return t, dynamics.Limit, nil
		}
		if t&1023 == 0 {
			if err := ctx.Err(); err != nil {
				return t, dynamics.Limit, err
			}
		}
		o.Step()
	}
}
