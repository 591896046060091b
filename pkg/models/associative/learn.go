package associative

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/patience"
	"github.com/neurosweep/sweep/internal/spins"
)

// How the learning of a network ended.
const (
	closed      = "closed"      // a formula: nothing to converge
	dependent   = "dependent"   // the same, with patterns that depend linearly on others
	converged   = "converged"   // every neuron met its condition
	limit       = "limit"       // a neuron did not within the limit of updates
	unlearnable = "unlearnable" // a neuron cannot, by its certificate
)

// learned is a network that has learned: J_ij = scale_i w_ij.
type learned struct {
	couplings
	scale []float64
	exact bool // the w_ij are integers, so that sums of them have no rounding errors

	ending  string
	taught  float64 // fraction of the neurons that met their condition; 1 for a formula
	updates float64 // mean over the neurons
	bound   float64 // no couplings have a smallest stability above it; +Inf if unknown
}

// lesson says what is to be learned and how.
type lesson struct {
	memories *memories
	diagonal bool // keep the self-couplings

	inputs int        // of each neuron of a diluted network
	graph  *rand.Rand // which they are

	kappa      float64 // margin of the perceptron
	accuracy   float64 // of the largest stability of minover
	maxUpdates int     // of a neuron
}

// learn teaches the lesson by the rule of that name.
func (l *lesson) learn(ctx context.Context, rule string) (*learned, error) {
	switch rule {
	case "hebb":
		return l.hebb(ctx)
	case "diluted":
		return l.diluted(ctx)
	case "pseudo-inverse":
		return l.pseudoInverse(ctx)
	case "storkey":
		return l.storkey(ctx)
	case "perceptron":
		return l.perceptrons(ctx, l.perceptron)
	case "minover":
		return l.perceptrons(ctx, l.minover)
	}
	panic("associative: no rule " + rule)
}

// formula is a network whose couplings a formula gives.
func (l *lesson) formula(c couplings, scale float64, exact bool) *learned {
	f := &learned{couplings: c, scale: make([]float64, l.memories.n), exact: exact, ending: closed, taught: 1, bound: math.Inf(1)}
	for i := range f.scale {
		f.scale[i] = scale
	}
	return f
}

// hebb is w_ij = Σ_μ ξ_i^μ ξ_j^μ, J = w/N.
func (l *lesson) hebb(ctx context.Context) (*learned, error) {
	m := l.memories
	d := newDense(m.n)
	if err := product(ctx, d.matrix(), matrix(m.p, m.n, m.xi), matrix(m.p, m.n, m.xi)); err != nil {
		return nil, err
	}
	if !l.diagonal {
		d.clearDiagonal()
	}
	return l.formula(d, 1/float64(m.n), true), nil
}

// rowsPerCheck is how many rows of a product, of so many numbers each, are computed
// between two looks at the context: a tenth of a second in the largest networks. Each
// row has the same bits, however many are computed at once.
func rowsPerCheck(numbers int) int { return max(1, min(64, 16*patience.Share/numbers)) }

// product overwrites dst with aᵀ b, some rows at a time.
func product(ctx context.Context, dst, a, b blas64.General) error {
	rows := rowsPerCheck(b.Rows * b.Cols)
	for i := 0; i < dst.Rows; i += rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		k := min(rows, dst.Rows-i)
		part := a
		part.Cols, part.Data = k, a.Data[i:]
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, part, b, 0, matrix(k, dst.Cols, dst.Data[i*dst.Cols:]))
	}
	return nil
}

// diluted is w_ij = Σ_μ ξ_i^μ ξ_j^μ for the inputs j of neuron i, which need not
// be an input of j, and J = w/c with c inputs.
func (l *lesson) diluted(ctx context.Context) (*learned, error) {
	m := l.memories
	from, err := draw.Inputs(ctx, m.n, l.inputs, l.graph)
	if err != nil {
		return nil, err
	}
	states := make([][]uint64, m.p)
	for mu := range states {
		states[mu] = make([]uint64, spins.Words(m.n))
		pack(states[mu], m.pattern(mu))
	}
	graph, err := spins.Directed(ctx, m.n, l.inputs, from)
	if err != nil {
		return nil, err
	}
	bonds, err := spins.Couple(ctx, spins.Store(m.n, states...), graph)
	if err != nil {
		return nil, err
	}
	return l.formula(&sparse{bonds, m.n}, 1/float64(l.inputs), true), nil
}

