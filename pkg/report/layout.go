package report

import (
	"image/color"
	"math"
	"slices"
)

// style says how large things are drawn, in the canvas's unit.
type style struct {
	width    float64
	height   float64 // of the whole; 0 for as high as the plots ask for
	font     float64 // of labels
	small    float64 // of the numbers at ticks
	line     float64 // of frames and ticks
	curve    float64
	tick     float64
	dots     float64 // of an image, for a unit
	textSize func(text string, size float64) float64
	gap      float64 // between texts and what they belong to
	terminal bool
}

const mm = 1 / pointsPerMM // of a point

// paper is the style of a figure of that width in millimetres.
func paper(width float64) *style {
	return &style{
		width: width, font: 8 * mm, small: 7 * mm, line: 0.5 * mm, curve: 0.9 * mm, tick: 1, dots: dotsPerMM,
		textSize: paperWidth, gap: 0.8,
	}
}

// chart is what a figure shows, before it is laid out on a canvas.
type chart struct {
	x, y    *axis
	panels  []panel
	legend  legend
	bar     *colorBar
	aspect  float64 // height of a plot over its width; 0 for the usual
	equal   bool    // a unit is as long on x as on y
	marks   map[string][]float64
	caption string
	bytes   int64 // of the data that it holds
}

// panel is one plot of a chart.
type panel struct {
	title string
	draw  func(p *plot)
}

// legend names curves or classes.
type legend struct {
	title   string
	entries []entry
}

type entry struct {
	text  string
	color color.NRGBA
	dash  []float64
	block bool // a square of the colour, not a line
}

// colorBar is the scale of a map.
type colorBar struct {
	axis   *axis
	colors colorMap
}

// plot is where a panel draws.
type plot struct {
	Box
	scene *Scene
	beat  *beat
	x, y  *axis
	style *style
}

// place is where numbers are drawn.
func (p *plot) place(x, y float64) Point {
	return Point{p.X + p.W*p.x.part(x), p.Y + p.H*(1-p.y.part(y))}
}

// line strokes a curve, clipped at the frame.
func (p *plot) line(points []Point, c color.NRGBA, width float64, dash []float64) {
	if len(points) > 1 {
		p.scene.add(&Path{Lines: p.near(points), Stroke: c, Width: width, Dash: dash, Clip: &p.Box})
	}
}

// beyond is how many plots away a line ends: dashed to where the axes' numbers
// can go it would have more pieces than there is memory.
const beyond = 200

// near is what of a line is near the plot, without points that have no place.
func (p *plot) near(points []Point) (lines [][]Point) {
	low, high := Point{p.X - beyond*p.W, p.Y - beyond*p.H}, Point{p.X + (beyond+1)*p.W, p.Y + (beyond+1)*p.H}
	whole := true
	for _, at := range points {
		p.beat.tick()
		whole = whole && at.X >= low.X && at.X <= high.X && at.Y >= low.Y && at.Y <= high.Y
	}
	if whole {
		return [][]Point{points}
	}
	var line []Point
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		from, to := 0.0, 1.0 // of the way from a to b, what is near (Liang and Barsky 1984)
		for _, side := range [][2]float64{{a.X - b.X, a.X - low.X}, {b.X - a.X, high.X - a.X}, {a.Y - b.Y, a.Y - low.Y}, {b.Y - a.Y, high.Y - a.Y}} {
			switch d, room := side[0], side[1]; {
			case d == 0 && room < 0 || math.IsNaN(d) || math.IsInf(d, 0) || math.IsNaN(room) || math.IsInf(room, 0):
				to = -1
			case d < 0:
				from = max(from, room/d)
			case d > 0:
				to = min(to, room/d)
			}
		}
		if from > to {
			continue
		}
		start, end := Point{a.X + from*(b.X-a.X), a.Y + from*(b.Y-a.Y)}, Point{a.X + to*(b.X-a.X), a.Y + to*(b.Y-a.Y)}
		if len(line) == 0 || line[len(line)-1] != start {
			if len(line) > 1 {
				lines = append(lines, line)
			}
			line = []Point{start}
		}
		line = append(line, end)
	}
	if len(line) > 1 {
		lines = append(lines, line)
	}
	return lines
}

