package quadratic

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
	"github.com/neurosweep/sweep/pkg/models"
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
	keep      = models.Int("keep", 0, "steps of the central orbit that are kept").AtLeast(0).AtMost(1e6).In("steps")
	steps     = models.Int("steps", 0, "steps that the exponent is a mean over; none below 40").AtLeast(0).AtMost(1e12).In("steps")
	longest   = models.Int("longest", 64, "longest period that is looked for").AtLeast(1).AtMost(1e6).In("steps")

	escape     = models.Series("escape", "steps", "first step beyond 2 for every cell, limit if there is none")
	inside     = models.Integer("inside", "", "cells that did not escape")
	area       = models.Scalar("area", "", "their area")
	orbit      = models.Series("orbit", "", "real and imaginary part of the central orbit after limit steps; null if it escaped")
	lyapunov   = models.Scalar("lyapunov", "1/step", "Lyapunov exponent of the central orbit; null if not asked for or it escaped")
	lyapunovSE = models.Scalar("lyapunov_se", "1/step", "its standard error")
	period     = models.Integer("period", "steps", "period of the central orbit; null if none was found")
	ending     = models.Label("ending", "how the central orbit ended", dynamics.Periodic.String(), dynamics.NoPeriod.String(), dynamics.Diverged.String())
)

// Model is the complex map z² + c.
var Model = &models.Model{
	Name:    "quadratic",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{set, re, im, width, height, columns, rows, cRe, cIm, limit, shortcuts, keep, steps, longest},
	Outputs: []models.Output{escape, inside, area, orbit, lyapunov, lyapunovSE, period, ending},
	Run:     run,
}

func run(ctx context.Context, t *models.Trial) error {
	p := Picture{
		Re: re.Of(t), Im: im.Of(t), Width: width.Of(t), Height: height.Of(t), Columns: columns.Of(t), Rows: rows.Of(t),
		Limit: limit.Of(t), Shortcuts: shortcuts.Of(t), Julia: set.Of(t) == "julia", CRe: cRe.Of(t), CIm: cIm.Of(t),
	}
	if p.Columns > maxCells/p.Rows {
		return fmt.Errorf("a picture of %d by %d cells; at most %d cells", p.Columns, p.Rows, maxCells)
	}
	times := make([]float64, p.Columns*p.Rows)
	bound, err := p.Escape(ctx, times)
	if err != nil {
		return err
	}
	escape.Put(t, times)
	inside.Put(t, int64(bound))
	area.Put(t, float64(bound)*(p.Width/float64(p.Columns))*(p.Height/float64(p.Rows)))
	e, err := central(ctx, t, p)
	ending.Put(t, e.String())
	return err
}

// central puts what is measured on the orbit at the picture's centre.
func central(ctx context.Context, t *models.Trial, p Picture) (dynamics.Ending, error) {
	orbit.None(t)
	lyapunov.None(t)
	lyapunovSE.None(t)
	period.None(t)
	m, z := Map{p.Re, p.Im}, []float64{0, 0}
	if p.Julia {
		m, z = Map{p.CRe, p.CIm}, []float64{p.Re, p.Im}
	}
	o := dynamics.NewOrbit(m, z)
	e, err := o.Advance(ctx, p.Limit, bailout)
	if e != dynamics.Limit || err != nil {
		return dynamics.Diverged, err
	}
	if n := keep.Of(t); n > 0 {
		points := make([]float64, 0, 2*n)
		for range n {
			o.Step()
			points = append(points, o.X...)
		}
		if dynamics.Beyond(points, bailout) {
			return dynamics.Diverged, nil
		}
		orbit.Put(t, points)
	}
	found, err := measure.Period(ctx, m, o.X, measure.PeriodSettings{Longest: longest.Of(t), Bound: bailout})
	if err != nil || found.Ending == dynamics.Diverged {
		return dynamics.Diverged, err
	}
	if found.Ending == dynamics.Periodic {
		period.Put(t, int64(found.Period))
	}
	if n := steps.Of(t); n >= 40 {
		s, err := measure.Lyapunov(ctx, m, found.State, measure.LyapunovSettings{Steps: n, Exponents: 1, Bound: bailout})
		if err != nil || s.Ending == dynamics.Diverged {
			return dynamics.Diverged, err
		}
		lyapunov.Put(t, s.Exponents[0])
		lyapunovSE.Put(t, s.SE[0])
	}
	return found.Ending, nil
}
