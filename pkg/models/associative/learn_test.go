package associative

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/internal/testkit"
)

// weights are the couplings J_ij, neuron i in row i.
func weights(net *learned, n int) []float64 {
	j := make([]float64, n*n)
	column := make([]float64, n)
	for from := range n {
		clear(column)
		net.add(column, from, 1)
		for to, w := range column {
			j[to*n+from] = net.scale[to] * w
		}
	}
	return j
}

// TestFormulas computes couplings as the rules are written.
func TestFormulas(t *testing.T) {
	const n, p = 17, 6
	m := randomMemories(n, p, 1)
	hebb, storkey := make([]float64, n*n), make([]float64, n*n)
	for mu := range p {
		xi := m.pattern(mu)
		old := slices.Clone(storkey)
		without := func(i, j int) float64 {
			h := 0.0
			for k := range n {
				if k != i && k != j {
					h += old[i*n+k] * xi[k]
				}
			}
			return h
		}
		for i := range n {
			for j := range n {
				hebb[i*n+j] += xi[i] * xi[j] / n
				storkey[i*n+j] += (xi[i]*xi[j] - xi[i]*without(j, i) - without(i, j)*xi[j]) / n
			}
		}
	}
	for _, diagonal := range []bool{true, false} {
		for rule, want := range map[string][]float64{"hebb": hebb, "storkey": storkey} {
			got := weights(teach(t, rule, lesson{memories: m, diagonal: diagonal}), n)
			for k, w := range got {
				x := want[k]
				if k%(n+1) == 0 && !diagonal {
					x = 0
				}
				if math.Abs(w-x) > 1e-13 {
					t.Fatalf("%s, diagonal %v: J_%d,%d = %v, want %v", rule, diagonal, k/n, k%n, w, x)
				}
			}
		}
	}
	net := teach(t, "diluted", lesson{memories: m, inputs: 4, graph: testkit.Generator(1)})
	oneWay := false
	for i := range n {
		inputs := 0
		for j := range n {
			w := weights(net, n)[i*n+j]
			if w == 0 {
				continue
			}
			inputs++
			if i == j || math.Abs(w-hebb[i*n+j]*n/4) > 1e-13 {
				t.Errorf("diluted: J_%d,%d = %v, want %v", i, j, w, hebb[i*n+j]*n/4)
			}
			oneWay = oneWay || weights(net, n)[j*n+i] == 0
		}
		if inputs > 4 { // fewer if one is 0
			t.Errorf("neuron %d has %d inputs", i, inputs)
		}
	}
	if !oneWay {
		t.Error("every synapse of the diluted network has its opposite")
	}
}

// TestFixedPatterns finds the patterns fixed that a sweep leaves alone, ties among
// them: with an even N·h_i a field can be 0.
func TestFixedPatterns(t *testing.T) {
	ties := 0
	for seed := range uint64(20) {
		m := randomMemories(33, 6, seed)
		net := teach(t, "hebb", lesson{memories: m})
		unmoved := 0
		for _, o := range retrieve(t, net, m, retrieval{tries: 6}, seed) {
			if o.sweeps == 0 {
				unmoved++
			}
		}
		st := held(t, net, m)
		if st.fixed != float64(unmoved)/6 {
			t.Errorf("seed %d: fixed_fraction %v, %d of 6 did not move", seed, st.fixed, unmoved)
		}
		if st.least == 0 {
			ties++
		}
	}
	if ties == 0 {
		t.Error("no pattern had a tie")
	}
}

// TestStudentCounts holds what a neuron keeps of its couplings against the
// couplings themselves.
func TestStudentCounts(t *testing.T) {
	for _, diagonal := range []bool{false, true} {
		m := randomMemories(30, 25, 1)
		s := newStudent(t, m)
		if diagonal {
			s.inputs = 30
		}
		s.begin(7)
		if _, err := (&lesson{memories: m, accuracy: 0.1, maxUpdates: 500}).minover(context.Background(), s); err != nil {
			t.Fatal(err)
		}
		w := make([]float64, 30)
		for mu, x := range s.counts {
			for j, y := range m.pattern(mu) {
				if j != 7 || diagonal {
					w[j] += x * m.pattern(mu)[7] * y
				}
			}
		}
		square, total := 0.0, 0.0
		for _, x := range w {
			square += x * x
		}
		for _, x := range s.counts {
			total += x
		}
		if square != s.square || total != float64(s.total) {
			t.Errorf("|w|² = %v, want %v; Σx = %v, want %v", s.square, square, s.total, total)
		}
		for mu := range m.p {
			want := 0.0
			for j, y := range m.pattern(mu) {
				want += w[j] * y * m.pattern(mu)[7]
			}
			if s.aligned(mu) != want {
				t.Errorf("diagonal %v: the aligned field of pattern %d is %v, want %v", diagonal, mu, s.aligned(mu), want)
			}
		}
	}
}

// TestUnlearnable asks for what no couplings do: the same state of all others, and
// both signs of neuron 0.
func TestUnlearnable(t *testing.T) {
	m := randomMemories(12, 2, 1)
	copy(m.pattern(1), m.pattern(0))
	m.pattern(1)[0] = -m.pattern(1)[0]
	for _, rule := range []string{"perceptron", "minover"} {
		net := teach(t, rule, lesson{memories: m})
		if net.ending != unlearnable || net.taught != 11.0/12 || net.bound != 0 {
			t.Errorf("%s: %s, %v of the neurons, bound %v", rule, net.ending, net.taught, net.bound)
		}
	}
	if _, err := (&lesson{memories: m, maxUpdates: 1 << 26}).learn(context.Background(), "perceptron"); err != errOverflow {
		t.Errorf("%v", err)
	}
}

// TestMemories has patterns of the mean and the correlation that were asked for,
// and the fair ones the first of more.
func TestMemories(t *testing.T) {
	const n, p = 2000, 60
	draw := func(p int, a, c float64) *memories {
		return testkit.Must(newMemories(context.Background(), n, p, a, c, origins{testkit.Generator(1), testkit.Generator(2), testkit.Generator(3)}))
	}
	for _, x := range []struct{ a, c float64 }{{0, 0}, {0.4, 0}, {-0.7, 0}, {0, 0.25}, {0.4, 0.25}} {
		m := draw(p, x.a, x.c)
		mean, product := 0.0, 0.0
		for i := range n {
			sum := 0.0
			for mu := range p {
				sum += m.pattern(mu)[i]
			}
			mean += sum / (n * p)
			product += (sum*sum - p) / (n * p * (p - 1)) // of two patterns at a neuron
		}
		correlation := (product - x.a*x.a) / (1 - x.a*x.a)
		// One ancestor of 2000 components: 1/√2000 times √c, four times.
		allowed := 4 * (1/math.Sqrt(n*p) + math.Sqrt(x.c/n))
		if math.Abs(mean-x.a) > allowed || math.Abs(correlation-x.c) > 2*allowed {
			t.Errorf("mean %.4f, want %g; correlation %.4f, want %g", mean, x.a, correlation, x.c)
		}
		if few := draw(7, x.a, x.c); !slices.Equal(few.xi, m.xi[:7*n]) {
			t.Errorf("a = %g, c = %g: 7 patterns are not the first of %d", x.a, x.c, p)
		}
	}
	if a, b := draw(p, 0.4, 0).xi, draw(p, 0.5, 0).xi; func() bool {
		for i := range a {
			if a[i] > b[i] {
				return true
			}
		}
		return false
	}() {
		t.Error("a greater bias turned a component to -1")
	}
}