// area fills what a line surrounds.
func (p *plot) area(points []Point, c color.NRGBA) {
	points = slices.DeleteFunc(points, func(at Point) bool { return math.IsNaN(at.X) || math.IsNaN(at.Y) })
	for i, at := range points {
		points[i] = Point{min(max(at.X, p.X-beyond*p.W), p.X+(beyond+1)*p.W), min(max(at.Y, p.Y-beyond*p.H), p.Y+(beyond+1)*p.H)}
	}
	if len(points) == 0 {
		return
	}
	p.scene.add(&Path{Lines: [][]Point{points}, Closed: true, Fill: c, Clip: &p.Box})
}

// dot is a small disc.
func (p *plot) dot(at Point, r float64, c color.NRGBA) {
	if !(math.Abs(at.X-p.X) <= beyond*p.W && math.Abs(at.Y-p.Y) <= beyond*p.H) {
		return // far off, or no place
	}
	p.scene.add(&Path{Lines: [][]Point{disc(at, r)}, Closed: true, Fill: c, Clip: &p.Box})
}

func disc(at Point, r float64) (points []Point) {
	for i := range 16 {
		s, c := math.Sincos(2 * math.Pi * float64(i) / 16)
		points = append(points, Point{at.X + r*c, at.Y + r*s})
	}
	return points
}

// maxAcross is how many panels stand side by side in a column and in a page.
const (
	maxAcrossColumn = 2
	maxAcrossPage   = 4
)

// across is how many of n panels stand side by side.
func (st *style) across(n int) int {
	most := maxAcrossPage
	if st.width < 100 {
		most = maxAcrossColumn
	}
	if n <= most {
		return n
	}
	rows := (n + most - 1) / most
	return (n + rows - 1) / rows
}

