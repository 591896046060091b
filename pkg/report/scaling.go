package report

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/neurosweep/sweep/internal/stream"
	analysis "github.com/neurosweep/sweep/pkg/measure"
)

// sizedCurves are the curves of each panel, one for each size: a sample is a
// replicate, and its value at a place the mean of the replicate's trials there.
func (b *builder) sizedCurves() (curves [][]analysis.Curve, err error) {
	if b.spec.Replicates < 2 {
		return nil, errors.New("standard errors need replicates, two or more; the spec has one")
	}
	f := b.figure
	replicate, err := b.spec.Formula("replicate")
	if err != nil {
		return nil, err
	}
	sizes, atSize := b.scale(f.By)
	xs, atX := b.scale(f.X[0])
	samples, atSample := b.scale(replicate)
	y := b.table.eval(f.Y[0], nil)
	b.group(b.panel, atSize, atX) // for the caption
	curves = make([][]analysis.Curve, len(b.panels))
	for i := range curves {
		for _, size := range sizes {
			c := analysis.Curve{Size: size.num, Y: make([][]float64, len(samples))}
			curves[i] = append(curves[i], c)
		}
	}
	// Places in ascending order, the samples of each one behind the other.
	g := group(b.table.rows, b.panel, atSize, atX, atSample)
	place := int32(-1)
	for i := range g.len() {
		p := g.place(i)
		c := &curves[p[0]][p[1]]
		var sum float64
		n := 0
		for _, row := range g.of(i) {
			if y.ok[row] {
				sum += y.num[row]
				n++
			} else {
				b.left++
			}
		}
		if len(c.X) == 0 || place != p[2] {
			c.X, place = append(c.X, xs[p[2]].num), p[2]
			for r := range c.Y {
				c.Y[r] = append(c.Y[r], math.NaN())
			}
		}
		if n > 0 {
			c.Y[p[3]][len(c.X)-1] = sum / float64(n)
		}
	}
	for i := range curves {
		var there []analysis.Curve
		for _, c := range curves[i] {
			if len(c.X) > 0 {
				there = append(there, c)
			}
		}
		curves[i] = there
	}
	return curves, nil
}

// bootstrap is the generator that samples are drawn anew with: the same data
// give the same errors.
func (b *builder) bootstrap() *rand.Rand {
	var k stream.Key
	k.Reset(b.spec.Setting.Seed, "figure/bootstrap", 0)
	rng := new(stream.Source).Start(k.Sum())
	return rand.New(&ticking{rng, b.table.beat})
}

// ticking looks whether to go on as often as it gives random numbers.
type ticking struct {
	rand.Source
	beat *beat
}

func (t *ticking) Uint64() uint64 {
	t.beat.tick()
	return t.Source.Uint64()
}

// say is a note on one panel.
func (b *builder) say(panel int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if f := b.figure.Panels; f != nil {
		text = valueOf(b.label("panels", f), f.Kind(), b.panels[panel]) + ": " + text
	}
	b.notes = append(b.notes, text)
}

// crossing draws a curve for each size, with the standard error of the mean
// over the replicates, and the point where all cross.
func (b *builder) crossing() error {
	f := b.figure
	curves, err := b.sizedCurves()
	if err != nil {
		return err
	}
	b.chart.x, b.chart.y = b.axis("x", f.X[0], ""), b.axis("y", f.Y[0], "")
	lines := make([][]curve, len(curves))
	most := 0
	for i, list := range curves {
		most = max(most, len(list))
		for _, c := range list {
			var l curve
			for k, x := range c.X {
				e := meanOf(&c, k)
				if math.IsNaN(e.value) {
					continue
				}
				l.x, l.at = append(l.x, x), append(l.at, e)
				b.chart.x.include(x)
				b.chart.y.include(e.low)
				b.chart.y.include(e.high)
			}
			lines[i] = append(lines[i], l)
		}
	}
	colors := curveColors(most)
	b.chart.legend.title = b.label("by", f.By)
	for i := range most {
		b.chart.legend.entries = append(b.chart.legend.entries, entry{text: plainNumber(longest(curves)[i].Size), color: colors[i]})
	}
	b.chart.x.finish(0.02)
	b.chart.y.finish(0.04)
	meets := make([]*analysis.Crossing, len(curves))
	b.notes = append(b.notes, "Bands are one standard error of the mean over replicates")
	for i, list := range curves {
		c, err := analysis.CommonCrossing(list, b.bootstrap(), analysis.ScalingSettings{})
		if err != nil {
			b.say(i, "No crossing: %v", err)
			continue
		}
		meets[i] = &c
		b.say(i, "The curves cross at %s = %s, %s = %s (point): one fit of all sizes from %s to %s, errors by bootstrap over replicates; the slopes there grow as %s^(%s)",
			pretty(f.X[0].Text), withError(c.X), describe(f.Y[0]), withError(c.Y), plainNumber(c.From), plainNumber(c.To), pretty(f.By.Text), withError(c.Exponent))
	}
	b.addPanels(func(panel int) func(*plot) {
		return func(p *plot) {
			meet := meets[panel]
			if meet != nil {
				left, right := p.place(meet.X.Mean-meet.X.SE, 0).X, p.place(meet.X.Mean+meet.X.SE, 0).X
				p.area([]Point{{left, p.Y}, {right, p.Y}, {right, p.Y + p.H}, {left, p.Y + p.H}}, fade(black, 0.2))
			}
			for i := range lines[panel] {
				p.curve(&lines[panel][i], colors[i], nil, true)
			}
			if meet != nil {
				p.dot(p.place(meet.X.Mean, meet.Y.Mean), 2.2*p.style.curve, black)
			}
		}
	})
	return nil
}

