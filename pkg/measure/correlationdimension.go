package measure

import (
	"context"
	"math"

	"github.com/neurosweep/sweep/internal/patience"
)

// CorrelationSettings are the settings of [CorrelationDimension].
type CorrelationSettings struct {
	Theiler int     // pairs at most this many steps apart are left out; default 10, negative none
	Low     float64 // smallest radius of the fit, in the unit of the points; needed
	High    float64 // largest; needed
	Radii   int     // in equal ratios from Low to High; default 16
}

// Correlation is what [CorrelationDimension] measures.
type Correlation struct {
	Dimension float64   // slope of the fit
	Radii     []float64 // ascending
	Sum       []float64 // C(r), the fraction of pairs nearer than r
}

// CorrelationDimension is the correlation dimension of a set of points of
// dimension dim, one after another in points, by Grassberger and Procaccia: the
// slope of the straight line, by least squares, of
//
//	ln C(r) over ln r,   C(r) = fraction of pairs i, j with |x_i - x_j| < r, |i-j| > Theiler
//
// in the Euclidean norm. It is NaN if no pair is nearer than Low. The standard
// error of the fit says little, since C at different radii shares its pairs: look
// at Sum over Radii for a straight piece.
//
// Cost: half the number of points squared distances, some 3 ns each.
//
// P. Grassberger, I. Procaccia, Physica D 9:189 (1983); J. Theiler, Phys. Rev. A
// 34:2427 (1986).
func CorrelationDimension(ctx context.Context, points []float64, dim int, s CorrelationSettings) (Correlation, error) {
	if s.Theiler == 0 {
		s.Theiler = 10
	}
	if s.Radii == 0 {
		s.Radii = 16
	}
	n := len(points) / dim
	s.Theiler = max(0, s.Theiler)
	if !(s.Low > 0) || !(s.High > s.Low) || s.Radii < 2 || n*dim != len(points) || n <= s.Theiler+1 {
		panic("measure: settings of a correlation dimension that make no sense")
	}
	result := Correlation{Radii: make([]float64, s.Radii), Sum: make([]float64, s.Radii)}
	squares := make([]float64, s.Radii)
	for i := range squares {
		r := s.Low * math.Pow(s.High/s.Low, float64(i)/float64(s.Radii-1))
		result.Radii[i], squares[i] = r, r*r
	}
	counts := make([]int64, s.Radii)
	var pairs int64
	last := squares[s.Radii-1]
	work := patience.New(ctx)
	some := 1 + patience.Share/dim // points whose distances are no more than a share of work
	for i := range n {
		a := points[i*dim : i*dim+dim]
		for j := i + s.Theiler + 1; j < n; {
			end := min(n, j+some)
			if err := work.Spend((end - j) * dim); err != nil {
				return Correlation{}, err
			}
			for ; j < end; j++ {
				b := points[j*dim : j*dim+dim]
				var d float64
				for k, v := range a {
					d += float64((v - b[k]) * (v - b[k]))
				}
				if d >= last {
					continue
				}
				k := s.Radii - 1
				for k > 0 && d < squares[k-1] {
					k--
				}
				counts[k]++
			}
		}
		pairs += int64(max(0, n-i-s.Theiler-1))
	}
	var below int64
	xs, ys := make([]float64, s.Radii), make([]float64, s.Radii)
	for i, c := range counts {
		below += c
		result.Sum[i] = float64(below) / float64(pairs)
		xs[i], ys[i] = math.Log(result.Radii[i]), math.Log(result.Sum[i])
	}
	result.Dimension = slope(xs, ys)
	return result, nil
}

// slope is that of the least-squares line; NaN if a value is not finite.
func slope(x, y []float64) float64 {
	var mx, my float64
	for i := range x {
		mx += x[i]
		my += y[i]
	}
	mx /= float64(len(x))
	my /= float64(len(x))
	var xy, xx float64
	for i := range x {
		xy += float64((x[i] - mx) * (y[i] - my))
		xx += float64((x[i] - mx) * (x[i] - mx))
	}
	return xy / xx
}
