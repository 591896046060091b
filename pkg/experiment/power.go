package experiment

import (
	"math/big"
	"sync"
)

// firstPrec is the precision in bits that is tried first, and nearly always
// enough.
const firstPrec = 256

// powerOfTen is 10^q rounded to the nearest float64, ties to even; it may be
// infinite or 0.
func powerOfTen(q *big.Rat) float64 {
	if q.IsInt() {
		n := int(q.Num().Int64())
		r := new(big.Rat).SetInt(tenTo(max(n, -n)))
		if n < 0 {
			r.Inv(r)
		}
		x, _ := r.Float64()
		return x
	}
	// Of any rational q that is no integer, 10^q is irrational.
	return nearest(func(prec uint) *big.Float { return expTen(q, prec) })
}

// nearest is the float64 nearest to an irrational number, given with as many
// bits as asked for. It is never a tie between two floats, and enough digits
// tell to which side it rounds.
func nearest(digits func(prec uint) *big.Float) float64 {
	for prec := uint(firstPrec); ; prec *= 2 {
		y := digits(prec)
		// The error of the functions here is well below 2^-(prec-64) of the
		// result: the rounded sums and products are some hundred, and squarings
		// double what went before them 16 times.
		slack := new(big.Float).SetMantExp(y, -int(prec-64))
		slack.Abs(slack)
		low, _ := new(big.Float).SetPrec(prec).Sub(y, slack).Float64()
		high, _ := new(big.Float).SetPrec(prec).Add(y, slack).Float64()
		if low == high {
			return low
		}
	}
}

// expTen is 10^q with about prec bits: 10^k · exp(f·ln 10) with k the integer
// below q and f the rest.
func expTen(q *big.Rat, prec uint) *big.Float {
	k := new(big.Int).Div(q.Num(), q.Denom())
	f := new(big.Rat).Sub(q, new(big.Rat).SetInt(k))
	x := new(big.Float).SetPrec(prec).SetRat(f)
	if prec == firstPrec {
		x.Mul(x, firstLnTen())
	} else {
		x.Mul(x, lnTen(prec))
	}
	e := expOf(x)
	n := int(k.Int64())
	scale := new(big.Float).SetPrec(prec).SetInt(tenTo(max(n, -n)))
	if n < 0 {
		return e.Quo(e, scale)
	}
	return e.Mul(e, scale)
}

// expOf is e^x to about the precision of x, which is some tens at most: by its
// series at 2^-16 of the argument, squared 16 times. x is overwritten.
func expOf(x *big.Float) *big.Float {
	const halvings = 16
	prec := x.Prec()
	float := func() *big.Float { return new(big.Float).SetPrec(prec) }
	x.SetMantExp(x, -halvings)
	sum, term := float().SetInt64(1), float().SetInt64(1)
	for n := int64(1); term.Sign() != 0 && term.MantExp(nil) > -int(prec); n++ {
		term.Mul(term, x)
		term.Quo(term, float().SetInt64(n))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

var firstLnTen = sync.OnceValue(func() *big.Float { return lnTen(firstPrec) })

// lnTen is ln 10 = 3 ln 2 + ln 5/4 = 6 artanh 1/3 + 2 artanh 1/9.
func lnTen(prec uint) *big.Float {
	sum := new(big.Float).SetPrec(prec)
	add := func(factor, inverse int64) {
		term := new(big.Float).SetPrec(prec).SetInt64(factor)
		term.Quo(term, new(big.Float).SetInt64(inverse))
		square := new(big.Float).SetPrec(prec).SetInt64(inverse * inverse)
		for n := int64(1); term.MantExp(nil) > -int(prec); n += 2 {
			sum.Add(sum, new(big.Float).SetPrec(prec).Quo(term, new(big.Float).SetInt64(n)))
			term.Quo(term, square)
		}
	}
	add(6, 3)
	add(2, 9)
	return sum
}
