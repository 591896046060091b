//go:build science

package bms

import (
	"math"
	"slices"
	"testing"
)

// The long checks against reference runs and mean field: go test -tags science.

// Rate at gamma = 0, sigma = 5 over 20 networks of N = 1000 and 500 steps:
// 0.371386 solves x = Q(theta/(sigma sqrt(x))). Tolerance 3*0.43/sqrt(20*1000),
// the scatter between networks being that of reference runs.
func TestScienceMeanFieldRate(t *testing.T) {
	const networks = 20
	var sum float64
	for seed := range uint64(networks) {
		sum += mustClassify(t, reference(1000, 0, 5, seed+1), settings{0, 500, 1e-9}).rate
	}
	got := sum / networks
	t.Logf("rate %.5f", got)
	if math.Abs(got-0.371386) > 3*0.43/math.Sqrt(networks*1000) {
		t.Errorf("rate %v, want 0.371386", got)
	}
}

// Death at gamma = 0 on either side of sigma = 2.4565 theta, N = 1000, 1000
// steps, 20 networks: all in the reference runs, at least 19 here.
func TestScienceMeanFieldDeath(t *testing.T) {
	dead, alive := 0, 0
	for seed := range uint64(20) {
		if mustClassify(t, reference(1000, 0, 2.2, seed+1), settings{0, 1000, 1e-9}).class == death {
			dead++
		}
		if mustClassify(t, reference(1000, 0, 3, seed+1), settings{0, 1000, 1e-9}).class != death {
			alive++
		}
	}
	if dead < 19 || alive < 19 {
		t.Errorf("%d die at sigma 2.2, %d live at sigma 3, want 19 of 20", dead, alive)
	}
}

// Cells of the reference map: N = 100, 40 networks, transient 1e4, window 2e5,
// with the very seeds of the reference run, so all counts and medians are exact;
// the means are to the last digit it recorded.
func TestScienceMap(t *testing.T) {
	for _, row := range []struct {
		gamma, sigma         float64
		dead, periodic, none int
		logD, rate           float64
		medianPeriod         float64
		medianDeath          float64
	}{
		{0.95, 4, 1, 1, 38, -6.87, 0.281, 55707, 16863},
		{0.5, 5, 0, 20, 20, -5.92, 0.337, 4062, 0},
		{0.9, 3, 9, 1, 30, -7.06, 0.238, 24303, 4804},
	} {
		count := map[string]int{}
		var logD, rate, live float64
		var periods, deaths []float64
		for seed := range uint64(40) {
			v := mustClassify(t, reference(100, row.gamma, row.sigma, seed+1), settings{10_000, 200_000, 1e-9})
			count[v.class]++
			switch v.class {
			case death:
				deaths = append(deaths, float64(v.step))
				continue
			case periodic:
				periods = append(periods, float64(v.period))
			}
			live++
			logD += math.Log10(v.d)
			rate += v.rate
		}
		t.Logf("gamma %v, sigma %v: %v, median period %v, death %v, log10 d %.3f, rate %.4f",
			row.gamma, row.sigma, count, median(periods), median(deaths), logD/live, rate/live)
		if count[death] != row.dead || count[periodic] != row.periodic || count[none] != row.none {
			t.Errorf("gamma %v, sigma %v: %v, want %d dead, %d periodic, %d none", row.gamma, row.sigma, count, row.dead, row.periodic, row.none)
		}
		if p, d := median(periods), median(deaths); p != row.medianPeriod || d != row.medianDeath {
			t.Errorf("gamma %v, sigma %v: median period %v, death %v, want %v, %v", row.gamma, row.sigma, p, d, row.medianPeriod, row.medianDeath)
		}
		if math.Abs(logD/live-row.logD) > 0.00501 || math.Abs(rate/live-row.rate) > 0.000501 {
			t.Errorf("gamma %v, sigma %v: log10 d %v, rate %v, want %v, %v", row.gamma, row.sigma, logD/live, rate/live, row.logD, row.rate)
		}
	}
}

// The median period grows as exp(0.098 N) at gamma = 0.5, sigma = 5: slope of
// ln(median P) in N over the sizes of the reference run, 100 networks each,
// within [0.085, 0.115]. The medians, of the periods found, are exact.
func TestScienceSizes(t *testing.T) {
	recorded := map[int]float64{10: 3, 20: 7, 30: 19, 40: 57, 50: 146, 60: 356, 80: 2625}
	var m, sx, sy, sxx, sxy float64
	for _, n := range []int{10, 20, 30, 40, 50, 60, 80} {
		var periods []float64
		for seed := range uint64(100) {
			v := mustClassify(t, reference(n, 0.5, 5, seed+1), settings{10_000, 500_000, 1e-9})
			if v.class == periodic {
				periods = append(periods, float64(v.period))
			}
		}
		p := median(periods)
		if p != recorded[n] {
			t.Errorf("N=%d: median period %v, want %v", n, p, recorded[n])
		}
		x, y := float64(n), math.Log(p)
		m, sx, sy, sxx, sxy = m+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	slope := (m*sxy - sx*sy) / (m*sxx - sx*sx)
	t.Logf("slope %.4f", slope)
	if !(slope >= 0.085 && slope <= 0.115) {
		t.Errorf("slope %v, want 0.098", slope)
	}
}

// median is the upper one of an even number, as in the reference runs.
func median(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	slices.Sort(xs)
	return xs[len(xs)/2]
}
