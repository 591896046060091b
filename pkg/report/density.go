package report

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"github.com/neurosweep/sweep/pkg/experiment"
)

// orbit shows how densely values lie at each x.
func (b *builder) orbit() error {
	f := b.figure
	v := b.table.eval(f.Y[0], nil)
	xs, atX := b.scale(f.X[0])
	if len(xs) == 0 {
		return nothingf("x has no finite value")
	}
	x, y := b.axis("x", f.X[0], ""), b.axis("y", f.Y[0], "")
	b.chart.x, b.chart.y = x, y
	if x.log && xs[0].num <= 0 {
		return fmt.Errorf("log: x has values that are not above 0")
	}
	edges := cells(xs, x.log)
	for _, e := range edges {
		x.include(e)
	}
	b.group(b.panel, atX)
	count := 0
	for row := range b.table.rows {
		from, to := v.of(row)
		for i := from; i < to; i++ {
			b.table.beat.tick()
			if v.ok[i] {
				y.include(v.num[i])
				count++
			} else {
				b.left++
			}
		}
	}
	x.finish(0)
	y.finish(0.02)
	b.chart.aspect = 0.62
	b.notes = append(b.notes, fmt.Sprintf("The darker, the more of %d values; logarithmic", count))
	b.addPanels(func(panel int) func(*plot) {
		return func(p *plot) {
			w, h := max(int(math.Round(p.W*p.style.dots)), 1), max(int(math.Round(p.H*p.style.dots)), 1)
			counts := make([]float64, w*h)
			for row := range b.table.rows {
				if int(b.panel[row]) != panel || atX[row] < 0 {
					continue
				}
				// A value stands in all columns of its cell, at least in one.
				i := atX[row]
				first := int(math.Ceil(p.x.part(edges[i])*float64(w) - 0.5))
				last := int(math.Ceil(p.x.part(edges[i+1])*float64(w)-0.5)) - 1
				if last < first {
					first = int(p.x.part(xs[i].num) * float64(w))
					last = first
				}
				if most := max(2, w/80); last-first >= most {
					// Between few places there is nothing, not more of the same.
					first = int(p.x.part(xs[i].num)*float64(w)) - most/2
					last = first + most - 1
				}
				first, last = max(first, 0), min(last, w-1)
				from, to := v.of(row)
				for _, value := range v.num[from:to] {
					p.beat.tick()
					t := p.y.part(value)
					if !(t >= 0 && t <= 1) {
						continue
					}
					at := min(int((1-t)*float64(h)), h-1) * w
					for c := first; c <= last; c++ {
						counts[at+c]++
					}
				}
			}
			p.density(counts, w, h)
		}
	})
	return nil
}

// density paints counts in ink. The scale is logarithmic and ends where all but
// a two-hundredth of the cells that have any do, so that neither few values
// vanish nor many saturate. On paper a cell shows its lower neighbour's ink
// too: a curve of one dot's width is hard to see.
func (p *plot) density(counts []float64, w, h int) {
	var some []float64
	for _, n := range counts {
		if n > 0 {
			some = append(some, n)
		}
	}
	if len(some) == 0 {
		return
	}
	slices.Sort(some)
	most := math.Log1p(some[len(some)-1-len(some)/200])
	least := math.Log1p(some[0])
	im := newImage(w, h)
	colors := ink()
	for y := range h {
		for x := range w {
			n := counts[y*w+x]
			if y+1 < h && !p.style.terminal {
				n = max(n, counts[(y+1)*w+x])
			}
			if n > 0 {
				t := 1.0
				if most > least {
					t = 0.25 + 0.75*(math.Log1p(n)-least)/(most-least)
				}
				im.SetNRGBA(x, y, colors(t))
			}
		}
	}
	p.scene.add(&Image{Box: p.Box, Pixels: im})
}

// bins are where a histogram's begin and end: of the number asked for, or, by
// the rule of Freedman and Diaconis (1981), of a width that goes with the data.
func (b *builder) bins(a *axis, xs []float64) []float64 {
	n := b.figure.Bins
	if n == 0 {
		s := sorted(xs)
		lo, hi := a.scale(a.low), a.scale(a.high)
		q := a.scale(quantile(s, 0.75)) - a.scale(quantile(s, 0.25))
		n = 30
		if width := 2 * q / math.Cbrt(float64(len(s))); width > 0 && !math.IsInf(width, 0) {
			n = int(min(max((hi-lo)/width, 10), 120))
		}
	}
	edges := make([]float64, n+1)
	for i := range edges {
		edges[i] = a.at(float64(i) / float64(n))
	}
	edges[0], edges[n] = a.low, a.high
	return edges
}

