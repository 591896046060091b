// Package patience counts work between two looks at a context.
//
// A loop whose steps take very different times at different settings counts what a
// step computes, not the steps: [Patience.Spend] asks the context when about so much
// was computed as takes some hundredths of a second.
package patience

import "context"

// Share is how many numbers are computed between two looks at the context: an
// addition and a multiplication are about one, a function such as a logarithm Func.
const Share = 1 << 24

// Func is what a logarithm, an exponential or a hyperbolic tangent counts.
const Func = 16

// Patience is a context and what may be computed until it is asked again.
type Patience struct {
	ctx  context.Context
	left int
}

// New is a patience that asks ctx when first spent.
func New(ctx context.Context) *Patience { return &Patience{ctx: ctx} }

// Spend counts so many numbers as computed, or about to be, and is the context's
// error if it is done and was asked.
func (p *Patience) Spend(numbers int) error {
	if p.left -= numbers; p.left > 0 {
		return nil
	}
	return p.ask()
}

func (p *Patience) ask() error {
	p.left = Share
	return p.ctx.Err()
}

// Leave runs f, which looks at no context, and comes back when f has ended or the
// context is done, with its error. In that case f goes on, and ends by itself: what it
// writes to must be its own. A panic of f is one of Leave.
//
// It is for algorithms of libraries that take minutes at the largest sizes.
func Leave(ctx context.Context, f func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ended := make(chan any, 1)
	go func() {
		defer func() { ended <- recover() }()
		f()
	}()
	select {
	case r := <-ended:
		if r != nil {
			panic(r)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
