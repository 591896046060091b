package bms

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/neurosweep/sweep/internal/testkit"
)

// The verdict against brute force on the dense network with its whole history
// kept: the smallest period of the last states, and the first silent step.
func TestClassifyAgainstPlain(t *testing.T) {
	const transient, span = 300, 3000
	rng := rand.New(rand.NewPCG(6, 7))
	count := map[string]int{}
	for trial := range 150 {
		n := 1 + rng.IntN(14)
		net, p := drawn(rng, n)
		got := mustClassify(t, net, settings{transient, span, 1e-9})
		count[got.class]++

		var states [][]float64
		var rows [][]bool
		died := -1
		for step := 0; step <= transient+span; step++ {
			z := p.raster()
			states, rows = append(states, slices.Clone(p.v)), append(rows, z)
			if died < 0 && !slices.Contains(z, true) && p.current/(1-p.gamma) < p.theta {
				died = step
			}
			p.step()
		}
		if died >= 0 {
			for step := died; step < len(rows); step++ {
				if slices.Contains(rows[step], true) {
					t.Fatalf("trial %d: a spike at %d after death at %d", trial, step, died)
				}
			}
			if got.class != death || got.step != died || got.rate != 0 || got.silent != 1 {
				t.Errorf("trial %d: %+v, want death at %d", trial, got, died)
			}
			continue
		}
		last := len(states) - 1
		period := 0
		for lag := 1; lag <= maxPeriod(span) && period == 0; lag++ {
			if _, ok := apart(states[last], states[last-lag], 1e-10); ok {
				period = lag
			}
		}
		if period == 0 {
			if got.class != none {
				t.Errorf("trial %d: %+v, want no period", trial, got)
			}
			continue
		}
		d, spikes, ever := math.Inf(1), 0, make([]bool, n)
		for step := last - period + 1; step <= last; step++ {
			for i, x := range states[step] {
				d = min(d, math.Abs(x-p.theta))
				if rows[step][i] {
					spikes++
					ever[i] = true
				}
			}
		}
		quiet := 0
		for _, e := range ever {
			if !e {
				quiet++
			}
		}
		// d is that of an orbit which has come within the tolerance of its
		// attractor.
		if got.class != periodic || got.period != period || math.Abs(got.d-d) > 1e-9 ||
			got.rate != float64(spikes)/float64(n*period) || got.silent != float64(quiet)/float64(n) {
			t.Errorf("trial %d: %+v, want period %d, d %v, %d spikes, %d silent", trial, got, period, d, spikes, quiet)
		}
	}
	if count[death] < 20 || count[periodic] < 50 {
		t.Errorf("too few of a class: %v", count)
	}
}

// The certificate: after a period was accepted the raster repeats, here ten
// times over, and no shorter period is there.
func TestCertificate(t *testing.T) {
	for seed := range uint64(40) {
		for _, n := range []int{10, 25, 40} {
			net := reference(n, 0.8, 5, seed+1)
			v := mustClassify(t, net, settings{100, 30_000, 1e-9})
			if v.class != periodic {
				continue
			}
			var rows [][]int
			for range v.period {
				rows = append(rows, slices.Clone(net.Fired()))
				net.Step()
			}
			for step := range 10 * v.period {
				if !equal(net.Fired(), rows[step%v.period]) {
					t.Fatalf("N=%d seed %d: the raster of period %d differs %d steps on", n, seed, v.period, step)
				}
				net.Step()
			}
			for p := 1; p < v.period; p++ {
				if v.period%p == 0 && slices.EqualFunc(rows[p:], rows[:v.period-p], equal) {
					t.Errorf("N=%d seed %d: period %d, but the raster has %d", n, seed, v.period, p)
				}
			}
		}
	}
}

