package associative

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/neurosweep/sweep/internal/spins"
)

// couplings are the synapses w_ij from neuron j to neuron i.
type couplings interface {
	// add adds x times what neuron j sends: field_i += x w_ij for all i.
	add(field []float64, j int, x float64)
	// load overwrites field with the fields Σ_j w_ij s_j of a state.
	load(field, state []float64)
	// norms overwrites dst with √(Σ_j w_ij²) of each neuron.
	norms(dst []float64)
	// self is w_ii.
	self(i int) float64
}

// dense couplings are a matrix with a row for each sender: w_ij stands at
// w[j*n+i].
type dense struct {
	n int
	w []float64
}

func newDense(n int) *dense { return &dense{n: n, w: make([]float64, n*n)} }

func (d *dense) row(j int) []float64 { return d.w[j*d.n:][:d.n] }

func (d *dense) self(i int) float64 { return d.w[i*d.n+i] }

func (d *dense) add(field []float64, j int, x float64) {
	blas64.Axpy(x, vector(d.row(j)), vector(field))
}

func (d *dense) load(field, state []float64) {
	blas64.Gemv(blas.Trans, 1, d.matrix(), vector(state), 0, vector(field))
}

func (d *dense) norms(dst []float64) {
	clear(dst)
	for j := range d.n {
		for i, w := range d.row(j) {
			dst[i] += float64(w * w)
		}
	}
	for i := range dst {
		dst[i] = math.Sqrt(dst[i])
	}
}

func (d *dense) matrix() blas64.General {
	return blas64.General{Rows: d.n, Cols: d.n, Stride: d.n, Data: d.w}
}

// mirror copies the upper triangle into the lower one.
func (d *dense) mirror() {
	for j := range d.n {
		for i := range j {
			d.w[j*d.n+i] = d.w[i*d.n+j]
		}
	}
}

// clearDiagonal sets all w_ii to 0.
func (d *dense) clearDiagonal() {
	for i := range d.n {
		d.w[i*d.n+i] = 0
	}
}

func vector(xs []float64) blas64.Vector { return blas64.Vector{N: len(xs), Inc: 1, Data: xs} }

func matrix(rows, cols int, xs []float64) blas64.General {
	return blas64.General{Rows: rows, Cols: cols, Stride: cols, Data: xs}
}

// sparse couplings are those of the bonds of a graph.
type sparse struct {
	*spins.Bonds
	n int
}

func (s *sparse) add(field []float64, j int, x float64) { spins.Add(s.Bonds, field, j, x) }

func (s *sparse) load(field, state []float64) {
	clear(field)
	for j, x := range state {
		s.add(field, j, x)
	}
}

func (s *sparse) norms(dst []float64) {
	clear(dst)
	for j := range s.n {
		for i, w := range s.From(j) {
			dst[i] += float64(w * w)
		}
	}
	for i := range dst {
		dst[i] = math.Sqrt(dst[i])
	}
}

func (s *sparse) self(int) float64 { return 0 }