// layout places everything on a canvas of the style.
func (c *chart) layout(beat *beat, st *style) *Scene {
	s := &Scene{Width: st.width, Caption: c.caption}
	cols := st.across(len(c.panels))
	rows := (len(c.panels) + cols - 1) / cols
	titled := len(c.panels) > 1 || c.panels[0].title != ""

	// Heights of what stands above and below each row of plots.
	lineOf := func(size float64) float64 { return 1.25 * size }
	if st.terminal {
		lineOf = func(size float64) float64 { return size }
	}
	head := 0.0
	if titled {
		head = lineOf(st.small) + st.gap/2
		if st.terminal {
			head = st.small
		}
	}
	foot := st.tick + st.gap/2 + lineOf(st.small)
	if st.terminal {
		foot = 2 * st.small // a line for the frame, one for the numbers
	}
	legendRows, legendHeight := c.legend.rows(st, st.width-2*st.gap)
	top := st.gap + legendHeight + st.small/2
	if legendHeight > 0 || titled {
		top -= st.small / 4
	}
	if st.terminal {
		top = legendHeight
		if c.y.label != "" || c.bar != nil && c.bar.axis.label != "" {
			top += st.font // labels lie above their axes, for no text is turned
		}
	}
	bottom := lineOf(st.font) + st.gap
	if st.terminal {
		bottom = st.font
	}

	// Widths: of numbers at the left, and of the colour bar.
	height := func(w float64) float64 {
		switch {
		case st.height > 0:
			return (st.height-top-bottom)/float64(rows) - head - foot
		case c.equal:
			// As far as that is a plot that somebody can see.
			return w * min(max((c.y.high/2-c.y.low/2)/(c.x.high/2-c.x.low/2), 1./mostUnequal), mostUnequal)
		case c.aspect > 0:
			return w * c.aspect
		case cols > 1:
			return 0.85 * w
		}
		return 0.72 * w
	}
	numbers := func(a *axis, length float64) (w float64) {
		for _, t := range a.ticks(st.most(length, false)) {
			w = max(w, st.textSize(t.text, st.small))
		}
		return w
	}
	between := 2 * st.gap
	right := st.gap + st.small
	left, w, h := 0.0, st.width/float64(cols), 0.0
	for range 3 { // widths decide on heights, these on ticks, these on widths
		h = height(w)
		left = st.gap + numbers(c.y, h) + st.gap + st.tick
		if c.y.label != "" && !st.terminal {
			left += lineOf(st.font)
		}
		barWidth := 0.0
		if c.bar != nil {
			barWidth = 2*st.gap + st.bar() + st.tick + st.gap + numbers(c.bar.axis, h)
			if !st.terminal {
				barWidth += lineOf(st.font)
			}
		}
		w = (st.width - left - right - barWidth - between*float64(cols-1)) / float64(cols)
	}
	// Whole dots, so that images fall on the canvas's own.
	snap := func(x float64) float64 { return math.Round(x*st.dots) / st.dots }
	// Much text and many panels leave little of a small canvas.
	left, w, h = snap(left), max(snap(w), st.least()), max(snap(h), st.least())
	if st.terminal {
		h = max(2*math.Floor(((st.height-top-bottom)/float64(rows)-head-foot)/2), st.least()) // whole characters
	}
	between = snap(between)
	step := snap(head + h + foot + st.gap/2)
	if st.terminal {
		step = head + h + foot
	}
	first := snap(top + head)
	s.Height = st.height
	if s.Height == 0 {
		s.Height = snap(first + step*float64(rows-1) + h + foot + bottom)
	}

	c.legend.draw(s, st, legendRows, left)
	for i, p := range c.panels {
		row, col := i/cols, i%cols
		box := Box{left + float64(col)*(w+between), first + float64(row)*step, w, h}
		under := i+cols >= len(c.panels)
		c.panel(s, beat, st, p, box, col == 0, under, titled)
	}
	// Labels of the whole.
	middle := left + (float64(cols)*(w+between)-between)/2
	end := first + step*float64(rows-1) + h
	centre := (first + end) / 2
	base := end + foot + st.font
	if st.terminal {
		s.add(&Text{At: Point{0, top}, Size: st.font, Text: c.y.label, Color: black})
		if c.bar != nil {
			// In the same line, as far as there is room.
			text := []rune(label(flat(c.bar.axis.label)))
			if room := int(st.width-cellWidth(label(c.y.label), 0)) - 2; len(text) > room {
				text = append(text[:max(room-1, 0)], '…')
			}
			s.add(&Text{At: Point{st.width, top}, Size: st.font, Text: string(text), Align: 1, Color: black})
		}
	} else {
		s.add(&Text{At: Point{st.gap + 0.8*st.font, centre}, Size: st.font, Text: c.y.label, Align: 0.5, Up: true, Color: black})
	}
	s.add(&Text{At: Point{middle, base}, Size: st.font, Text: c.x.label, Align: 0.5, Color: black})
	if c.bar != nil {
		x := left + float64(cols)*(w+between) - between + 2*st.gap
		tall := min(end-first, 2.2*h)
		c.bar.draw(s, st, Box{snap(x), snap(centre - tall/2), st.bar(), snap(tall)}, numbers(c.bar.axis, tall))
	}
	return s
}

// mostUnequal is how many times as long as the other a side of a plot can be.
const mostUnequal = 8

// least is how large a plot is at least.
func (st *style) least() float64 {
	if st.terminal {
		return 1
	}
	return 5
}

// bar is how wide a colour bar is.
func (st *style) bar() float64 {
	if st.terminal {
		return 2
	}
	return math.Round(2.4*st.dots) / st.dots
}

// most is how many ticks stand on a length without their texts touching.
func (st *style) most(length float64, across bool) int {
	each := 3 * st.small
	if st.terminal {
		each = 3 * st.small
		if across {
			each = 5 * st.small
		}
	}
	return int(min(max(math.Ceil(length/each), 2), 8))
}

