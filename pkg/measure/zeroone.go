package measure

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/neurosweep/sweep/internal/patience"
)

// ZeroOneSettings are the settings of [ZeroOne].
type ZeroOneSettings struct {
	Frequencies int // random frequencies; default 100
	Longest     int // longest lag n; default a tenth of the series
}

// ZeroOne is the result K of the 0-1 test for chaos on a series x: near 0 where
// the dynamics is regular, near 1 where it is chaotic, by Gottwald and Melbourne.
//
//	p(n) = sum_{j<=n} x_j cos jc,  q(n) = sum_{j<=n} x_j sin jc
//	D(n) = < (p(j+n)-p(j))² + (q(j+n)-q(j))² >_j - <x>² (1 - cos nc) / (1 - cos c)
//	K_c  = corr(n, D(n)),  n = 1..Longest,   K = median of K_c
//
// with random c in (pi/5, 4pi/5), drawn from rng, where resonances with short
// periods are rare. Flows are sampled first, about once in a quarter of a turn.
// Noise looks chaotic. At least 1000 values.
//
// Cost: Frequencies Longest len(x), some 2 ns each.
//
// G.A. Gottwald, I. Melbourne, SIAM J. Appl. Dyn. Syst. 8:129 (2009).
func ZeroOne(ctx context.Context, x []float64, rng *rand.Rand, s ZeroOneSettings) (float64, error) {
	if s.Frequencies == 0 {
		s.Frequencies = 100
	}
	if s.Longest == 0 {
		s.Longest = len(x) / 10
	}
	if s.Longest < 2 || s.Longest >= len(x) || s.Frequencies < 1 {
		panic("measure: settings of the 0-1 test that make no sense")
	}
	var mean float64
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	p, q := make([]float64, len(x)), make([]float64, len(x))
	D := make([]float64, s.Longest)
	ks := make([]float64, s.Frequencies)
	work := patience.New(ctx)
	for k := range ks {
		if err := work.Spend(patience.Func * len(x)); err != nil {
			return 0, err
		}
		c := math.Pi * (0.2 + float64(0.6*rng.Float64()))
		var sp, sq float64
		for j, v := range x {
			sin, cos := math.Sincos(float64(j+1) * c)
			sp += float64(v * cos)
			sq += float64(v * sin)
			p[j], q[j] = sp, sq
		}
		count := len(x) - s.Longest
		for n := 1; n <= s.Longest; n++ {
			if err := work.Spend(count); err != nil {
				return 0, err
			}
			var sum float64
			for j, pj := range p[:count] {
				dp, dq := p[j+n]-pj, q[j+n]-q[j]
				sum += float64(dp*dp) + float64(dq*dq)
			}
			D[n-1] = sum/float64(count) - float64(mean*mean)*(1-math.Cos(float64(n)*c))/(1-math.Cos(c))
		}
		ks[k] = correlationWithIndex(D)
	}
	slices.Sort(ks)
	return (ks[(len(ks)-1)/2] + ks[len(ks)/2]) / 2, nil
}

// correlationWithIndex is the correlation of y with 1, 2, 3, ...; 0 if y is
// constant.
func correlationWithIndex(y []float64) float64 {
	n := float64(len(y))
	var mean float64
	for _, v := range y {
		mean += v
	}
	mean /= n
	var xy, xx, yy float64
	for i, v := range y {
		dx, dy := float64(i)-(n-1)/2, v-mean
		xy += float64(dx * dy)
		xx += float64(dx * dx)
		yy += float64(dy * dy)
	}
	if yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}
