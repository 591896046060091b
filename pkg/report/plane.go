package report

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"path/filepath"
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
)

type colorNRGBA = color.NRGBA

func newImage(w, h int) *image.NRGBA { return image.NewNRGBA(image.Rect(0, 0, max(w, 1), max(h, 1))) }

// beside is the result folder of that name in the same folder as dir.
func beside(dir, name string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return filepath.Join(filepath.Dir(dir), name)
}

// cells are the borders between values on an axis: in the middle between
// neighbours, on a logarithmic axis in the geometric middle.
func cells(xs []level, log bool) []float64 {
	scale := func(x float64) float64 { return x }
	back := scale
	if log {
		scale, back = math.Log, math.Exp
	}
	n := len(xs)
	edges := make([]float64, n+1)
	for i := 1; i < n; i++ {
		edges[i] = scale(xs[i-1].num)/2 + scale(xs[i].num)/2 // the sum may be too large a number
	}
	first, last := 0.5, 0.5
	if n > 1 {
		first, last = edges[1]-scale(xs[0].num), scale(xs[n-1].num)-edges[n-1]
	}
	edges[0], edges[n] = scale(xs[0].num)-first, scale(xs[n-1].num)+last
	for i := range edges {
		edges[i] = finite(back(edges[i]))
		if log {
			edges[i] = max(edges[i], math.SmallestNonzeroFloat64)
		}
	}
	return edges
}

// cellOf is the cell that holds x, -1 if none does.
func cellOf(edges []float64, x float64) int {
	i, found := slices.BinarySearch(edges, x)
	if !found {
		i--
	}
	if i < 0 || i >= len(edges)-1 {
		return -1
	}
	return i
}

// plane are the values of a formula at places of x and y.
type plane struct {
	xs, ys         []level
	edgesX, edgesY []float64
	z              [][]float64 // of each panel, at ix*len(ys)+iy; NaN where there is none
	lines          []overlay
}

// plane sets up the axes of a figure over a plane, and takes the rows at each
// place together.
func (b *builder) plane(take func(rows []int32) float64) (*plane, error) {
	f := b.figure
	pl := &plane{}
	var atX, atY []int32
	pl.xs, atX = b.scale(f.X[0])
	pl.ys, atY = b.scale(f.Y[0])
	b.chart.x, b.chart.y = b.axis("x", f.X[0], ""), b.axis("y", f.Y[0], "")
	for _, a := range []struct {
		levels *[]level
		at     []int32
		axis   *axis
		edges  *[]float64
		name   string
	}{{&pl.xs, atX, b.chart.x, &pl.edgesX, "x"}, {&pl.ys, atY, b.chart.y, &pl.edgesY, "y"}} {
		if len(*a.levels) == 0 {
			return nil, nothingf("%s has no finite value", a.name)
		}
		if a.axis.log && (*a.levels)[0].num <= 0 {
			return nil, fmt.Errorf("log: %s has values that are not above 0", a.name)
		}
		*a.edges = cells(*a.levels, a.axis.log)
		for _, e := range *a.edges {
			a.axis.include(e)
		}
		a.axis.finish(0)
	}
	size := len(pl.xs) * len(pl.ys)
	b.chart.bytes += int64(8 * size * len(b.panels))
	if size*len(b.panels) > 1<<24 {
		return nil, fmt.Errorf("%d values of x and %d of y are no plane; a line or an orbit shows them", len(pl.xs), len(pl.ys))
	}
	for range b.panels {
		z := make([]float64, size)
		for i := range z {
			z[i] = math.NaN()
		}
		pl.z = append(pl.z, z)
	}
	g := b.group(b.panel, atX, atY)
	for i := range g.len() {
		p := g.place(i)
		pl.z[p[0]][int(p[1])*len(pl.ys)+int(p[2])] = take(g.of(i))
	}
	b.chart.aspect = 0.9
	var err error
	pl.lines, err = b.overlays()
	return pl, err
}

// planeDashes tell lines over a plane apart, where colours are taken.
var planeDashes = [][]float64{nil, {1.6, 0.8}, {0.5, 0.6}, {1.6, 0.6, 0.4, 0.6}}

