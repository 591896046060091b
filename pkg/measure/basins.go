package measure

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/neurosweep/sweep/pkg/dynamics"
)

// Axis is a range of one coordinate, cut into Cells equal cells.
type Axis struct {
	From, To float64
	Cells    int
}

// BasinSettings are the settings of [NewBasins]; see there for what they do.
type BasinSettings struct {
	Recurrences int     // visits to cells visited before in a row that make an attractor; default 100
	Locate      int     // steps after that whose cells are the attractor's; default 1000
	OnAttractor int     // cells of one attractor in a row that decide; default 2
	InBasin     int     // cells known to lead to one attractor in a row that decide; default 10
	Lost        int     // steps in a row outside of the grid that decide; default 20
	Horizon     float64 // where the orbit counts as diverged at once; default 1e6
	Limit       int     // steps, at most; default 1e6
}

// Diverging is the label of initial states that lead to no attractor in the
// grid.
const Diverging = -1

// Basins finds attractors and their basins by recurrences on a grid, after
// Datseris and Wagemakers: an orbit that keeps coming back to cells where it has
// been is on an attractor.
//
// Each initial state is followed until one of these happens: it visits
// Recurrences cells in a row that it has visited before (a new attractor; the
// cells of the next Locate steps are its own); OnAttractor cells in a row belong
// to a known attractor; InBasin cells in a row are known to lead to the same
// one; it is outside of the grid for Lost steps in a row, beyond the horizon or
// not a number (Diverging).
//
// The grid must be fine enough to tell attractors apart and to hold them
// whole. A slow orbit stays in one cell and looks like an attractor: flows are
// sampled so that they cross a cell in about a step. Results depend on the order
// of the initial states near basin boundaries, through InBasin.
//
// Cost: one step per step and some 10 ns; 12 bytes a cell.
//
// G. Datseris, A. Wagemakers, Chaos 32:023104 (2022), whose defaults these are.
type Basins struct {
	// Attractors are the states that found each attractor, in the order of
	// discovery: the label k is of Attractors[k].
	Attractors [][]float64

	orbit   *dynamics.Orbit
	axes    []Axis
	s       BasinSettings
	owner   []int32 // the attractor to which a cell belongs, plus 1
	basin   []int32 // where a cell is known to lead, plus 1; -1 diverging
	visitor []int32 // the initial state that last visited it, from 1
	visits  int32
}