// gram is the matrix of the integers G^μν = Σ_i ξ_i^μ ξ_i^ν.
func (m *memories) gram(ctx context.Context) (blas64.General, error) {
	g := matrix(m.p, m.p, make([]float64, m.p*m.p))
	xi := matrix(m.p, m.n, m.xi)
	rows := rowsPerCheck(m.p * m.n)
	for mu := 0; mu < m.p; mu += rows {
		if err := ctx.Err(); err != nil {
			return g, err
		}
		k := min(rows, m.p-mu)
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, matrix(k, m.n, m.xi[mu*m.n:]), xi, 0, matrix(k, m.p, g.Data[mu*m.p:]))
	}
	return g, nil
}

// pseudoInverse is the projector on the span of the patterns, J = Ξᵀ G⁻¹ Ξ. From
// G = UᵀU follows J = AᵀA with UᵀA = Ξ. The factorisation takes the pattern
// farthest from the span of those taken before, so that patterns that depend on
// others are the last, and are left out.
func (l *lesson) pseudoInverse(ctx context.Context) (*learned, error) {
	m := l.memories
	g, err := m.gram(ctx)
	if err != nil {
		return nil, err
	}
	var f mat.PivotedCholesky
	factorize := func() { f.Factorize(mat.NewSymDense(m.p, g.Data), -1) }
	if m.p > 1200 { // half a second
		if err := patience.Leave(ctx, factorize); err != nil {
			return nil, err
		}
	} else {
		factorize()
	}
	r := f.Rank()
	var u mat.TriDense
	f.UTo(&u)
	upper := u.RawTriangular()
	upper.N = r

	a := matrix(r, m.n, make([]float64, r*m.n))
	for k, mu := range f.ColumnPivots(nil)[:r] {
		copy(a.Data[k*m.n:][:m.n], m.pattern(mu))
	}
	columns := rowsPerCheck(r * r)
	for i := 0; i < m.n; i += columns {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part := a
		part.Cols, part.Data = min(columns, m.n-i), a.Data[i:]
		blas64.Trsm(blas.Left, blas.Trans, 1, upper, part)
	}
	d := newDense(m.n)
	if err := product(ctx, d.matrix(), a, a); err != nil {
		return nil, err
	}
	d.mirror()
	if r == m.n { // the identity, whatever rounding made of it
		clear(d.w)
		for i := range m.n {
			d.w[i*m.n+i] = 1
		}
	}
	if !l.diagonal {
		d.clearDiagonal()
	}
	out := l.formula(d, 1, false)
	if r < m.p {
		out.ending = dependent
	}
	return out, nil
}

// storkey is Storkey's rule of second order, one pattern after another:
//
//	w_ij += ξ_i ξ_j - ξ_i h_ji - h_ij ξ_j,   h_ij = (1/N) Σ_{k≠i,j} w_ik ξ_k
//
// with J = w/N. No h_ij holds a diagonal element, so they may be kept or not.
func (l *lesson) storkey(ctx context.Context) (*learned, error) {
	m := l.memories
	n := float64(m.n)
	d := newDense(m.n)
	field := make([]float64, m.n)
	for mu := range m.p {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		xi := m.pattern(mu)
		d.load(field, xi)
		for i := range field {
			field[i] -= d.self(i) * xi[i]
		}
		// h_ij = (field_i - w_ij ξ_j)/N for i ≠ j, and h_ii = field_i/N.
		for j, x := range xi {
			row, f := d.row(j), field[j]
			self := row[j] + 1 - 2*x*f/n
			for i, y := range xi {
				w := row[i]
				row[i] = w + x*y - (y*(f-w*y)+x*(field[i]-w*x))/n
			}
			row[j] = self
		}
	}
	if !l.diagonal {
		d.clearDiagonal()
	}
	return l.formula(d, 1/n, false), nil
}

// errOverflow says that learning would leave the integers that a float64 holds.
var errOverflow = errors.New("too many updates to count in exact integers: lower max_updates")

// student is one neuron that learns by adding patterns: its couplings are
// w_ij = Σ_μ x^μ ξ_i^μ ξ_j^μ with whole numbers x^μ ≥ 0 (without j = i if the
// diagonal is zero). All its numbers are integers and exact.
type student struct {
	gram     blas64.General
	memories *memories
	inputs   int // N-1, or N with the diagonal

	i      int
	counts []float64 // x^μ
	field  []float64 // Σ_j w_ij ξ_j^μ for each pattern, with j = i
	square float64   // Σ_j w_ij²
	total  int       // Σ_μ x^μ
}

// begin makes i the neuron and its couplings zero.
func (s *student) begin(i int) {
	s.i, s.square, s.total = i, 0, 0
	clear(s.counts)
	clear(s.field)
}

// aligned is ξ_i^μ Σ_j w_ij ξ_j^μ, for the j that count.
func (s *student) aligned(mu int) float64 {
	return s.memories.xi[mu*s.memories.n+s.i]*s.field[mu] - float64(s.without())
}

