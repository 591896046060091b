package logistic

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// bare is the arithmetic of a trial in plain loops: transient, orbit, exponent
// with a logarithm for every sixteen steps.
func bare(r, x float64, transient, steps int, points []float64) (exponent, last float64) {
	for range transient {
		x = r * x * (1 - x)
	}
	for i := range points {
		x = r * x * (1 - x)
		points[i] = x
	}
	var sum float64
	for range steps / batch {
		p := 1.0
		for range batch {
			p *= r - float64(2*r*x)
			x = r * x * (1 - x)
		}
		sum += math.Log(math.Abs(p))
	}
	return sum / float64(steps), x
}

// BenchmarkBifurcation runs trials of experiments/logistic-bifurcation.yaml, each
// next to the bare loop, and prints the ratio of their speeds; the bar is 0.9.
func BenchmarkBifurcation(b *testing.B) {
	p := &models.Point{}
	for _, param := range Model.Params {
		p.Values = append(p.Values, param.Decl().Default)
		p.Index = append(p.Index, 0)
	}
	tr := models.NewSetting(Model, 1, nil).NewTrial()
	points := make([]float64, 200)
	var ratios []float64
	var sink float64
	i := 0
	for b.Loop() {
		rate := 2.9 + 1.1*float64(i%4000)/3999
		i++
		p.Values[0] = models.FloatValue(rate)
		begin := time.Now()
		tr.Start(p)
		if err := Model.Execute(ctx, tr); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		e, x := bare(rate, 0.3, 1000, 100_000, points)
		sink += e + x
		ratios = append(ratios, float64(time.Since(middle))/float64(middle.Sub(begin)))
	}
	if math.IsInf(sink, 1) {
		b.Fatal("the bare loop diverged")
	}
	// The median, since others use the machine too.
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "of-bare-speed")
}