// NewBasins prepares a search for the attractors of m on a grid.
func NewBasins(m dynamics.Map, axes []Axis, s BasinSettings) *Basins {
	if len(axes) != m.Dim() {
		panic("measure: one axis for each coordinate is needed")
	}
	for _, d := range []struct {
		field *int
		value int
	}{{&s.Recurrences, 100}, {&s.Locate, 1000}, {&s.OnAttractor, 2}, {&s.InBasin, 10}, {&s.Lost, 20}, {&s.Limit, 1e6}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if s.Horizon == 0 {
		s.Horizon = 1e6
	}
	cells := 1
	for _, a := range axes {
		if a.Cells < 1 || !(a.To > a.From) || cells > math.MaxInt32/a.Cells {
			panic("measure: an axis that makes no sense, or too many cells")
		}
		cells *= a.Cells
	}
	return &Basins{
		orbit: dynamics.NewOrbit(m, make([]float64, m.Dim())), axes: axes, s: s,
		owner: make([]int32, cells), basin: make([]int32, cells), visitor: make([]int32, cells),
	}
}

// cell is the cell that holds x, -1 outside of the grid.
func (b *Basins) cell(x []float64) int {
	index := 0
	for i, a := range b.axes {
		u := (x[i] - a.From) / (a.To - a.From) * float64(a.Cells)
		if !(u >= 0 && u < float64(a.Cells)) {
			return -1
		}
		index = index*a.Cells + int(u)
	}
	return index
}

// Label follows x and returns the number of its attractor, or [Diverging].
// [dynamics.Converged] says that it was decided, [dynamics.Diverged] so too, and
// [dynamics.Limit] that it was not; the label is Diverging then. It heeds ctx,
// whose error is the only one.
func (b *Basins) Label(ctx context.Context, x []float64) (int, dynamics.Ending, error) {
	o, s := b.orbit, b.s
	copy(o.X, x)
	b.visits++
	recurrences, lost, hits, known := 0, 0, 0, 0
	var lastOwner, lastBasin int32
	for t := range s.Limit {
		if t&1023 == 0 {
			if err := ctx.Err(); err != nil {
				return Diverging, dynamics.Limit, err
			}
		}
		if dynamics.Beyond(o.X, s.Horizon) {
			return Diverging, dynamics.Diverged, nil
		}
		cell := b.cell(o.X)
		if cell < 0 {
			recurrences, hits, known = 0, 0, 0
			if lost++; lost >= s.Lost {
				return Diverging, dynamics.Diverged, nil
			}
			o.Step()
			continue
		}
		lost = 0
		if a := b.owner[cell]; a != 0 {
			if a != lastOwner {
				hits, lastOwner = 0, a
			}
			if hits++; hits >= s.OnAttractor {
				return int(a) - 1, dynamics.Converged, nil
			}
		} else {
			hits = 0
		}
		if a := b.basin[cell]; a != 0 {
			if a != lastBasin {
				known, lastBasin = 0, a
			}
			if known++; known >= s.InBasin {
				if a < 0 {
					return Diverging, dynamics.Diverged, nil
				}
				return int(a) - 1, dynamics.Converged, nil
			}
		} else {
			known = 0
		}
		if b.visitor[cell] == b.visits {
			if recurrences++; recurrences >= s.Recurrences {
				return b.discover(), dynamics.Converged, nil
			}
		} else {
			recurrences = 0
			b.visitor[cell] = b.visits
		}
		o.Step()
	}
	return Diverging, dynamics.Limit, nil
}

// discover makes a new attractor of where the orbit is now, or finds that it
// has come to a known one.
func (b *Basins) discover() int {
	k := len(b.Attractors)
	b.Attractors = append(b.Attractors, append([]float64(nil), b.orbit.X...))
	for range b.s.Locate {
		if cell := b.cell(b.orbit.X); cell >= 0 && b.owner[cell] == 0 {
			b.owner[cell] = int32(k + 1)
		}
		b.orbit.Step()
	}
	return k
}

// Map labels the centre of every cell, in the order of the cells with the last
// axis the fastest. It heeds ctx, whose error is the only one.
func (b *Basins) Map(ctx context.Context) ([]int32, error) {
	labels := make([]int32, len(b.basin))
	x := make([]float64, len(b.axes))
	for cell := range labels {
		b.Centre(x, cell)
		label, _, err := b.Label(ctx, x)
		if err != nil {
			return nil, err
		}
		labels[cell] = int32(label)
		b.basin[cell] = int32(label) + 1
		if label == Diverging {
			b.basin[cell] = -1
		}
	}
	return labels, nil
}

// Centre sets x to the centre of a cell.
func (b *Basins) Centre(x []float64, cell int) {
	for i := len(b.axes) - 1; i >= 0; i-- {
		a := b.axes[i]
		x[i] = a.From + (a.To-a.From)*(float64(cell%a.Cells)+0.5)/float64(a.Cells)
		cell /= a.Cells
	}
}

// BasinStability is the fraction of n random initial states that lead to each
// attractor, with its standard error, see [BasinFraction]. sample sets x to an
// initial state drawn from rng. It finds attractors as it goes; what is missing
// to 1 diverges.
func BasinStability(ctx context.Context, b *Basins, n int, rng *rand.Rand, sample func(x []float64, rng *rand.Rand)) ([]Estimate, error) {
	var counts []int
	x := make([]float64, len(b.axes))
	for range n {
		sample(x, rng)
		label, _, err := b.Label(ctx, x)
		if err != nil {
			return nil, err
		}
		for len(counts) < len(b.Attractors) {
			counts = append(counts, 0)
		}
		if label != Diverging {
			counts[label]++
		}
	}
	fractions := make([]Estimate, len(counts))
	for i, c := range counts {
		fractions[i] = BasinFraction(c, n)
	}
	return fractions, nil
}

// BasinEntropy is the entropy of a picture of basins, rows of the given width:
// it is cut into boxes of box by box cells, and
//
//	S = -sum_labels p ln p in each box,  Sb = < S > over all,  Sbb = < S > over those with two labels and more
//
// in nats. Sbb > ln 2 proves that the boundary is fractal. Cells that are left
// over at the edges are left out. Sbb is NaN if there is no boundary.
//
// A. Daza, A. Wagemakers, B. Georgeot, D. Guéry-Odelin, M.A.F. Sanjuán, Scientific
// Reports 6:31416 (2016).
func BasinEntropy(labels []int32, width, box int) (all, boundary float64) {
	height := len(labels) / width
	if width*height != len(labels) || box < 2 || box > width || box > height {
		panic("measure: boxes that do not fit the picture")
	}
	var sum float64
	boxes, mixed := 0, 0
	found := make([]int32, 0, box*box)
	counts := make([]int, 0, box*box)
	for y := 0; y+box <= height; y += box {
		for x := 0; x+box <= width; x += box {
			found, counts = found[:0], counts[:0]
			for i := range box * box {
				label := labels[(y+i/box)*width+x+i%box]
				k := 0
				for k < len(found) && found[k] != label {
					k++
				}
				if k == len(found) {
					found, counts = append(found, label), append(counts, 0)
				}
				counts[k]++
			}
			boxes++
			if len(found) < 2 {
				continue
			}
			mixed++
			for _, c := range counts {
				p := float64(c) / float64(box*box)
				sum -= float64(p * math.Log(p))
			}
		}
	}
	return sum / float64(boxes), sum / float64(mixed)
}
