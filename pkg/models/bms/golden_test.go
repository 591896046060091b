package bms

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/neurosweep/sweep/internal/testkit"
)

// reference is the network of a seed as in the reference runs: PCG of
// (seed, 12345), weights sigma/sqrt(N) times standard normals, j outer and i
// inner, then potentials from [0, 2 theta), theta = 1, no current.
func reference(n int, gamma, sigma float64, seed uint64) *Network {
	rng := rand.New(rand.NewPCG(seed, 12345))
	net := testkit.Must(NewNetwork(context.Background(), n, gamma, 1, 0, gaussian{sigma: sigma, self: true}.weights(n, rng)))
	net.SetState(uniform(n, 2, rng))
	return net
}

func mustClassify(t *testing.T, net *Network, s settings) verdict {
	t.Helper()
	v, err := classify(context.Background(), net, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Golden runs: class, period or step of death, and d of a reference run, found
// by an independent program. Periods and times are exact; d is to 1e-9
// relative, which the ten digits recorded allow. The hashes are this program's
// own: where one changes, the model's version must.
func TestGolden(t *testing.T) {
	for _, row := range []struct {
		n            int
		gamma, sigma float64
		seed         uint64
		class        string
		time         int // period, or step of death
		d            float64
		hash         uint64
	}{
		{50, 0.5, 5, 1, periodic, 24, 4.387277728e-3, 0xd1b3df5fd7649289},
		{50, 0.5, 5, 2, periodic, 15, 3.438670676e-3, 0x0e33873114c90802},
		{50, 0.5, 5, 3, periodic, 3, 1.178642966e-2, 0xa57d81714670183c},
		{50, 0.5, 5, 4, periodic, 5525, 1.316393016e-5, 0x5e84e9176456b4ef},
		{20, 0.5, 5, 1, periodic, 42, 3.101274724e-4, 0xf9502b0721ddeba4},
		{20, 0.5, 5, 2, periodic, 26, 1.77694287e-2, 0x8621b6bf14fdcb4f},
		{50, 0.9, 3, 1, death, 4288, 1, 0xd0b5c8541d5e5e92},
		{50, 0.9, 3, 2, periodic, 11032, 0, 0x259af107995f30c5}, // d was not recorded
	} {
		net := reference(row.n, row.gamma, row.sigma, row.seed)
		v := mustClassify(t, net, settings{5000, 200_000, 1e-9})
		if got := v.period + v.step; v.class != row.class || got != row.time {
			t.Errorf("N=%d gamma=%v sigma=%v seed %d: %s %d, want %s %d", row.n, row.gamma, row.sigma, row.seed, v.class, got, row.class, row.time)
		}
		if row.d != 0 && math.Abs(v.d/row.d-1) > 1e-9 {
			t.Errorf("N=%d gamma=%v sigma=%v seed %d: d = %.12g, want %.10g", row.n, row.gamma, row.sigma, row.seed, v.d, row.d)
		}
		if v.raster != row.hash {
			t.Errorf("N=%d gamma=%v sigma=%v seed %d: raster hash %#x, want %#x", row.n, row.gamma, row.sigma, row.seed, v.raster, row.hash)
		}
	}
}

// Three neurons followed by hand.
func TestThreeNeurons(t *testing.T) {
	w := [3][3]float64{{0, 1.2, -0.5}, {0.9, 0, 0.4}, {-0.7, 1.1, 0}}
	net := testkit.Must(NewNetwork(context.Background(), 3, 0.5, 1, 0.1, func(i, j int) float64 { return w[i][j] }))
	net.SetState([]float64{1.2, 0.3, 0})
	want := [][]int{{0}, {1}, {0}, {1}, {0, 2}, {1}, {0}, {1}}
	for step := range 14 {
		if step < len(want) && !equal(net.Fired(), want[step]) {
			t.Errorf("step %d: %v fire, want %v", step, net.Fired(), want[step])
		}
		if step == 6 || step == 10 {
			for i, x := range []float64{1.1, 0.1, 0.9} {
				if math.Abs(net.State()[i]-x) > 1e-15 { // half a unit in the last place of each of three terms
					t.Errorf("V_%d(%d) = %v, want %v", i, step, net.State()[i], x)
				}
			}
		}
		net.Step()
	}
	net.SetState([]float64{1.2, 0.3, 0})
	v := mustClassify(t, net, settings{0, 100, 1e-9})
	if v.class != periodic || v.period != 4 || math.Abs(v.d-0.05) > 1e-15 {
		t.Errorf("%+v, want period 4, d 0.05", v)
	}
}

// A neuron alone with a current above the rheobase fires with the interval
// ceil(ln(1-theta(1-gamma)/I)/ln(gamma)), and its potential s steps after a
// spike is I(1-gamma^s)/(1-gamma).
func TestLoneNeuron(t *testing.T) {
	known := map[[2]float64]verdict{ // worked out by hand
		{0.9, 0.2}: {period: 7, d: 0.0434062},
		{0.5, 0.6}: {period: 3, d: 0.05},
	}
	for _, gamma := range []float64{0.1, 0.5, 0.9, 0.97} {
		for _, current := range []float64{0.03, 0.11, 0.2, 0.51, 0.6, 0.93, 1.7} {
			net := testkit.Must(NewNetwork(context.Background(), 1, gamma, 1, current, func(i, j int) float64 { return 0 }))
			v := mustClassify(t, net, settings{0, 1000, 1e-9})
			if current < 1-gamma {
				if v.class != death || v.step != 0 || v.d != 1-current/(1-gamma) {
					t.Errorf("gamma %v, I %v: %+v, want death at 0", gamma, current, v)
				}
				continue
			}
			isi := int(math.Ceil(math.Log(1-(1-gamma)/current) / math.Log(gamma)))
			if current >= 1 {
				isi = 1
			}
			d := math.Inf(1)
			for s := 1; s <= isi; s++ {
				d = min(d, math.Abs(1-current*(1-math.Pow(gamma, float64(s)))/(1-gamma)))
			}
			if v.class != periodic || v.period != isi || math.Abs(v.d-d) > 1e-12 || v.rate != 1/float64(isi) {
				t.Errorf("gamma %v, I %v: %+v, want interval %d, d %v", gamma, current, v, isi, d)
			}
			if k, ok := known[[2]float64{gamma, current}]; ok && (v.period != k.period || math.Abs(v.d-k.d) > 5e-8) {
				t.Errorf("gamma %v, I %v: %+v, want %d, %v", gamma, current, v, k.period, k.d)
			}
		}
	}
}

// If sum_j W_ij + I >= theta for all i, that all fire is a fixed point
// V* = W 1 + I.
func TestFullActivity(t *testing.T) {
	const n = 20
	rng := rand.New(rand.NewPCG(1, 1))
	net := testkit.Must(NewNetwork(context.Background(), n, 0.7, 1, 0.1, gaussian{mean: 2, sigma: 0.5, self: true}.weights(n, rng)))
	d, all := math.Inf(1), make([]float64, n)
	for i := range n {
		sum := 0.1
		for j := range n {
			sum += net.Weight(i, j)
		}
		if sum < 1 {
			t.Fatalf("neuron %d has input %v: choose another seed", i, sum)
		}
		d, all[i] = min(d, sum-1), 1
	}
	net.SetState(all)
	v := mustClassify(t, net, settings{10, 100, 1e-9})
	if v.class != periodic || v.period != 1 || v.rate != 1 || v.silent != 0 || math.Abs(v.d-d) > 1e-13 {
		t.Errorf("%+v, want all to fire at every step, d %v", v, d)
	}
}
