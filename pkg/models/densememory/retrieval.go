package densememory

import (
	"context"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/pkg/dynamics"
)

// retrieval starts the dynamics from the first patterns, one try after another.
type retrieval struct {
	memory    *memory
	dynamics  relaxation
	tries     int // at most memory.k
	maxSweeps int
	flips     int        // spins of the pattern that are flipped before a try
	start     *rand.Rand // which they are
}

// results are means over the tries; see the outputs of the same names.
type results struct {
	overlap, success, sweeps, unstable, fixed float64

	limited  bool // a try met maxSweeps
	overlaps []float64
}

func (e *retrieval) run(ctx context.Context) (results, error) {
	m, d := e.memory, e.dynamics
	res := results{overlaps: make([]float64, e.tries)}
	pattern, begin := make([]float64, m.n), make([]float64, m.n)
	sites := draw.Identity(m.n)
	sweeps, unstable, fixed, successes := 0, 0, 0, 0
	for mu := range e.tries {
		if err := ctx.Err(); err != nil {
			return results{}, err
		}
		for i := range pattern {
			pattern[i] = float64(m.xi[i*m.k+mu])
		}
		if err := d.begin(ctx, pattern); err != nil {
			return results{}, err
		}
		wrong, err := d.unstable(ctx)
		if err != nil {
			return results{}, err
		}
		unstable += wrong
		if wrong == 0 {
			fixed++
		}
		if e.flips > 0 {
			copy(begin, pattern)
			draw.Choose(sites, e.flips, e.start)
			for _, i := range sites[:e.flips] {
				begin[i] = -begin[i]
			}
			if err := d.begin(ctx, begin); err != nil {
				return results{}, err
			}
		}
		count, settled, err := dynamics.Settle(ctx, e.maxSweeps, d.sweep)
		if err != nil {
			return results{}, err
		}
		res.limited = res.limited || !settled
		sweeps += count
		sum := 0.0
		for i, s := range d.state() {
			sum += pattern[i] * s
		}
		res.overlaps[mu] = sum / float64(m.n)
		res.overlap += res.overlaps[mu]
		if res.overlaps[mu] > 0.8 {
			successes++
		}
	}
	k := float64(e.tries)
	res.overlap /= k
	res.success = float64(successes) / k
	res.sweeps = float64(sweeps) / k
	res.unstable = float64(unstable) / (k * float64(m.n))
	res.fixed = float64(fixed) / k
	return res, nil
}
