package experiment

import (
	"math"
	"math/big"
	"strconv"
	"sync"

	"github.com/neurosweep/sweep/pkg/models"
)

// chebyshev is the extrema of a Chebyshev polynomial between two numbers, both
// ends included: the middle less half the width times cos(π·i/gaps). Dense at
// the ends, they are where a smooth function is best interpolated.
type chebyshev struct {
	from, to *big.Rat
	gaps     int64
}

func (c *chebyshev) float(i int64) float64 {
	half := big.NewRat(1, 2)
	middle := new(big.Rat).Mul(new(big.Rat).Add(c.from, c.to), half)
	width := new(big.Rat).Mul(new(big.Rat).Sub(c.to, c.from), half)
	// Only these cosines of rational parts of π are rational (Niven).
	q := big.NewRat(i, c.gaps)
	for _, known := range []struct{ angle, cos *big.Rat }{
		{big.NewRat(0, 1), big.NewRat(1, 1)}, {big.NewRat(1, 3), big.NewRat(1, 2)}, {big.NewRat(1, 2), new(big.Rat)},
		{big.NewRat(2, 3), big.NewRat(-1, 2)}, {big.NewRat(1, 1), big.NewRat(-1, 1)},
	} {
		if q.Cmp(known.angle) == 0 {
			x, _ := middle.Sub(middle, width.Mul(width, known.cos)).Float64()
			return x
		}
	}
	return nearest(func(prec uint) *big.Float {
		// Where the two nearly cancel, more bits are needed for as many digits.
		for more := prec + 64; ; more *= 2 {
			float := func(r *big.Rat) *big.Float { return new(big.Float).SetPrec(more).SetRat(r) }
			a, b := float(middle), float(width)
			b.Mul(b, cosPi(q, more))
			y := new(big.Float).SetPrec(more).Sub(a, b)
			if y.Sign() != 0 && b.MantExp(nil)-y.MantExp(nil) < int(more-prec)-48 {
				return y.SetPrec(prec)
			}
		}
	})
}

// cosPi is cos(π·q) for q in (0, 1), by its series.
func cosPi(q *big.Rat, prec uint) *big.Float {
	float := func() *big.Float { return new(big.Float).SetPrec(prec) }
	// As the sine of what is missing to a right angle, which is exact near 0.
	x := float().SetRat(new(big.Rat).Sub(big.NewRat(1, 2), q))
	x.Mul(x, pi(prec))
	square := float().Mul(x, x)
	sum, term := float(), float().Set(x)
	for n := int64(2); term.Sign() != 0 && term.MantExp(nil) > x.MantExp(nil)-int(prec)-8; n += 2 {
		sum.Add(sum, term)
		term.Mul(term, square)
		term.Quo(term, float().SetInt64(-n*(n+1)))
	}
	return sum
}

var firstPi = sync.OnceValue(func() *big.Float { return computePi(firstPrec + 64) })

// pi is π, which is not to be changed.
func pi(prec uint) *big.Float {
	if prec == firstPrec+64 {
		return firstPi()
	}
	return computePi(prec)
}

// computePi: π = 16 arctan 1/5 - 4 arctan 1/239 (Machin).
func computePi(prec uint) *big.Float {
	sum := new(big.Float).SetPrec(prec + 16)
	add := func(factor, inverse int64) {
		term := new(big.Float).SetPrec(prec + 16).SetInt64(factor)
		term.Quo(term, new(big.Float).SetInt64(inverse))
		square := new(big.Float).SetInt64(-inverse * inverse)
		for n := int64(1); term.MantExp(nil) > -int(prec+16); n += 2 {
			sum.Add(sum, new(big.Float).SetPrec(prec+16).Quo(term, new(big.Float).SetInt64(n)))
			term.Quo(term, square)
		}
	}
	add(16, 5)
	add(-4, 239)
	return sum.SetPrec(prec)
}

// integer: an axis of integers has the ends only.
func (c *chebyshev) integer(i int64) int64 {
	if i == 0 {
		return c.from.Num().Int64()
	}
	return c.to.Num().Int64()
}

// check is asked for the ends; all others lie between.
func (c *chebyshev) check(i int64, d *models.ParamDecl) error {
	q := c.from
	if i > 0 {
		q = c.to
	}
	_, err := exactly(q, d)
	return err
}

// notInteger: inner points are irrational, but for some of few gaps.
func (c *chebyshev) notInteger(n int64) int64 {
	switch {
	case !c.from.IsInt():
		return 0
	case !c.to.IsInt() || n > 2:
		return 1
	}
	return -1
}

// distinct compares the smallest gap, beside the ends, with the largest spacing
// of floats.
func (c *chebyshev) distinct(n int64) bool {
	if n < 2 {
		return true
	}
	a, _ := c.from.Float64()
	b, _ := c.to.Float64()
	far := math.Max(math.Abs(a), math.Abs(b))
	s := math.Sin(math.Pi / 2 / float64(c.gaps))
	return math.Abs(b/2-a/2)*2*s*s > 2*(far-math.Nextafter(far, 0))
}

func (c *chebyshev) name() string {
	return "chebyshev " + c.from.RatString() + " " + c.to.RatString() + " " + strconv.FormatInt(c.gaps, 10)
}
