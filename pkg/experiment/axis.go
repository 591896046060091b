package experiment

import (
	"fmt"
	"math"
	"math/big"

	"github.com/neurosweep/sweep/pkg/models"
)

// Axis is the values that one parameter takes, in order. A list of one value
// is an axis of length 1.
type Axis struct {
	// Param is the place of the parameter in Model.Params.
	Param int
	// Len is the number of values.
	Len int64

	kind  models.Kind
	list  []models.Value // the values, if they are kept one by one
	rule  sequence       // else what makes them
	table []float64      // the values of a short axis of numbers, once it is in a plan
}

// sequence is a rule that makes the numbers of an axis, each of them exactly
// and rounded once.
type sequence interface {
	// float is the float64 nearest to the number at place i.
	float(i int64) float64
	// integer is the number at place i where all are integers.
	integer(i int64) int64
	// check says whether the number at place i fits the parameter.
	check(i int64, d *models.ParamDecl) error
	// notInteger is the first place whose number is no integer, or -1.
	notInteger(n int64) int64
	// distinct reports whether no two of n numbers round to the same float64.
	// It may say no of a few sequences of which this is not so.
	distinct(n int64) bool
	// name tells the rule from every other.
	name() string
}

// longTable is the length of the longest axis whose numbers are kept: 512 KiB
// of them. The values of a longer one are computed when asked for.
const longTable = 1 << 16

// Value is the value at place i, from 0. It panics if there is none.
func (a *Axis) Value(i int64) models.Value {
	if uint64(i) >= uint64(a.Len) {
		panic(fmt.Sprintf("experiment: place %d on an axis of %d values", i, a.Len))
	}
	switch {
	case a.list != nil:
		return a.list[i]
	case a.table != nil:
		return models.FloatValue(a.table[i])
	case a.kind == models.IntKind:
		return models.IntValue(a.rule.integer(i))
	}
	return models.FloatValue(a.rule.float(i))
}

// tabulated is the axis with its numbers computed, if they are few.
func (a Axis) tabulated() Axis {
	if a.kind == models.FloatKind && a.list == nil && a.Len <= longTable {
		a.table = make([]float64, a.Len)
		for i := range a.table {
			a.table[i] = a.rule.float(int64(i))
		}
	}
	return a
}

// cost is what a value costs to compute, in values of a plain grid.
func (a *Axis) cost() int64 {
	if _, plain := a.rule.(*line); a.list != nil || a.table != nil || plain || a.kind == models.IntKind {
		return 1
	}
	return 100
}

// line is an arithmetic sequence of rationals: (a + b·i) / d at place i.
type line struct {
	a, b, d *big.Int

	// The same numbers where all of a + b·i and d are below 2^53, so that
	// float64(a+b·i)/float64(d) is one correctly rounded division.
	fast          bool
	num, inc, den int64
}

// newLine is the sequence of n values from first in equal steps.
func newLine(first, step *big.Rat, n int64) *line {
	// Over the least common denominator.
	gcd := new(big.Int).GCD(nil, nil, first.Denom(), step.Denom())
	d := new(big.Int).Mul(first.Denom(), new(big.Int).Div(step.Denom(), gcd))
	scale := func(r *big.Rat) *big.Int {
		return new(big.Int).Mul(r.Num(), new(big.Int).Div(d, r.Denom()))
	}
	l := &line{a: scale(first), b: scale(step), d: d}
	last := new(big.Int).Mul(l.b, big.NewInt(n-1))
	last.Add(last, l.a)
	small := func(z *big.Int) bool { return z.BitLen() <= 53 }
	if small(l.a) && small(last) && small(d) && l.b.IsInt64() {
		l.fast, l.num, l.inc, l.den = true, l.a.Int64(), l.b.Int64(), d.Int64()
	}
	return l
}

// at is the value at place i, exactly.
func (l *line) at(i int64) *big.Rat {
	n := new(big.Int).Mul(l.b, big.NewInt(i))
	return new(big.Rat).SetFrac(n.Add(n, l.a), l.d)
}

func (l *line) float(i int64) float64 {
	if l.fast {
		return float64(l.num+l.inc*i) / float64(l.den)
	}
	x, _ := l.at(i).Float64()
	return x
}

func (l *line) step() *big.Rat { return new(big.Rat).SetFrac(l.b, l.d) }

func (l *line) name() string { return "line " + l.at(0).RatString() + " " + l.step().RatString() }

func (l *line) check(i int64, d *models.ParamDecl) error {
	_, err := exactly(l.at(i), d)
	return err
}

func (l *line) integer(i int64) int64 {
	if l.fast {
		return (l.num + l.inc*i) / l.den
	}
	return l.at(i).Num().Int64()
}

func (l *line) notInteger(n int64) int64 {
	divides := func(z *big.Int) bool { return new(big.Int).Rem(z, l.d).Sign() == 0 }
	switch {
	case !divides(l.a):
		return 0
	case n > 1 && !divides(l.b):
		return 1
	}
	return -1
}

// distinct may say no only of lines with steps below the spacing of floats at
// their larger end.
func (l *line) distinct(n int64) bool {
	if n < 2 {
		return true
	}
	far := math.Max(math.Abs(l.float(0)), math.Abs(l.float(n-1)))
	ulp := new(big.Rat).SetFloat64(far - math.Nextafter(far, 0))
	step := l.step()
	if step.Sign() == 0 {
		return false
	}
	if c := step.Abs(step).Cmp(ulp); c != 0 {
		return c > 0
	}
	// Steps of just the spacing: three values at each end tell whether they
	// lie on the floats or between them.
	for _, i := range []int64{0, 1, n - 3, n - 2} {
		if i >= 0 && i+1 < n && l.float(i) == l.float(i+1) {
			return false
		}
	}
	return true
}

// powers are ten to the powers of a line.
type powers struct{ *line }

func (p powers) float(i int64) float64 { return powerOfTen(p.at(i)) }
func (p powers) integer(i int64) int64 { return tenTo(int(p.at(i).Num().Int64())).Int64() }
func (p powers) name() string          { return "ten to the " + p.line.name() }

func (p powers) check(i int64, d *models.ParamDecl) error { return checkPower(p.at(i), d) }

// distinct: neighbours differ by a factor of 10^step > 1 + 2.3·step; floats are
// at most 2^-52 of their size apart, and nowhere less than 2^-1074.
func (p powers) distinct(n int64) bool {
	if n < 2 {
		return true
	}
	step, _ := p.step().Float64()
	step = math.Abs(step)
	least := math.Min(powerOfTen(p.at(0)), powerOfTen(p.at(n-1)))
	return 2.3*step > 0x1p-52 && math.Ldexp(least, 1074)*2.3*step > 1
}