// without is the self-coupling that does not count: w_ii is Σ x^μ.
func (s *student) without() int { return (s.memories.n - s.inputs) * s.total }

// add adds pattern mu once.
func (s *student) add(mu int) {
	s.square += 2*s.aligned(mu) + float64(s.inputs)
	s.counts[mu]++
	s.total++
	p := s.gram.Cols
	blas64.Axpy(s.memories.xi[mu*s.memories.n+s.i], vector(s.gram.Data[mu*p:][:p]), vector(s.field))
}

// bound is |w|/Σx, which no couplings exceed in their smallest stability: w/Σx
// is a mean of the vectors ξ_i^μ ξ^μ, and the least of their projections on any
// direction is at most that of their mean. Where it is 0 there is no solution.
func (s *student) bound() float64 { return math.Sqrt(s.square) / float64(s.total) }

// updatesPerCheck is how many updates pass between two looks at the context.
const updatesPerCheck = 1024

// perceptron adds every pattern with a stability of kappa or less (of less than
// kappa if that is above 0), in turn, until there is none.
func (l *lesson) perceptron(ctx context.Context, s *student) (string, error) {
	kappa := l.kappa
	for quiet, mu := 0, 0; quiet < s.gram.Rows; quiet, mu = quiet+1, (mu+1)%s.gram.Rows {
		if y := s.aligned(mu); y > 0 && y >= kappa*math.Sqrt(s.square) {
			continue
		}
		quiet = -1
		if s.total == l.maxUpdates {
			return limit, nil
		}
		s.add(mu)
		if s.total%updatesPerCheck == 0 {
			if err := ctx.Err(); err != nil {
				return "", err
			}
		}
		if s.bound() < kappa || s.square == 0 {
			return unlearnable, nil
		}
	}
	return converged, nil
}

// minover adds the pattern of the smallest stability until that is proved to be
// within the accuracy of the largest possible.
func (l *lesson) minover(ctx context.Context, s *student) (string, error) {
	for {
		worst, least := 0, math.Inf(1)
		for mu := range s.gram.Rows {
			if y := s.aligned(mu); y < least {
				worst, least = mu, y
			}
		}
		// least/|w| ≥ (1 - accuracy) |w|/Σx
		if least > 0 && least*float64(s.total) >= (1-l.accuracy)*s.square {
			return converged, nil
		}
		if s.total == l.maxUpdates {
			return limit, nil
		}
		s.add(worst)
		if s.square == 0 {
			return unlearnable, nil
		}
		if s.total%updatesPerCheck == 0 {
			if err := ctx.Err(); err != nil {
				return "", err
			}
		}
	}
}

// perceptrons teaches each neuron by itself, and scales its couplings to
// Σ_j J_ij² = 1: the aligned fields of the patterns are then their stabilities.
func (l *lesson) perceptrons(ctx context.Context, teach func(context.Context, *student) (string, error)) (*learned, error) {
	m := l.memories
	g, err := m.gram(ctx)
	if err != nil {
		return nil, err
	}
	// |w|² ≤ (Σx)² N has to be below 2^53.
	if float64(l.maxUpdates)*math.Sqrt(float64(m.n)) > 1<<26 {
		return nil, errOverflow
	}
	s := &student{gram: g, memories: m, inputs: m.n - 1, counts: make([]float64, m.p), field: make([]float64, m.p)}
	if l.diagonal {
		s.inputs = m.n
	}
	out := l.formula(newDense(m.n), 1, true)
	d := out.couplings.(*dense)
	signed := make([]float64, m.p*m.n)               // ξ_i^μ x_i^μ
	order := []string{converged, limit, unlearnable} // the worst is the network's
	worst, taught, updates := 0, 0, 0
	for i := range m.n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.begin(i)
		ending, err := teach(ctx, s)
		if err != nil {
			return nil, err
		}
		worst = max(worst, slices.Index(order, ending))
		if ending == converged {
			taught++
		}
		updates += s.total
		out.bound = min(out.bound, s.bound())
		for mu, x := range s.counts {
			signed[mu*m.n+i] = x * m.xi[mu*m.n+i]
		}
		if s.square > 0 {
			out.scale[i] = 1 / math.Sqrt(s.square)
		}
	}
	if err := product(ctx, d.matrix(), matrix(m.p, m.n, m.xi), matrix(m.p, m.n, signed)); err != nil {
		return nil, err
	}
	if !l.diagonal {
		d.clearDiagonal()
	}
	out.ending = order[worst]
	out.taught = float64(taught) / float64(m.n)
	out.updates = float64(updates) / float64(m.n)
	return out, nil
}