// Two states as close as the tolerance allows are no period if the threshold
// is closer still. A neuron that never fires creeps up to the threshold, so
// slowly that all its states look alike; then it fires.
func TestToleranceIsNotEnough(t *testing.T) {
	const gamma = 0.999
	net := testkit.Must(NewNetwork(context.Background(), 1, gamma, 1, (1-gamma)*1.0001, func(i, j int) float64 { return 0 }))
	net.SetState([]float64{1 - 1e-5})
	v := mustClassify(t, net, settings{0, 50_000, 1e-3})
	isi := int(math.Ceil(math.Log(1-1/1.0001) / math.Log(gamma)))
	if v.class != periodic || v.period != isi {
		t.Errorf("%+v, want period %d", v, isi)
	}
	if certain(1e-10, 1.9e-10, 0.5, 1) || !certain(1e-10, 2.1e-10, 0.5, 1) || !certain(0, 1e-300, 0.9, 3) || certain(0, 0, 0.5, 1) {
		t.Error("the certificate is not closest > delta/(1-gamma^P)")
	}
}

// A silent step is not death where the current fires neurons, and a rate of
// zero in a window is not death at all.
func TestDeathIsExact(t *testing.T) {
	// Above the rheobase: silent for 999 steps of 1000, and for all the window.
	const gamma = 0.999
	net := testkit.Must(NewNetwork(context.Background(), 1, gamma, 1, (1-gamma)*1.001, func(i, j int) float64 { return 0 }))
	v := mustClassify(t, net, settings{0, 500, 1e-9})
	if v.class != none || v.rate != 0 || v.silent != 1 {
		t.Errorf("above the rheobase %+v, want none at rate 0", v)
	}
	// Below: dead at once.
	net = testkit.Must(NewNetwork(context.Background(), 1, gamma, 1, (1-gamma)*0.999, func(i, j int) float64 { return 0 }))
	v = mustClassify(t, net, settings{0, 500, 1e-9})
	if v.class != death || v.step != 0 || math.Abs(v.d-0.001) > 1e-12 {
		t.Errorf("below the rheobase %+v, want death at 0, d 0.001", v)
	}
	// With inhibition: the only spike is that of V(0), its effect is negative.
	net = testkit.Must(NewNetwork(context.Background(), 2, 0.5, 1, 0, func(i, j int) float64 { return -1 }))
	net.SetState([]float64{1.5, 0})
	v = mustClassify(t, net, settings{10, 500, 1e-9})
	if v.class != death || v.step != 1 || v.d != 1 || v.rate != 0 || v.silent != 1 {
		t.Errorf("with inhibition %+v, want death at 1", v)
	}
	// In the window as in the transient.
	for _, s := range []settings{{5000, 100, 1e-9}, {1000, 50_000, 1e-9}, {4287, 50, 1e-9}, {4288, 50, 1e-9}} {
		v = mustClassify(t, reference(50, 0.9, 3, 1), s)
		if v.class != death || v.step != 4288 {
			t.Errorf("%+v: %+v, want death at 4288", s, v)
		}
	}
}

// A period of 5525 needs a window of some three times that at worst.
func TestWindowTooShort(t *testing.T) {
	for _, row := range []struct {
		window int
		class  string
	}{{3000, none}, {5524, none}, {maxWindow(5525) - 1, none}, {maxWindow(5525), periodic}} {
		v := mustClassify(t, reference(50, 0.5, 5, 4), settings{5000, row.window, 1e-9})
		if v.class != row.class {
			t.Errorf("window %d: %+v, want %s", row.window, v, row.class)
		}
	}
}

// What is measured of a window is what looking at each of its states gives, and
// not at the one that follows it.
func TestWindow(t *testing.T) {
	windows := []int{3000}
	for w := range 100 {
		windows = append(windows, w+1)
	}
	for _, window := range windows {
		v := mustClassify(t, reference(50, 0.5, 5, 4), settings{50, window, 1e-9})
		net := reference(50, 0.5, 5, 4)
		for range 50 {
			net.Step()
		}
		d, spikes, within, ever := math.Inf(1), 0, 0, map[int]bool{}
		for range window {
			d = min(d, net.Margin())
			spikes += len(net.Fired())
			for _, i := range net.Fired() {
				ever[i] = true
			}
			for _, x := range net.State() {
				if math.Abs(x-1) < 0.01 {
					within++
				}
			}
			net.Step()
		}
		floor := 0.
		if within > 0 {
			floor = 0.01 / float64(within)
		}
		if v.class != none || v.d != d || v.rate != float64(spikes)/float64(50*window) || v.silent != float64(50-len(ever))/50 || v.floor != floor {
			t.Errorf("window %d: %+v, want d %v, %d spikes, %d ever, %d within", window, v, d, spikes, len(ever), within)
		}
	}
}