// meanOf is the mean of a curve's samples at a place, and its standard error.
func meanOf(c *analysis.Curve, k int) estimate {
	var ys []float64
	for _, y := range c.Y {
		if !math.IsNaN(y[k]) {
			ys = append(ys, y[k])
		}
	}
	if len(ys) == 0 {
		return estimate{value: math.NaN()}
	}
	mean := sum(ys) / float64(len(ys))
	low, high := band("se", mean, ys)
	return estimate{mean, low, high, len(ys)}
}

func longest(curves [][]analysis.Curve) (list []analysis.Curve) {
	for _, c := range curves {
		if len(c) > len(list) {
			list = c
		}
	}
	return list
}

// extrapolation draws where the curve of each size reaches the level, against a
// power of the size, and the line through these places to the limit.
func (b *builder) extrapolation() error {
	f := b.figure
	curves, err := b.sizedCurves()
	if err != nil {
		return err
	}
	power := strconv.FormatFloat(f.Power, 'g', -1, 64)
	b.chart.x = b.axis("x", f.By, pretty(f.By.Text)+"^{"+minus("-"+power)+"}")
	b.chart.y = b.axis("y", f.X[0], withUnit(pretty(f.X[0].Text)+" where "+describe(f.Y[0])+" = "+plainNumber(f.Level), b.unit(f.X[0])))
	b.chart.x.include(0)
	points := make([]curve, len(curves))
	limits := make([]*analysis.Extrapolation, len(curves))
	for i, list := range curves {
		var sizes []float64
		var places []analysis.Estimate
		for _, c := range list {
			at, err := analysis.CrossLevel(c, f.Level, b.bootstrap(), analysis.ScalingSettings{})
			if err != nil {
				b.say(i, "Not shown, %s = %s: %v", pretty(f.By.Text), plainNumber(c.Size), err)
				continue
			}
			sizes, places = append(sizes, c.Size), append(places, at)
			u := math.Pow(c.Size, -f.Power)
			points[i].x = append(points[i].x, u)
			points[i].at = append(points[i].at, estimate{at.Mean, at.Mean - at.SE, at.Mean + at.SE, 1})
			b.chart.x.include(u)
			b.chart.y.include(at.Mean - at.SE)
			b.chart.y.include(at.Mean + at.SE)
		}
		e, err := analysis.Extrapolate(sizes, places, f.Power)
		if err != nil {
			b.say(i, "No extrapolation: %v", err)
			continue
		}
		limits[i] = &e
		b.chart.y.include(e.Limit.Mean - e.Limit.SE)
		b.chart.y.include(e.Limit.Mean + e.Limit.SE)
		b.say(i, "%s = %s + %s %s^(-%s), chi-square %s with %s; the power is an assumption on which the limit depends, its error does not hold that",
			pretty(f.X[0].Text), withError(e.Limit), withError(e.Amplitude), pretty(f.By.Text), power, plainNumber(math.Round(e.ChiSquare*100)/100), plural(e.Freedom, "degree")+" of freedom")
	}
	b.notes = append(b.notes, "Error bars are one standard error, by bootstrap over replicates")
	b.chart.x.finish(0.04)
	b.chart.y.finish(0.06)
	b.addPanels(func(panel int) func(*plot) {
		return func(p *plot) {
			c := &points[panel]
			if e := limits[panel]; e != nil {
				to := b.chart.x.high
				p.line([]Point{p.place(0, e.Limit.Mean), p.place(to, e.Limit.Mean+e.Amplitude.Mean*to)}, grey, p.style.curve, nil)
				p.bar(0, e.Limit.Mean-e.Limit.SE, e.Limit.Mean+e.Limit.SE, black)
				p.dot(p.place(0, e.Limit.Mean), 2.2*p.style.curve, black)
			}
			for i, u := range c.x {
				p.bar(u, c.at[i].low, c.at[i].high, okabeIto[0])
				p.dot(p.place(u, c.at[i].value), 2.2*p.style.curve, okabeIto[0])
			}
		}
	})
	return nil
}

// bar is an error bar.
func (p *plot) bar(x, low, high float64, c colorNRGBA) {
	p.line([]Point{p.place(x, low), p.place(x, high)}, c, p.style.curve, nil)
}

// withError is an estimate with its standard error, as many digits of the one as
// two of the other ask for.
func withError(e analysis.Estimate) string {
	if !(e.SE > 0) || math.IsInf(e.SE, 0) {
		return plainNumber(e.Mean)
	}
	digits := min(max(1-int(math.Floor(math.Log10(e.SE))), 0), 15)
	return minus(strconv.FormatFloat(e.Mean, 'f', digits, 64)) + " ± " + strconv.FormatFloat(e.SE, 'f', digits, 64)
}
