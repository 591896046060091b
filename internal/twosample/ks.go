// Package twosample compares two samples of numbers: were they drawn from one
// distribution?
package twosample

import (
	"cmp"
	"math"
	"slices"
)

// exactCells is the product of the samples' sizes up to which the distribution of
// the statistic is computed exactly; R's ks.test has the same limit.
const exactCells = 10_000

// KolmogorovSmirnov is the two-sided test of Kolmogorov and Smirnov: d is the
// largest distance between the empirical distribution functions, p the
// probability of that distance or a larger one if both samples come from one
// continuous distribution. It sorts x and y, neither of which may be empty. NaN
// counts as a value below all others. Where values are equal p is an upper bound.
//
// Small samples have the exact p, by counting paths (Hodges, Ark. Mat. 3 (1958)
// 469); large ones its limit (Smirnov, Ann. Math. Stat. 19 (1948) 279).
func KolmogorovSmirnov(x, y []float64) (d, p float64) {
	m, n := len(x), len(y)
	if m == 0 || n == 0 {
		panic("twosample: an empty sample")
	}
	steps := distance(x, y)
	d = float64(steps) / float64(m) / float64(n)
	if m*n <= exactCells {
		return d, exact(m, n, steps)
	}
	return d, limit(m, n, d)
}

// distance is m·n·d, an integer.
func distance(x, y []float64) int {
	slices.Sort(x)
	slices.Sort(y)
	m, n := len(x), len(y)
	largest := 0
	for i, j := 0, 0; i < m && j < n; {
		v := x[i]
		if cmp.Less(y[j], v) {
			v = y[j]
		}
		for i < m && cmp.Compare(x[i], v) == 0 {
			i++
		}
		for j < n && cmp.Compare(y[j], v) == 0 {
			j++
		}
		largest = max(largest, i*n-j*m, j*m-i*n)
	}
	return largest
}

// exact is the share of all orders of m and n values in which the distance is
// somewhere steps or more: of the paths from (0, 0) to (m, n) those that leave
// the band. A path to (i, j), each as likely, comes from (i-1, j) with the
// probability i/(i+j). All terms are positive, so that a small p is exact too.
func exact(m, n, steps int) float64 {
	left := make([]float64, n+1) // share of the paths to (i, j)
	for i := range m + 1 {
		for j := range n + 1 {
			switch off := i*n - j*m; {
			case max(off, -off) >= steps:
				left[j] = 1
			case i+j == 0:
				left[j] = 0
			default:
				share := 0.0
				if i > 0 {
					share += float64(i) / float64(i+j) * left[j]
				}
				if j > 0 {
					share += float64(j) / float64(i+j) * left[j-1]
				}
				left[j] = share
			}
		}
	}
	return left[n]
}

// limit is Q(λ) = 2 Σ (-1)^(k-1) exp(-2 k² λ²) at λ = √(m n / (m + n)) d. The
// correction of Stephens, for one sample, would make it too small by a tenth.
func limit(m, n int, d float64) float64 {
	lambda := math.Sqrt(float64(m)*float64(n)/float64(m+n)) * d
	if lambda < 0.2 {
		return 1 // to 12 digits, and the sum converges slowly there
	}
	sum, sign := 0.0, 2.0
	for k := 1.0; k < 100; k++ {
		term := sign * math.Exp(-2*k*k*lambda*lambda)
		sum += term
		if math.Abs(term) <= 1e-16*math.Abs(sum) {
			break
		}
		sign = -sign
	}
	return min(max(sum, 0), 1)
}