// ticksAcross are the ticks of a horizontal axis, as many as stand side by side.
func (st *style) ticksAcross(a *axis, length float64) []tick {
	for most := st.most(length, true); ; most-- {
		list := a.ticks(most)
		end, fits := math.Inf(-1), true
		for _, t := range list {
			if t.text != "" {
				at, half := a.part(t.at)*length, st.textSize(t.text, st.small)/2
				fits = fits && at-half > end
				end = at + half + 0.4*st.small
			}
		}
		if fits || most <= 2 {
			return list
		}
	}
}

// panel draws one plot with its frame, ticks and numbers.
func (c *chart) panel(s *Scene, beat *beat, st *style, p panel, box Box, leftmost, lowest, titled bool) {
	pl := &plot{Box: box, scene: s, beat: beat, x: c.x, y: c.y, style: st}
	p.draw(pl)
	for _, x := range c.marks["x"] {
		if t := c.x.part(x); t >= 0 && t <= 1 {
			at := box.X + t*box.W
			pl.line([]Point{{at, box.Y}, {at, box.Y + box.H}}, grey, st.line, []float64{3 * st.line, 2 * st.line})
		}
	}
	for _, y := range c.marks["y"] {
		if t := c.y.part(y); t >= 0 && t <= 1 {
			at := box.Y + (1-t)*box.H
			pl.line([]Point{{box.X, at}, {box.X + box.W, at}}, grey, st.line, []float64{3 * st.line, 2 * st.line})
		}
	}
	frame := [][]Point{{{box.X, box.Y}, {box.X + box.W, box.Y}, {box.X + box.W, box.Y + box.H}, {box.X, box.Y + box.H}}}
	if st.terminal {
		frame = [][]Point{{{box.X, box.Y}, {box.X, box.Y + box.H}, {box.X + box.W, box.Y + box.H}}}
	}
	s.add(&Path{Lines: frame, Closed: !st.terminal, Stroke: black, Width: st.line})
	var strokes [][]Point
	below := box.Y + box.H + st.tick + st.gap/2 + st.digits()
	if st.terminal {
		below = box.Y + box.H + 2*st.small
	}
	for i, t := range st.ticksAcross(c.x, box.W) {
		at, length := box.X+box.W*c.x.part(t.at), st.tick
		if t.text == "" {
			length /= 2
		}
		strokes = append(strokes, []Point{{at, box.Y + box.H}, {at, box.Y + box.H + length}})
		if lowest && t.text != "" {
			// At the ends of a panel beside another a number gives way.
			half := st.textSize(t.text, st.small) / 2
			if !leftmost && i == 0 && at-half < box.X-st.gap/2 {
				continue
			}
			align := 0.5
			if at+half > s.Width {
				align = 1
			}
			s.add(&Text{At: Point{at, below}, Size: st.small, Text: t.text, Align: align, Color: black})
		}
	}
	for _, t := range c.y.ticks(st.most(box.H, false)) {
		at, length := box.Y+box.H*(1-c.y.part(t.at)), st.tick
		if t.text == "" {
			length /= 2
		}
		strokes = append(strokes, []Point{{box.X, at}, {box.X - length, at}})
		if leftmost && t.text != "" {
			s.add(&Text{At: Point{box.X - st.tick - st.gap/2, at + st.digits()/2}, Size: st.small, Text: t.text, Align: 1, Color: black})
		}
	}
	if !st.terminal {
		s.add(&Path{Lines: strokes, Stroke: black, Width: st.line})
	}
	if titled {
		title := p.title
		if text := []rune(flat(title)); st.terminal && float64(len(text)) > box.W {
			title = "…" + string(text[len(text)-max(int(box.W)-1, 0):]) // the value is behind
		}
		s.add(&Text{At: Point{box.X + box.W/2, box.Y - st.gap}, Size: st.small, Text: title, Align: 0.5, Color: black})
	}
}

// digits is the height of a number.
func (st *style) digits() float64 {
	if st.terminal {
		return st.small
	}
	return 0.72 * st.small
}