// maxWindow is the smallest window in which every period of that length is
// found.
func maxWindow(period int) int {
	w := 1
	for maxPeriod(w) < period {
		w++
	}
	return w
}

// maxPeriod is the longest period that the search can find in a window: the
// reference at step 2^k-1 is compared to the 2^k states that follow it.
func maxPeriod(window int) int {
	longest := 0
	for r := 1; r-1 < window; r *= 2 {
		longest = max(longest, min(r, window-(r-1)))
	}
	return longest
}

// TestMaxPeriod holds to what the doc says: a third of the window at least.
func TestMaxPeriod(t *testing.T) {
	for window := range 5000 {
		if maxPeriod(window) < window/3 {
			t.Errorf("window %d: %d", window, maxPeriod(window))
		}
	}
	// 68929 at the window of the reference runs, whose largest found was 68857.
	for window, want := range map[int]int{1: 1, 2: 1, 3: 2, 4: 2, 5: 2, 6: 3, 7: 4, 200_000: 68929} {
		if got := maxPeriod(window); got != want {
			t.Errorf("window %d: %d, want %d", window, got, want)
		}
	}
}

// With independent samples of density p at the threshold the minimum is
// exponential about d_floor: ln(d/d_floor) has mean -0.577 (Euler) and standard
// deviation pi/sqrt(6) = 1.283. Four standard errors.
func TestFloor(t *testing.T) {
	var sum float64
	runs := 0
	for seed := range uint64(24) {
		v := mustClassify(t, reference(100, 0.5, 6, seed+1), settings{500, 4000, 1e-9})
		if v.class == none {
			sum += math.Log(v.d / v.floor)
			runs++
		}
	}
	got, se := sum/float64(runs), 1.283/math.Sqrt(float64(runs))
	if runs < 15 || math.Abs(got+0.577) > 4*se {
		t.Errorf("mean ln(d/d_floor) = %v over %d networks, want -0.577 +- %v", got, runs, 4*se)
	}
}

// The hash of a period does not depend on where the search began, and tells
// attractors apart.
func TestHashIsCanonical(t *testing.T) {
	seen := map[uint64]uint64{}
	for seed := range uint64(20) {
		var first verdict
		for i, transient := range []int{4000, 4001, 4013, 7777} {
			v := mustClassify(t, reference(25, 0.5, 5, seed+1), settings{transient, 60_000, 1e-9})
			if i == 0 {
				first = v
			}
			if v.class != first.class || v.period != first.period || v.raster != first.raster || v.rate != first.rate {
				t.Errorf("seed %d, transient %d: %+v, want %+v", seed, transient, v, first)
			}
		}
		if first.class != periodic {
			continue
		}
		if other, ok := seen[first.raster]; ok {
			t.Errorf("seeds %d and %d have one hash", other, seed)
		}
		seen[first.raster] = seed
	}
	if len(seen) < 10 {
		t.Errorf("only %d networks were periodic", len(seen))
	}
	// All dead networks of one size share the silent raster, and no other.
	a := mustClassify(t, reference(25, 0.5, 1, 1), settings{100, 100, 1e-9})
	b := mustClassify(t, reference(25, 0.3, 1, 2), settings{100, 100, 1e-9})
	c := mustClassify(t, reference(26, 0.3, 1, 2), settings{100, 100, 1e-9})
	if a.class != death || a.raster != b.raster || a.raster == c.raster {
		t.Errorf("hashes of the dead: %x %x %x", a.raster, b.raster, c.raster)
	}
}

