package quadratic

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/measures"
)

//go:embed doc.go
var doc string

// maxCells is how many cells a picture may have: one is 8 bytes of the record.
const maxCells = 1 << 22

var (
	set       = models.Choice("set", "what the picture is of: c, or the start of the orbit at one c", "mandelbrot", "julia")
	re        = models.Float("re", 0, "real part of the picture's centre").AtLeast(-1e3).AtMost(1e3)
	im        = models.Float("im", 0, "imaginary part of the picture's centre").AtLeast(-1e3).AtMost(1e3)
	width     = models.Float("width", 0, "width of the picture").AtLeast(0).AtMost(1e3)
	height    = models.Float("height", 0, "height of the picture").AtLeast(0).AtMost(1e3)
	columns   = models.Int("columns", 1, "columns of cells").AtLeast(1).AtMost(maxCells)
	rows      = models.Int("rows", 1, "rows of cells").AtLeast(1).AtMost(maxCells)
	cRe       = models.Float("c_re", -0.8, "real part of c in set julia").AtLeast(-1e3).AtMost(1e3)
	cIm       = models.Float("c_im", 0.156, "imaginary part of c in set julia").AtLeast(-1e3).AtMost(1e3)
	limit     = models.Int("limit", 1000, "steps after which an orbit counts as bound").AtLeast(1).AtMost(1e9).In("steps")
	shortcuts = models.Flag("shortcuts", true, "whether the cardioid and the disc of period 2 are known beforehand, in set mandelbrot")

	escape = models.Series("escape", "steps", "first step beyond 2 for every cell, limit if there is none").Long(models.Counted("columns × rows", cells, columns, rows))
	inside = models.Integer("inside", "", "cells that did not escape")
	area   = models.Scalar("area", "", "their area")

	// The orbit at the picture's centre.
	on     = measures.OnMap(measures.Defaults{Keep: 200, Steps: 100_000, Numbers: models.Exactly(2), Shown: "the real part of the central orbit", State: "real and imaginary part of the central orbit"})
	points = models.Series("orbit", "", "real and imaginary part of the central orbit after limit steps; null if it escaped").Long(models.Counted("2 × keep", func(t *models.Trial) int { return 2 * on.Keep.Of(t) }, on.Keep))
	orbit  = on.Own(&models.Measure{
		Name: "orbit", Doc: "the central orbit after limit steps",
		Params: []models.Param{on.Keep}, Outputs: []models.Output{points},
	}, visited)
)

// Model is the complex map z² + c.
var Model = (&models.Model{
	Name:     "quadratic",
	Doc:      doc,
	Version:  1,
	Params:   []models.Param{set, re, im, width, height, columns, rows, cRe, cIm, limit, shortcuts},
	Outputs:  []models.Output{escape, inside, area, on.Ending},
	Measures: append([]*models.Measure{orbit, on.Period, on.Lyapunov, on.LyapunovTwo, on.FixedPoint}, on.Series.All()...),
	Traces:   []*models.Trace{on.State},
	Run:      run,
}).Asking(on.Period)

func run(ctx context.Context, t *models.Trial) error {
	p := Picture{
		Re: re.Of(t), Im: im.Of(t), Width: width.Of(t), Height: height.Of(t), Columns: columns.Of(t), Rows: rows.Of(t),
		Limit: limit.Of(t), Shortcuts: shortcuts.Of(t), Julia: set.Of(t) == "julia", CRe: cRe.Of(t), CIm: cIm.Of(t),
	}
	if p.Columns > maxCells/p.Rows {
		return fmt.Errorf("a picture of %d by %d cells; at most %d cells", p.Columns, p.Rows, maxCells)
	}
	times := make([]float64, cells(t))
	bound, err := p.Escape(ctx, times)
	if err != nil {
		return err
	}
	escape.Put(t, times)
	inside.Put(t, int64(bound))
	area.Put(t, float64(bound)*(p.Width/float64(p.Columns))*(p.Height/float64(p.Rows)))
	m, z := Map{p.Re, p.Im}, []float64{0, 0}
	if p.Julia {
		m, z = Map{p.CRe, p.CIm}, []float64{p.Re, p.Im}
	}
	return on.RunBehind(ctx, t, &measures.Orbit{Map: m, X: z, Bound: bailout}, p.Limit)
}

// cells is how many cells the picture has.
func cells(t *models.Trial) int { return columns.Of(t) * rows.Of(t) }

// visited puts the next states of the central orbit.
func visited(ctx context.Context, t *models.Trial, o *measures.Orbit) (dynamics.Ending, error) {
	n := on.Keep.Of(t)
	states := make([]float64, 0, 2*n)
	w := dynamics.NewOrbit(o.Traced(), o.X)
	for range n {
		if e, err := w.Advance(ctx, 1, o.Bound); e == dynamics.Diverged || err != nil {
			return e, err
		}
		states = append(states, w.X...)
	}
	points.Put(t, states)
	o.X = w.X
	return dynamics.Limit, nil
}