// draw draws the bar, its numbers and its label.
func (b *colorBar) draw(s *Scene, st *style, box Box, numbers float64) {
	n := max(int(math.Round(box.H*st.dots)), 2)
	im := newImage(1, n)
	for i := range n {
		im.SetNRGBA(0, i, b.colors(1-(float64(i)+0.5)/float64(n)))
	}
	s.add(&Image{Box: box, Pixels: im})
	if !st.terminal {
		s.add(&Path{Lines: [][]Point{{{box.X, box.Y}, {box.X + box.W, box.Y}, {box.X + box.W, box.Y + box.H}, {box.X, box.Y + box.H}}}, Closed: true, Stroke: black, Width: st.line})
	}
	var strokes [][]Point
	for _, t := range b.axis.ticks(st.most(box.H, false)) {
		at, length := box.Y+box.H*(1-b.axis.part(t.at)), st.tick
		if t.text == "" {
			length /= 2
		}
		strokes = append(strokes, []Point{{box.X + box.W, at}, {box.X + box.W + length, at}})
		s.add(&Text{At: Point{box.X + box.W + st.tick + st.gap/2, at + st.digits()/2}, Size: st.small, Text: t.text, Color: black})
	}
	if st.terminal {
		return
	}
	s.add(&Path{Lines: strokes, Stroke: black, Width: st.line})
	s.add(&Text{At: Point{box.X + box.W + st.tick + st.gap + numbers + st.font, box.Y + box.H/2}, Size: st.font, Text: b.axis.label, Align: 0.5, Up: true, Color: black})
}

// placed is an entry of a legend and where it stands.
type placed struct {
	entry
	x   float64
	row int
}

func (l *legend) swatch(st *style) float64 {
	if st.terminal {
		return 2
	}
	return 5
}

// rows lets the entries run over as many rows as they need.
func (l *legend) rows(st *style, width float64) (list []placed, height float64) {
	if len(l.entries) == 0 {
		return nil, 0
	}
	x, row := 0.0, 0
	if l.title != "" {
		list = append(list, placed{entry{text: l.title}, 0, 0})
		x = st.textSize(l.title, st.small) + 2*st.gap
	}
	for _, e := range l.entries {
		w := l.swatch(st) + st.gap + st.textSize(e.text, st.small)
		if x+w > width && x > 0 {
			x, row = 0, row+1
		}
		list = append(list, placed{e, x, row})
		x += w + 3*st.gap
	}
	step := 1.4 * st.small
	if st.terminal {
		step = st.small
	}
	return list, step * float64(row+1)
}

// draw draws the entries, beginning above the left side of the plots if there is
// room.
func (l *legend) draw(s *Scene, st *style, list []placed, left float64) {
	step, shift := 1.4*st.small, st.gap
	if st.terminal {
		step, shift = st.small, 0
	}
	x0 := left
	for _, e := range list {
		if left+e.x+l.swatch(st)+2*st.gap+st.textSize(e.text, st.small) > st.width {
			x0 = shift
		}
	}
	for _, e := range list {
		base := shift + step*float64(e.row) + st.digits()
		x := x0 + e.x
		if e.color.A > 0 {
			w, middle := l.swatch(st), base-st.digits()/2
			switch {
			case st.terminal:
				s.add(&Text{At: Point{x, base}, Size: st.small, Text: "■", Color: e.color})
			case e.block:
				s.add(&Path{Lines: [][]Point{{{x + 1, base - st.digits()}, {x + w, base - st.digits()}, {x + w, base}, {x + 1, base}}}, Closed: true, Fill: e.color})
			default:
				s.add(&Path{Lines: [][]Point{{{x, middle}, {x + w, middle}}}, Stroke: e.color, Width: 1.3 * st.curve, Dash: e.dash})
			}
			x += w + st.gap
		}
		s.add(&Text{At: Point{x, base}, Size: st.small, Text: e.text, Color: black})
	}
}