// histogram shows how often values occur, as a density of area 1.
func (b *builder) histogram() error {
	f := b.figure
	v := b.table.eval(f.X[0], nil)
	by, atBy, err := b.curves()
	if err != nil {
		return err
	}
	b.group(b.panel, atBy)
	b.mixed = nil // all trials are counted, which goes without saying
	groups := make([][]float64, len(b.panels)*len(by))
	x, y := b.axis("x", f.X[0], ""), b.axis("y", nil, "density")
	b.chart.x, b.chart.y = x, y
	var all []float64
	for row := range b.table.rows {
		if b.panel[row] < 0 || atBy[row] < 0 {
			continue
		}
		at := int(b.panel[row])*len(by) + int(atBy[row])
		from, to := v.of(row)
		for i := from; i < to; i++ {
			b.table.beat.tick()
			if !v.ok[i] || x.log && v.num[i] <= 0 {
				b.left++
				continue
			}
			groups[at] = append(groups[at], v.num[i])
			all = append(all, v.num[i])
			x.include(v.num[i])
		}
	}
	if len(all) == 0 {
		return nothingf("x has no finite value")
	}
	x.finish(0)
	edges := b.bins(x, all)
	heights := make([][]float64, len(groups))
	least := math.Inf(1)
	for i, xs := range groups {
		heights[i] = density(xs, edges)
		for _, h := range heights[i] {
			y.include(h)
			if h > 0 {
				least = min(least, h)
			}
		}
	}
	if y.log {
		y.include(least / 2)
	} else {
		y.include(0)
	}
	b.upright(y)
	b.notes = append(b.notes, fmt.Sprintf("Density of %d values in %d bins", len(all), len(edges)-1))
	colors := curveColors(len(by))
	if f.By != nil {
		b.chart.legend.title = b.label("by", f.By)
		for i, l := range by {
			b.chart.legend.entries = append(b.chart.legend.entries, entry{text: l.text, color: colors[i]})
		}
	}
	b.addPanels(func(panel int) func(*plot) {
		return func(p *plot) {
			for i := range by {
				p.steps(edges, heights[panel*len(by)+i], colors[i], len(by) == 1)
			}
		}
	})
	return nil
}

// upright gives an axis of densities room above, and none below zero.
func (b *builder) upright(y *axis) {
	low := y.low
	y.finish(0.05)
	if !y.log && !y.fixed {
		y.low = min(low, 0)
	}
}

// density is the share of values in each bin over the bin's width.
func density(xs, edges []float64) []float64 {
	n := len(edges) - 1
	h := make([]float64, n)
	for _, x := range xs {
		i := cellOf(edges, x)
		if x == edges[n] {
			i = n - 1
		}
		if i >= 0 {
			h[i]++
		}
	}
	for i := range h {
		h[i] /= max(float64(len(xs)), 1) * (edges[i+1] - edges[i])
	}
	return h
}

// steps draws a histogram's outline, and fills it where it stands alone.
func (p *plot) steps(edges, heights []float64, c color.NRGBA, fill bool) {
	floor := p.Y + p.H
	y := func(h float64) float64 {
		at := p.place(1, h).Y
		if math.IsNaN(at) || math.IsInf(at, 0) || at > floor {
			return floor
		}
		return at
	}
	points := []Point{{p.place(edges[0], 1).X, floor}}
	for i, h := range heights {
		points = append(points, Point{p.place(edges[i], 1).X, y(h)}, Point{p.place(edges[i+1], 1).X, y(h)})
	}
	points = append(points, Point{p.place(edges[len(edges)-1], 1).X, floor})
	if fill {
		p.area(points, fade(c, 0.35))
	}
	p.line(points, c, p.style.curve, nil)
}

