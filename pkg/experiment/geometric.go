package experiment

import (
	"math"
	"math/big"
	"strconv"
	"sync"

	"github.com/neurosweep/sweep/pkg/models"
)

// geometric is numbers in equal ratios from one to another of the same sign:
// from · (to/from)^(i/gaps).
type geometric struct {
	from, to *big.Rat
	ratio    *big.Rat // to/from
	gaps     int64
}

func newGeometric(from, to *big.Rat, gaps int64) *geometric {
	return &geometric{from, to, new(big.Rat).Quo(to, from), gaps}
}

// at is the number at place i if it is rational; nil if it is not.
func (g *geometric) at(i int64) *big.Rat {
	switch i {
	case 0:
		return g.from
	case g.gaps:
		return g.to
	}
	// ratio^(p/q) in lowest terms is rational if its q-th root is.
	e := big.NewRat(i, g.gaps)
	root := rationalRoot(g.ratio, e.Denom())
	if root == nil {
		return nil
	}
	p := e.Num()
	a, b := new(big.Int).Exp(root.Num(), p, nil), new(big.Int).Exp(root.Denom(), p, nil)
	r := new(big.Rat).SetFrac(a, b)
	return r.Mul(r, g.from)
}

func (g *geometric) float(i int64) float64 {
	if r := g.at(i); r != nil {
		x, _ := r.Float64()
		return x
	}
	e := big.NewRat(i, g.gaps)
	return nearest(func(prec uint) *big.Float {
		x := lnOf(new(big.Float).SetPrec(prec).SetRat(g.ratio))
		x.Mul(x, new(big.Float).SetPrec(prec).SetRat(e))
		// 2^k · exp(rest), so that the series converges fast.
		k, _ := new(big.Float).Quo(x, lnTwo(prec)).Int64()
		y := expOf(x.Sub(x, new(big.Float).SetPrec(prec).Mul(lnTwo(prec), new(big.Float).SetInt64(k))))
		y.SetMantExp(y, int(k))
		return y.Mul(y, new(big.Float).SetPrec(prec).SetRat(g.from))
	})
}

func (g *geometric) integer(i int64) int64 { return g.at(i).Num().Int64() }

// check is asked for the ends, which are rational; all others lie between.
func (g *geometric) check(i int64, d *models.ParamDecl) error {
	_, err := exactly(g.at(i), d)
	return err
}

// notInteger: beyond 64 numbers one is no integer that fits an int64, because
// a ratio of integers is below 2^(63/64) then.
func (g *geometric) notInteger(n int64) int64 {
	for i := range min(n, 66) {
		if r := g.at(i); r == nil || !r.IsInt() {
			return i
		}
	}
	return -1
}

// distinct: neighbours differ by a factor of ratio^(1/gaps) > 1 + ln(ratio)/gaps;
// floats are at most 2^-52 of their size apart, and nowhere less than 2^-1074.
func (g *geometric) distinct(n int64) bool {
	if n < 2 {
		return true
	}
	a, _ := g.from.Float64()
	b, _ := g.to.Float64()
	a, b = math.Abs(a), math.Abs(b)
	step := math.Abs(ln(b)-ln(a)) / float64(g.gaps) * (1 - 0x1p-40)
	return step > 0x1p-52 && math.Ldexp(math.Min(a, b), 1074)*step > 1
}

func (g *geometric) name() string {
	return "geometric " + g.from.RatString() + " " + g.to.RatString() + " " + strconv.FormatInt(g.gaps, 10)
}

// rationalRoot is the q-th root of a positive rational, nil if that is not
// rational.
func rationalRoot(r *big.Rat, q *big.Int) *big.Rat {
	if !q.IsInt64() {
		return nil
	}
	a, b := integerRoot(r.Num(), q.Int64()), integerRoot(r.Denom(), q.Int64())
	if a == nil || b == nil {
		return nil
	}
	return new(big.Rat).SetFrac(a, b)
}

// integerRoot is the q-th root of n > 0, nil if that is no integer.
func integerRoot(n *big.Int, q int64) *big.Int {
	if q == 1 || n.BitLen() == 1 {
		return n
	}
	if q >= int64(n.BitLen()) {
		return nil // 2^q is larger
	}
	exponent := big.NewInt(q)
	low, high := big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), uint(int64(n.BitLen())/q+1))
	for {
		middle := new(big.Int).Add(low, high)
		middle.Rsh(middle, 1)
		switch c := new(big.Int).Exp(middle, exponent, nil).Cmp(n); {
		case c == 0:
			return middle
		case middle.Cmp(low) == 0:
			return nil
		case c < 0:
			low = middle
		default:
			high = middle
		}
	}
}

// lnOf is ln x for x > 0, to about the precision of x: with x = m·2^k and m
// near 1 it is k·ln 2 + 2 artanh((m-1)/(m+1)).
func lnOf(x *big.Float) *big.Float {
	prec := x.Prec()
	float := func() *big.Float { return new(big.Float).SetPrec(prec) }
	m := float()
	k := x.MantExp(m) // m in [1/2, 1)
	if m.Cmp(big.NewFloat(math.Sqrt2/2)) < 0 {
		m.SetMantExp(m, 1)
		k--
	}
	one := float().SetInt64(1)
	z := float().Quo(float().Sub(m, one), float().Add(m, one))
	square := float().Mul(z, z)
	sum, power := float(), float().Set(z)
	for n := int64(1); power.Sign() != 0 && power.MantExp(nil) > -int(prec)+min(z.MantExp(nil), 0); n += 2 {
		sum.Add(sum, float().Quo(power, float().SetInt64(n)))
		power.Mul(power, square)
	}
	sum.SetMantExp(sum, 1)
	return sum.Add(sum, float().Mul(lnTwo(prec), float().SetInt64(int64(k))))
}

var firstLnTwo = sync.OnceValue(func() *big.Float { return computeLnTwo(firstPrec) })

// lnTwo is ln 2, which is not to be changed.
func lnTwo(prec uint) *big.Float {
	if prec == firstPrec {
		return firstLnTwo()
	}
	return computeLnTwo(prec)
}

// computeLnTwo: ln 2 = 2 artanh 1/3.
func computeLnTwo(prec uint) *big.Float {
	sum := new(big.Float).SetPrec(prec)
	term := new(big.Float).SetPrec(prec).Quo(new(big.Float).SetInt64(2), new(big.Float).SetPrec(prec).SetInt64(3))
	nine := new(big.Float).SetInt64(9)
	for n := int64(1); term.MantExp(nil) > -int(prec); n += 2 {
		sum.Add(sum, new(big.Float).SetPrec(prec).Quo(term, new(big.Float).SetInt64(n)))
		term.Quo(term, nine)
	}
	return sum
}