// overlay draws the lines of with over a panel. The axes are the plane's: what is
// beyond them is cut off.
func (pl *plane) overlay(p *plot, panel int) {
	dash := -1
	for _, o := range pl.lines {
		points := p.points(&o.curves[panel%len(o.curves)])
		p.line(points, casing, 2.6*p.style.curve, nil)
		if !o.again {
			dash++
		}
		p.line(points, black, 1.2*p.style.curve, planeDashes[dash%len(planeDashes)])
	}
}

// named puts the lines of with into the legend.
func (pl *plane) named(l *legend) {
	dash := 0
	for _, o := range pl.lines {
		if !o.again {
			l.entries = append(l.entries, entry{text: o.label, color: black, dash: planeDashes[dash%len(planeDashes)]})
			dash++
		}
	}
}

// casing is drawn below a black line, so that it is seen on dark ground.
var casing = color.NRGBA{255, 255, 255, 200}

// paint draws the cells of a panel in colours.
func (pl *plane) paint(p *plot, panel int, color func(z float64) color.NRGBA) {
	im := newImage(int(math.Round(p.W*p.style.dots)), int(math.Round(p.H*p.style.dots)))
	w, h := im.Rect.Dx(), im.Rect.Dy()
	column := make([]int, w)
	for i := range column {
		column[i] = cellOf(pl.edgesX, p.x.at((float64(i)+0.5)/float64(w)))
	}
	for j := range h {
		p.beat.look()
		iy := cellOf(pl.edgesY, p.y.at(1-(float64(j)+0.5)/float64(h)))
		for i, ix := range column {
			if ix >= 0 && iy >= 0 {
				im.SetNRGBA(i, j, color(pl.z[panel][ix*len(pl.ys)+iy]))
			}
		}
	}
	p.scene.add(&Image{Box: p.Box, Pixels: im})
}

// heatmap shows an aggregate in colours.
func (b *builder) heatmap() error {
	f := b.figure
	m := newMeasure(b.table, f.Z, "none", nil)
	pl, err := b.plane(func(rows []int32) float64 { return m.take(rows).value })
	if err != nil {
		return err
	}
	b.left += m.left
	scale := b.axis("z", f.Z, "")
	empty := false
	for _, zs := range pl.z {
		for _, z := range zs {
			scale.include(z)
			empty = empty || math.IsNaN(z)
		}
	}
	colors := sequential()
	scale.finish(0)
	if c := f.Center; c != nil {
		if scale.log && *c <= 0 {
			return fmt.Errorf("center: %s has no place on a logarithmic scale", plainNumber(*c))
		}
		colors = scale.center(*c)
		b.notes = append(b.notes, fmt.Sprintf("The middle of the colours is at %s", plainNumber(*c)))
	}
	b.chart.bar = &colorBar{scale, colors}
	pl.named(&b.chart.legend)
	if empty {
		b.notes = append(b.notes, "Grey: no value")
	}
	if len(f.Contours) > 0 {
		var at []string
		for _, c := range f.Contours {
			at = append(at, plainNumber(c))
		}
		b.notes = append(b.notes, "Contours at "+both(at))
	}
	b.addPanels(func(panel int) func(*plot) {
		return func(p *plot) {
			pl.paint(p, panel, func(z float64) color.NRGBA {
				if math.IsNaN(z) || scale.log && z <= 0 {
					return nothing
				}
				return colors(scale.part(z))
			})
			for _, level := range f.Contours {
				p.scene.add(&Path{Lines: pl.contour(p, panel, level), Stroke: casing, Width: 2.2 * p.style.line, Clip: &p.Box},
					&Path{Lines: pl.contour(p, panel, level), Stroke: black, Width: p.style.line, Clip: &p.Box})
			}
			pl.overlay(p, panel)
		}
	})
	return nil
}