// points draws pairs of numbers: events of a raster, or a spectrum with the edge
// that a law gives. A spectrum without y is a density on the line.
func (b *builder) points(raster bool) error {
	f := b.figure
	vx := b.table.eval(f.X[0], nil)
	if len(f.Y) == 0 {
		if err := b.histogram(); err != nil {
			return err
		}
		return b.edge()
	}
	vy := b.table.eval(f.Y[0], nil)
	x, y := b.axis("x", f.X[0], ""), b.axis("y", f.Y[0], "")
	b.chart.x, b.chart.y = x, y
	each := make([][][2]float64, len(b.panels))
	count := 0
	for row := range b.table.rows {
		if b.panel[row] < 0 {
			continue
		}
		from, to := vx.of(row)
		fromY, toY := vy.of(row)
		single := vy.end == nil
		if !single && toY-fromY != to-from {
			return fmt.Errorf("in a trial %s has %d elements and %s %d", f.X[0].Text, to-from, f.Y[0].Text, toY-fromY)
		}
		for i := from; i < to; i++ {
			b.table.beat.tick()
			j := fromY + i - from
			if single {
				j = fromY
			}
			if !vx.ok[i] || !vy.ok[j] {
				b.left++
				continue
			}
			x.include(vx.num[i])
			y.include(vy.num[j])
			each[b.panel[row]] = append(each[b.panel[row]], [2]float64{vx.num[i], vy.num[j]})
			count++
		}
	}
	b.chart.equal = !raster
	noun := "eigenvalue"
	if raster {
		noun = "event"
		b.chart.aspect = 0.6
	}
	b.notes = append(b.notes, plural(count, noun))
	if err := b.edge(); err != nil {
		return err
	}
	x.finish(0.03)
	y.finish(0.03)
	inner := b.chart.panels
	b.chart.panels = nil
	b.addPanels(func(panel int) func(*plot) {
		return func(p *plot) {
			p.cloud(each[panel], raster)
			if inner != nil {
				inner[panel].draw(p)
			}
		}
	})
	return nil
}

// manyPoints is above how many points these are painted as a density.
const manyPoints = 5000

// cloud draws points: as dots or marks, or, of many, as a density.
func (p *plot) cloud(points [][2]float64, raster bool) {
	if len(points) > manyPoints || p.style.terminal {
		w, h := max(int(p.W*p.style.dots/2), 1), max(int(p.H*p.style.dots/2), 1)
		counts := make([]float64, w*h)
		for _, xy := range points {
			p.beat.tick()
			tx, ty := p.x.part(xy[0]), 1-p.y.part(xy[1])
			if tx >= 0 && tx <= 1 && ty >= 0 && ty <= 1 {
				counts[min(int(ty*float64(h)), h-1)*w+min(int(tx*float64(w)), w-1)]++
			}
		}
		p.density(counts, w, h)
		return
	}
	for _, xy := range points {
		at := p.place(xy[0], xy[1])
		if raster {
			half := min(max(p.H/(p.y.high-p.y.low+1)/2, 0.3), 1)
			p.line([]Point{{at.X, at.Y - half}, {at.X, at.Y + half}}, black, p.style.line, nil)
		} else {
			p.dot(at, 0.35, okabeIto[0])
		}
	}
}

// edge adds the curve of the law to each panel.
func (b *builder) edge() error {
	law := b.figure.Law
	if law == nil {
		return nil
	}
	sizes := make([][2]float64, len(b.panels))
	for k, f := range law.Size {
		v := b.table.eval(f, nil)
		seen := make([]bool, len(b.panels))
		for row, ok := range v.ok {
			panel := b.panel[row]
			if !ok || panel < 0 {
				continue
			}
			if seen[panel] && v.num[row] != sizes[panel][k] {
				return fmt.Errorf("law: %s has several values in one panel; give it panels or a where", f.Text)
			}
			sizes[panel][k], seen[panel] = v.num[row], true
		}
	}
	shape := map[string]string{"circle": "circle", "ellipse": "ellipse", "semicircle": "semicircle"}[law.Kind]
	b.notes = append(b.notes, "Line: the law's "+shape)
	curves := make([][][2]float64, len(b.panels))
	for i, s := range sizes {
		if law.Kind == "circle" {
			s[1] = s[0]
		}
		const steps = 180
		for k := range steps + 1 {
			sin, cos := math.Sincos(math.Pi * float64(k) / steps)
			at := [2]float64{s[0] * cos, s[1] * sin}
			if law.Kind == "semicircle" {
				at[1] = 2 / (math.Pi * s[0]) * sin // of area 1
			}
			curves[i] = append(curves[i], at)
		}
		if law.Kind != "semicircle" {
			for k := len(curves[i]) - 2; k >= 0; k-- {
				curves[i] = append(curves[i], [2]float64{curves[i][k][0], -curves[i][k][1]})
			}
		}
		for _, at := range curves[i] {
			b.chart.x.include(at[0])
			b.chart.y.include(at[1])
		}
	}
	before := b.chart.panels
	b.chart.panels = nil
	b.addPanels(func(panel int) func(*plot) {
		return func(p *plot) {
			if before != nil {
				before[panel].draw(p)
			}
			var points []Point
			for _, at := range curves[panel] {
				points = append(points, p.place(at[0], at[1]))
			}
			p.line(points, okabeIto[1], p.style.curve, nil)
		}
	})
	return nil
}

