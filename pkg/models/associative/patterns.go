package associative

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/patience"
)

// memories are p patterns of n spins, ±1, one pattern after another.
type memories struct {
	n, p int
	xi   []float64
}

// pattern is pattern mu as a state; it must not be written to.
func (m *memories) pattern(mu int) []float64 { return m.xi[mu*m.n:][:m.n] }

// origins are the generators that patterns are drawn from.
type origins struct {
	fair     *rand.Rand // fair signs
	mixture  *rand.Rand // which of them follow the bias or the ancestor; unused if neither does
	ancestor *rand.Rand // the common ancestor; unused without correlation
}

// newMemories draws p patterns of n components with mean a. Each component is
// with probability √c that of a common ancestor, whose mean is a as well, and
// drawn on its own otherwise; c is then the correlation coefficient of two
// patterns at a neuron.
//
// A component of mean a is the sign of a with probability |a|, else a fair sign.
// So the fair signs are the same at every a and c, and those drawn are the first
// of those of a larger p. It heeds ctx, whose error is the only one.
func newMemories(ctx context.Context, n, p int, a, c float64, o origins) (*memories, error) {
	m := &memories{n: n, p: p, xi: make([]float64, n*p)}
	var ancestor []float64
	copied := math.Sqrt(c)
	if copied > 0 {
		ancestor = make([]float64, n)
		draw.Signs(ancestor, o.ancestor)
		for i := range ancestor {
			if o.ancestor.Float64() < math.Abs(a) {
				ancestor[i] = math.Copysign(1, a)
			}
		}
	}
	work := patience.New(ctx)
	for mu := range p {
		if err := work.Spend(patience.Func * n); err != nil {
			return nil, err
		}
		xi := m.pattern(mu)
		draw.Signs(xi, o.fair)
		if a == 0 && copied == 0 {
			continue
		}
		for i := range xi {
			own, inherited := o.mixture.Float64(), o.mixture.Float64()
			if own < math.Abs(a) {
				xi[i] = math.Copysign(1, a)
			}
			if inherited < copied {
				xi[i] = ancestor[i]
			}
		}
	}
	return m, nil
}

// pack overwrites dst with a state in words, a bit for a neuron.
func pack(dst []uint64, state []float64) {
	clear(dst)
	for i, s := range state {
		if s > 0 {
			dst[i/64] |= 1 << (i % 64)
		}
	}
}