func TestMemoryDepth(t *testing.T) {
	for _, row := range []struct {
		d, gamma, lo, hi float64
		want             int
		ok               bool
	}{
		{0.01, 0.5, 0, 1, 7, true}, // 2^-7 < 0.01 < 2^-6
		{0.01, 0.5, -1, 1, 8, true},
		{0.01, 0, -1, 1, 1, true},
		{1, 0.5, 0, 1, 1, true},
		{2, 0.5, 0, 1, 0, true},
		{2, 0, 0, 1, 0, true},
		{1, 0.5, 0, 0, 0, true},
		{0, 0.5, 0, 1, 0, false},
	} {
		got, ok := memoryDepth(row.d, row.gamma, row.lo, row.hi)
		if got != row.want || ok != row.ok {
			t.Errorf("%+v: %d, %v", row, got, ok)
		}
	}
	// It is the smallest T with gamma^T (hi-lo) < d.
	rng := rand.New(rand.NewPCG(10, 1))
	for range 1000 {
		d, gamma, hi := rng.ExpFloat64()*0.01, 0.01+0.98*rng.Float64(), 10*rng.Float64()
		T, _ := memoryDepth(d, gamma, 0, hi)
		if math.Pow(gamma, float64(T))*hi >= d || T > 0 && math.Pow(gamma, float64(T-1))*hi < d*(1-1e-12) {
			t.Errorf("d %v, gamma %v, scale %v: %d", d, gamma, hi, T)
		}
	}
}

// At gamma = 0 a network of N = 1000 fires at the rate 0.371386 that solves
// x = Q(theta/(sigma sqrt(x))). The tolerance is three standard errors, a
// standard deviation of 0.43/sqrt(N) from one network to the next being
// measured in reference runs: 3*0.43/sqrt(6*1000).
func TestMeanFieldRate(t *testing.T) {
	const networks = 6
	var sum float64
	for seed := range uint64(networks) {
		sum += mustClassify(t, reference(1000, 0, 5, seed+1), settings{20, 60, 1e-9}).rate
	}
	if got := sum / networks; math.Abs(got-0.371386) > 3*0.43/math.Sqrt(networks*1000) {
		t.Errorf("rate %v, want 0.371386", got)
	}
}

// Below sigma = 2.4565 theta a large network with gamma = 0 dies, above it
// lives on (for long).
func TestMeanFieldDeath(t *testing.T) {
	for seed := range uint64(3) {
		if v := mustClassify(t, reference(1000, 0, 2.2, seed+1), settings{0, 300, 1e-9}); v.class != death {
			t.Errorf("sigma 2.2, seed %d: %s, want death", seed, v.class)
		}
		if v := mustClassify(t, reference(1000, 0, 3, seed+1), settings{0, 300, 1e-9}); v.class == death {
			t.Errorf("sigma 3, seed %d: death at %d", seed, v.step)
		}
	}
}

// The cell (gamma, sigma) = (0.5, 2) of the reference map: all of 40 networks
// die, with a median of some ten steps.
func TestDeathCell(t *testing.T) {
	for seed := range uint64(40) {
		if v := mustClassify(t, reference(100, 0.5, 2, seed+1), settings{10_000, 200_000, 1e-9}); v.class != death {
			t.Errorf("seed %d: %+v, want death", seed, v)
		}
	}
}

func TestClassifyStops(t *testing.T) {
	net := reference(300, 0.5, 5, 1)
	for _, s := range []settings{{1 << 40, 1, 1e-9}, {0, 1 << 40, 1e-9}} {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		begin := time.Now()
		_, err := classify(ctx, net, s)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 20*time.Second {
			t.Errorf("%+v: %v after %v", s, err, time.Since(begin))
		}
	}
}

// The window's length does not enter in what is allocated.
func TestClassifyAllocations(t *testing.T) {
	net := reference(100, 0.5, 6, 2)
	start := slices.Clone(net.State())
	for _, window := range []int{100, 10_000} {
		a := testing.AllocsPerRun(5, func() {
			net.SetState(start)
			if v := mustClassify(t, net, settings{0, window, 1e-9}); v.class != none {
				t.Fatalf("%+v, want none", v)
			}
		})
		if a > 6 {
			t.Errorf("window %d: %v allocations", window, a)
		}
	}
}