// escape puts an image together of the cells of trials.
func (b *builder) escape() error {
	f := b.figure
	var ends [4]*values // left, right, bottom, top
	for i, g := range []*experiment.Formula{f.X[0], f.X[1], f.Y[0], f.Y[1]} {
		ends[i] = b.table.eval(g, nil)
	}
	v := b.table.eval(f.Z, nil)
	var rowsOf *values
	if f.Rows != nil {
		rowsOf = b.table.eval(f.Rows, nil)
	}
	x, y, z := b.axis("x", nil, middleName(f.X)), b.axis("y", nil, middleName(f.Y)), b.axis("z", f.Z, "")
	b.chart.x, b.chart.y = x, y
	b.chart.equal = true
	most := math.Inf(-1)
	for _, n := range v.num {
		if !math.IsNaN(n) && !math.IsInf(n, 0) {
			most = max(most, n)
		}
	}
	if math.IsInf(most, 0) {
		return nothingf("z has no finite value")
	}
	for row := range b.table.rows {
		for i, e := range ends {
			if e.ok[row] {
				[]*axis{x, x, y, y}[i].include(e.num[row])
			}
		}
		from, to := v.of(row)
		for _, n := range v.num[from:to] {
			if n < most {
				z.include(n)
			}
		}
	}
	x.finish(0)
	y.finish(0)
	z.finish(0)
	colors := sequential()
	b.chart.bar = &colorBar{z, colors}
	b.notes = append(b.notes, fmt.Sprintf("Black: no escape within %s steps", plainNumber(most)))
	b.addPanels(func(panel int) func(*plot) {
		return func(p *plot) {
			w, h := max(int(math.Round(p.W*p.style.dots)), 1), max(int(math.Round(p.H*p.style.dots)), 1)
			sums := make([][4]float64, w*h) // of red, green, blue, and cells
			for row := range b.table.rows {
				from, to := v.of(row)
				if int(b.panel[row]) != panel || to == from || !ends[0].ok[row] || !ends[1].ok[row] || !ends[2].ok[row] || !ends[3].ok[row] {
					continue
				}
				rows := 1
				if rowsOf != nil && rowsOf.ok[row] {
					rows = max(int(rowsOf.num[row]), 1)
				}
				cols := (to - from) / rows
				left, right := p.x.part(ends[0].num[row])*float64(w), p.x.part(ends[1].num[row])*float64(w)
				bottom, top := (1-p.y.part(ends[2].num[row]))*float64(h), (1-p.y.part(ends[3].num[row]))*float64(h)
				for i, n := range v.num[from : from+rows*cols] {
					p.beat.tick()
					c := colors(z.part(n))
					if n >= most {
						c = color.NRGBA{A: 255}
					}
					u, t := float64(i%cols), float64(i/cols)
					x0, x1 := covered(left+(right-left)*u/float64(cols), left+(right-left)*(u+1)/float64(cols), w)
					y0, y1 := covered(bottom+(top-bottom)*(t+1)/float64(rows), bottom+(top-bottom)*t/float64(rows), h)
					for y := y0; y < y1; y++ {
						p.beat.tick()
						for x := x0; x < x1; x++ {
							s := &sums[y*w+x]
							s[0] += float64(c.R)
							s[1] += float64(c.G)
							s[2] += float64(c.B)
							s[3]++
						}
					}
				}
			}
			im := newImage(w, h)
			for i, s := range sums {
				if s[3] > 0 {
					im.SetNRGBA(i%w, i/w, color.NRGBA{uint8(s[0]/s[3] + 0.5), uint8(s[1]/s[3] + 0.5), uint8(s[2]/s[3] + 0.5), 255})
				}
			}
			p.scene.add(&Image{Box: p.Box, Pixels: im})
		}
	})
	return nil
}

// covered are the dots of n that a cell covers: those whose middle it holds, or
// the one that its own middle lies in.
func covered(from, to float64, n int) (first, end int) {
	// Neighbours compute the border between them each in its own way.
	from, to = math.Round(from*1e6)/1e6, math.Round(to*1e6)/1e6
	first, end = int(math.Ceil(from-0.5)), int(math.Ceil(to-0.5))
	if end <= first {
		first = int(math.Floor((from + to) / 2))
		end = first + 1
	}
	return min(max(first, 0), n), min(max(end, 0), n)
}

// middleName is what two formulas that give the ends of an interval have in
// common at their beginning: re of re - width / 2 and re + width / 2.
func middleName(f []*experiment.Formula) string {
	a := f[0].Columns()
	if len(a) > 0 && len(f) > 1 && slices.Contains(f[1].Columns(), a[0]) {
		return pretty(a[0])
	}
	return pretty(f[0].Text)
}
