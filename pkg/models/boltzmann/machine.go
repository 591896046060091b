package boltzmann

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/patience"
)

// layers are the parameters of a machine of n visible and m hidden units, or a
// gradient or a mean in their shape: w_ij stands at w[i*m+j].
type layers struct {
	n, m int
	w    []float64
	a, b []float64
}

func newLayers(n, m int) *layers {
	return &layers{n: n, m: m, w: make([]float64, n*m), a: make([]float64, n), b: make([]float64, m)}
}

// row is w_ij of visible unit i.
func (l *layers) row(i int) []float64 { return l.w[i*l.m:][:l.m] }

// clear sets all to 0.
func (l *layers) clear() {
	clear(l.w)
	clear(l.a)
	clear(l.b)
}

// add adds x times another.
func (l *layers) add(x float64, o *layers) {
	for _, p := range [...]struct{ dst, src []float64 }{{l.w, o.w}, {l.a, o.a}, {l.b, o.b}} {
		for k, y := range p.src {
			p.dst[k] += float64(x * y)
		}
	}
}

// dot is the sum of the products.
func (l *layers) dot(o *layers) float64 {
	sum := 0.0
	for _, p := range [...]struct{ x, y []float64 }{{l.w, o.w}, {l.a, o.a}, {l.b, o.b}} {
		for k, y := range p.y {
			sum += float64(p.x[k] * y)
		}
	}
	return sum
}

// count adds weight times v_i h_j, v_i and h_j.
func (l *layers) count(weight float64, v, h []float64) {
	for i, x := range v {
		x *= weight
		l.a[i] += x
		for j, y := range h {
			l.w[i*l.m+j] += float64(x * y)
		}
	}
	for j, y := range h {
		l.b[j] += float64(weight * y)
	}
}

// swapped is the machine with the layers' parts exchanged.
func (l *layers) swapped() *layers {
	s := newLayers(l.m, l.n)
	copy(s.a, l.b)
	copy(s.b, l.a)
	for i := range l.n {
		for j, w := range l.row(i) {
			s.w[j*s.m+i] = w
		}
	}
	return s
}

// hiddenFields overwrites dst with b_j + Σ_i w_ij v_i.
func (l *layers) hiddenFields(dst, v []float64) {
	copy(dst, l.b)
	for i, x := range v {
		for j, w := range l.row(i) {
			dst[j] += float64(x * w)
		}
	}
}

// visibleFields overwrites dst with a_i + Σ_j w_ij h_j.
func (l *layers) visibleFields(dst, h []float64) {
	for i := range dst {
		sum := l.a[i]
		for j, w := range l.row(i) {
			sum += float64(w * h[j])
		}
		dst[i] = sum
	}
}

// toss replaces fields by units.
func toss(fields []float64, r *rand.Rand) {
	for k, x := range fields {
		fields[k] = -1
		if r.Float64() < 1/(1+math.Exp(-2*x)) {
			fields[k] = 1
		}
	}
}

// means replaces fields by the units' means.
func means(fields []float64) {
	for k, x := range fields {
		fields[k] = math.Tanh(x)
	}
}

// lnTwoCosh is ln 2cosh x.
func lnTwoCosh(x float64) float64 {
	x = math.Abs(x)
	return x + math.Log1p(math.Exp(-2*x))
}

// unnormalised is ln P(v) + ln Z; fields is scratch of the size of the hidden layer.
func (l *layers) unnormalised(v, fields []float64) float64 {
	sum := 0.0
	for i, x := range v {
		sum += float64(l.a[i] * x)
	}
	l.hiddenFields(fields, v)
	for _, x := range fields {
		sum += lnTwoCosh(x)
	}
	return sum
}

// maxExact is the largest layer whose states are summed over.
const maxExact = 20

func (l *layers) tractable() bool { return min(l.n, l.m) <= maxExact }

// statesPerStart is how many states are visited before the fields are computed
// afresh, so that rounding errors do not add up.
const statesPerStart = 1 << 10

// partition is ln Z. If mean is not nil it is overwritten with the means of
// v_i h_j, v_i and h_j. The machine must be tractable.
func (l *layers) partition(ctx context.Context, mean *layers) (float64, error) {
	if l.m > l.n {
		s := l.swapped()
		if mean == nil {
			return s.partition(ctx, nil)
		}
		t := newLayers(l.m, l.n)
		lnZ, err := s.partition(ctx, t)
		*mean = *t.swapped()
		return lnZ, err
	}
	// The hidden layer is the smaller one: its states in the order of the Gray code.
	h, fields, v := make([]float64, l.m), make([]float64, l.n), make([]float64, l.n)
	if mean != nil {
		mean.clear()
	}
	// Sums are relative to the largest term so far.
	largest, sum := math.Inf(-1), 0.0
	work, numbers := patience.New(ctx), l.n*(l.m+2*patience.Func)
	for k := range uint32(1) << l.m {
		if err := work.Spend(numbers); err != nil {
			return 0, err
		}
		if k%statesPerStart == 0 {
			for j := range h {
				h[j] = float64(int((k^k>>1)>>j&1)*2 - 1)
			}
			l.visibleFields(fields, h)
		} else {
			j := bits.TrailingZeros32(k)
			h[j] = -h[j]
			for i := range fields {
				fields[i] += float64(2 * h[j] * l.w[i*l.m+j])
			}
		}
		log := 0.0
		for j, x := range h {
			log += float64(l.b[j] * x)
		}
		for _, x := range fields {
			log += lnTwoCosh(x)
		}
		if log > largest {
			shrink := math.Exp(largest - log)
			sum *= shrink
			if mean != nil {
				mean.add(shrink-1, mean)
			}
			largest = log
		}
		p := math.Exp(log - largest)
		sum += p
		if mean != nil {
			copy(v, fields)
			means(v)
			mean.count(p, v, h)
		}
	}
	if mean != nil {
		mean.add(1/sum-1, mean)
	}
	return largest + math.Log(sum), nil
}