// center gives a scale a diverging map whose middle is at c. The scale reaches as
// far on either side then, unless its ends are as they were asked for: each side has
// its half of the map then, however long it is.
func (a *axis) center(c float64) colorMap {
	colors := diverging()
	switch {
	case a.fixed:
	case a.log:
		r := finite(max(c/a.low, a.high/c))
		a.low, a.high = max(c/r, math.SmallestNonzeroFloat64), finite(c*r)
		a.finish(0)
	default:
		d := max(c-a.low, a.high-c)
		low, high := c-d, c+d
		a.low, a.high = finite(low), finite(high)
		a.finish(0)
		if a.low <= low && high <= a.high {
			return colors
		}
	}
	middle := a.part(c)
	return func(part float64) color.NRGBA {
		if part < middle || middle >= 1 {
			return colors(part / middle / 2)
		}
		return colors(0.5 + (part-middle)/(1-middle)/2)
	}
}

// contour is where z has the level, in pieces of straight lines between the
// places of four neighbours.
func (pl *plane) contour(p *plot, panel int, at float64) (lines [][]Point) {
	ny := len(pl.ys)
	z := func(ix, iy int) float64 { return pl.z[panel][ix*ny+iy] }
	for ix := 0; ix+1 < len(pl.xs); ix++ {
		p.beat.look()
		for iy := 0; iy+1 < ny; iy++ {
			corners := [4][2]int{{ix, iy}, {ix + 1, iy}, {ix + 1, iy + 1}, {ix, iy + 1}}
			var cuts []Point
			for k, c := range corners {
				d := corners[(k+1)%4]
				a, b := z(c[0], c[1]), z(d[0], d[1])
				if math.IsNaN(a) || math.IsNaN(b) || (a < at) == (b < at) {
					continue
				}
				t := (at - a) / (b - a)
				if !(t >= 0 && t <= 1) {
					t = 0.5 // of numbers so large that they have no difference
				}
				from, to := p.place(pl.xs[c[0]].num, pl.ys[c[1]].num), p.place(pl.xs[d[0]].num, pl.ys[d[1]].num)
				cuts = append(cuts, Point{from.X + t*(to.X-from.X), from.Y + t*(to.Y-from.Y)})
			}
			// At a saddle two lines: the pairs that the sides in turn give.
			for k := 0; k+1 < len(cuts); k += 2 {
				lines = append(lines, cuts[k:k+2])
			}
		}
	}
	return lines
}

// phases shows the most frequent class at each place.
func (b *builder) phases() error {
	f := b.figure
	classes, at := b.scale(f.Z)
	if len(classes) > 2*len(okabeIto) {
		return fmt.Errorf("z: %s has %d classes; a figure shows at most %d", f.Z.Text, len(classes), 2*len(okabeIto))
	}
	many := false
	pl, err := b.plane(func(rows []int32) float64 {
		count := make([]int, len(classes))
		most := -1
		for _, row := range rows {
			if c := at[row]; c >= 0 {
				count[c]++
				if most < 0 {
					most = 0
				}
			}
		}
		if most < 0 {
			return math.NaN()
		}
		for c, n := range count {
			if n > count[most] {
				most = c
			}
		}
		many = many || len(rows) > 1
		return float64(most)
	})
	if err != nil {
		return err
	}
	colors := append(slices.Clone(okabeIto), make([]color.NRGBA, len(okabeIto))...)
	for i, c := range okabeIto {
		colors[len(okabeIto)+i] = color.NRGBA{c.R/2 + 100, c.G/2 + 100, c.B/2 + 100, 255}
	}
	if f.Z.Kind() != models.TextKind {
		b.chart.legend.title = b.label("z", f.Z)
	}
	for i, c := range classes {
		b.chart.legend.entries = append(b.chart.legend.entries, entry{text: c.text, color: colors[i], block: true})
	}
	pl.named(&b.chart.legend)
	for _, zs := range pl.z {
		if slices.ContainsFunc(zs, math.IsNaN) {
			b.notes = append(b.notes, "Grey: no trial")
			break
		}
	}
	if many {
		b.notes = append(b.notes, "The most frequent at each place; of two as frequent the first")
	}
	b.addPanels(func(panel int) func(*plot) {
		return func(p *plot) {
			pl.paint(p, panel, func(z float64) color.NRGBA {
				if math.IsNaN(z) {
					return nothing
				}
				return colors[int(z)]
			})
			pl.overlay(p, panel)
		}
	})
	return nil
}
