package report

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
)

// maxPanels and maxCurves are how many a reader can tell apart.
const (
	maxPanels = 24
	maxCurves = 40
)

// builder makes a chart of a figure's data.
type builder struct {
	labeler
	report *Report
	spec   *experiment.Spec
	table  *table
	chart  *chart
	left   int // values without a number
	notes  []string

	panels  []level
	panel   []int32 // of each row
	mixed   []string
	grouped int // the most rows that were taken together
}

// build reads what the figure needs and makes its chart.
func (r *Report) build(beat *beat, f *experiment.Figure) (*chart, error) {
	b := &builder{report: r, spec: r.spec, labeler: labeler{columns: r.spec.Columns(), figure: f}}
	var names []string
	for _, g := range formulas(f) {
		names = append(names, g.Columns()...)
	}
	switch {
	case f.Kind == "hysteresis":
		names = append(names, "direction")
	case f.Kind == "crossing" || f.Kind == "extrapolation":
		names = append(names, "replicate")
	}
	var err error
	if r.load != nil {
		b.table = r.load(names)
		b.table.beat = beat
	} else if b.table, err = load(beat, r.dir, r.spec, names, f.Where, r.Limit); err != nil {
		return nil, err
	}
	if b.table.rows == 0 {
		switch {
		case b.table.left > 0:
			return nil, nothingf("where leaves no trial of %d", b.table.left)
		case b.table.failed > 0:
			return nil, nothingf("%s: all %d trials failed", r.dir, b.table.failed)
		case b.table.others > 0:
			return nil, fmt.Errorf("%s has records of another plan only; run the spec first", r.dir)
		}
		return nil, nothingf("%s/trials has no records yet", r.dir)
	}
	b.chart = &chart{marks: f.Marks, bytes: b.table.bytes}
	b.panel = make([]int32, b.table.rows)
	b.panels = []level{{}}
	if f.Panels != nil {
		b.panels, b.panel = b.scale(f.Panels)
		if len(b.panels) == 0 {
			return nil, nothingf("panels: %s has no value in any trial", f.Panels.Text)
		}
		if len(b.panels) > maxPanels {
			return nil, fmt.Errorf("panels: %s has %d values; a figure has at most %d panels", f.Panels.Text, len(b.panels), maxPanels)
		}
	}
	switch f.Kind {
	case "line", "hysteresis":
		err = b.line(f.Kind == "hysteresis")
	case "crossing":
		err = b.crossing()
	case "extrapolation":
		err = b.extrapolation()
	case "heatmap":
		err = b.heatmap()
	case "phases":
		err = b.phases()
	case "orbit":
		err = b.orbit()
	case "histogram":
		err = b.histogram()
	case "spectrum", "raster":
		err = b.points(f.Kind == "raster")
	case "escape":
		err = b.escape()
	default:
		err = fmt.Errorf("there is no kind of figure %q", f.Kind)
	}
	if err != nil {
		return nil, err
	}
	b.caption()
	beat.look()
	return b.chart, nil
}

// formulas are all of a figure that name columns of its own data.
func formulas(f *experiment.Figure) (list []*experiment.Formula) {
	list = append(slices.Clone(f.X), f.Y...)
	list = append(list, f.Z, f.By, f.Panels, f.Where, f.Rows)
	for _, c := range f.With {
		if c.From == "" {
			list = append(list, c.X, c.Y, c.Where)
		}
	}
	if f.Law != nil {
		list = append(list, f.Law.Size...)
	}
	return slices.DeleteFunc(list, func(f *experiment.Formula) bool { return f == nil })
}

// hidden are the columns along which trials differ: the caption says which of
// them a figure takes together.
func (b *builder) hidden() (names []string) {
	if b.spec.Replicates > 1 {
		names = append(names, "replicate")
	}
	for _, a := range b.spec.Axes {
		if a.Len > 1 {
			names = append(names, b.spec.Model.Params[a.Param].Decl().Name)
		}
	}
	if b.column("direction") != nil {
		names = append(names, "direction")
	}
	return names
}

// scale is the distinct values of a formula and each row's place among them.
func (b *builder) scale(f *experiment.Formula) ([]level, []int32) {
	var choices []string
	if c := b.column(f.Name()); c != nil {
		choices = c.Choices
	}
	v := b.table.eval(f, nil)
	for _, ok := range v.ok {
		if !ok {
			b.left++
		}
	}
	return v.levels(choices)
}

// axis is an axis of the figure, empty.
func (b *builder) axis(channel string, f *experiment.Formula, label string) *axis {
	ends, given := b.figure.Range[channel]
	if text := b.figure.Label[channel]; text != "" || label == "" {
		label = b.label(channel, f)
	}
	return newAxis(label, slices.Contains(b.figure.Log, channel), ends, given)
}

// addPanels makes the chart's panels of a function that draws each.
func (b *builder) addPanels(draw func(panel int) func(p *plot)) {
	for i, v := range b.panels {
		title := ""
		if f := b.figure.Panels; f != nil {
			title = valueOf(b.label("panels", f), f.Kind(), v)
		}
		b.chart.panels = append(b.chart.panels, panel{title, draw(i)})
	}
}

// group takes rows together and notes along which columns they differ.
func (b *builder) group(scales ...[]int32) *groups {
	g := group(b.table.rows, scales...)
	plan := b.spec.Plan()
	same := b.hidden()
	var first, other models.Point
	for i := range g.len() {
		rows := g.of(i)
		b.grouped = max(b.grouped, len(rows))
		if len(rows) == 1 || len(same) == 0 {
			continue
		}
		plan.Point(b.table.trial[rows[0]], &first)
		for _, row := range rows[1:] {
			b.table.beat.tick()
			plan.Point(b.table.trial[row], &other)
			same = slices.DeleteFunc(same, func(name string) bool { return b.differ(name, &first, &other) })
			if len(same) == 0 {
				break
			}
		}
	}
	for _, name := range b.hidden() {
		if !slices.Contains(same, name) && !slices.Contains(b.mixed, name) {
			b.mixed = append(b.mixed, name)
		}
	}
	return g
}

// differ reports whether two points differ along a hidden column.
func (b *builder) differ(name string, p, q *models.Point) bool {
	switch name {
	case "replicate":
		return p.Replicate != q.Replicate
	case "direction":
		return p.Direction != q.Direction
	}
	i := b.spec.Model.Param(name)
	return p.Values[i] != q.Values[i]
}

// caption puts the caption together.
func (b *builder) caption() {
	var parts []string
	add := func(format string, args ...any) {
		if text := fmt.Sprintf(format, args...); text != "" {
			parts = append(parts, strings.TrimSuffix(text, ".")+".")
		}
	}
	f := b.figure
	if f.Title != "" {
		add("%s", f.Title)
	}
	for _, note := range b.notes {
		add("%s", note)
	}
	if len(b.mixed) > 0 {
		var what []string
		for _, name := range b.mixed {
			if name == "replicate" {
				what = append(what, fmt.Sprintf("%d replicates", b.spec.Replicates))
			} else {
				what = append(what, pretty(name))
			}
		}
		add("Taken together: %s, up to %s at one place", both(what), plural(b.grouped, "trial"))
	}
	var list []*experiment.Formula
	list = append(append(append(list, f.X...), f.Y...), f.Z, f.By, f.Panels)
	add("%s", b.define(list...))
	if f.Where != nil {
		add("Only trials where %s", pretty(f.Where.Text))
	}
	count := fmt.Sprintf("%d of %d trials", b.table.rows, b.table.planned)
	if b.table.planned == int64(b.table.rows) {
		count = plural(b.table.rows, "trial")
	}
	add("Model %s, %s", b.spec.Model.Name, count)
	if b.table.failed > 0 {
		add("%s left out", plural(b.table.failed, "failed trial"))
	}
	if b.left > 0 {
		add("%s without a finite number left out", plural(b.left, "value"))
	}
	if b.table.others > 0 {
		add("%s of another plan not shown", plural(b.table.others, "file"))
	}
	b.chart.caption = plain.Lines(strings.Join(parts, " ")) // a caption is a file of its own, too, that people print
}

// curve is one line of a figure.
type curve struct {
	x   []float64
	at  []estimate
	way string // up, down or ""
}

// curves are the values of by, a curve for each, and each row's place among
// them; without by all rows are of one curve.
func (b *builder) curves() ([]level, []int32, error) {
	by, at := []level{{}}, make([]int32, b.table.rows)
	if f := b.figure.By; f != nil {
		by, at = b.scale(f)
		switch {
		case len(by) == 0:
			return nil, nil, nothingf("by: %s has no value in any trial", f.Text)
		case len(by) > maxCurves:
			return nil, nil, fmt.Errorf("by: %s has %d values; a figure has at most %d curves", f.Text, len(by), maxCurves)
		}
	}
	return by, at, nil
}

// line draws an aggregate along x, a curve for each value of by; a loop has one
// for each way too.
func (b *builder) line(loop bool) error {
	f := b.figure
	fx, fy := f.X[0], f.Y[0]
	xs, atX := b.scale(fx)
	by, atBy, err := b.curves()
	if err != nil {
		return err
	}
	ways, atWay := []level{{}}, make([]int32, b.table.rows)
	if loop {
		way, err := b.spec.Formula("direction")
		if err != nil {
			return err
		}
		ways, atWay = b.scale(way)
	}
	m := newMeasure(b.table, fy, f.Band, nil)
	b.chart.x, b.chart.y = b.axis("x", fx, ""), b.axis("y", fy, "")
	g := b.group(b.panel, atBy, atWay, atX)
	curves := make([][]curve, len(b.panels)*len(by))
	banded := false
	for i := range g.len() {
		p := g.place(i)
		at := int(p[0])*len(by) + int(p[1])
		if curves[at] == nil {
			curves[at] = make([]curve, len(ways))
		}
		c := &curves[at][p[2]]
		c.way = ways[p[2]].text
		e := m.take(g.of(i))
		if math.IsNaN(e.value) {
			continue
		}
		c.x, c.at = append(c.x, xs[p[3]].num), append(c.at, e)
		b.chart.x.include(xs[p[3]].num)
		for _, y := range []float64{e.value, e.low, e.high} {
			b.chart.y.include(y)
		}
		banded = banded || e.low < e.high
	}
	b.left += m.left
	colors := curveColors(len(by))
	label := b.label("by", f.By)
	if f.By != nil {
		b.chart.legend.title = label
		if f.By.Kind() == models.TextKind {
			b.chart.legend.title = ""
		}
		for i, v := range by {
			b.chart.legend.entries = append(b.chart.legend.entries, entry{text: v.text, color: colors[i]})
		}
	}
	if loop {
		for i, v := range ways {
			e := entry{text: v.text, color: black, dash: wayDash(v.text)}
			if f.By == nil {
				e.color = okabeIto[i%len(okabeIto)]
			}
			b.chart.legend.entries = append(b.chart.legend.entries, e)
		}
	}
	overlays, err := b.overlays()
	if err != nil {
		return err
	}
	for _, o := range overlays {
		for _, c := range o.curves {
			for i, x := range c.x {
				b.chart.x.include(x)
				b.chart.y.include(c.at[i].value)
			}
		}
		if o.again {
			continue
		}
		b.chart.legend.entries = append(b.chart.legend.entries, entry{text: o.label, color: o.color, dash: overlayDash})
		if len(by) == 1 && f.By == nil && !loop && len(b.chart.legend.entries) == 1 {
			b.chart.legend.entries = append([]entry{{text: describe(fy), color: colors[0]}}, b.chart.legend.entries...)
		}
	}
	b.chart.x.finish(0.02)
	b.chart.y.finish(0.04)
	switch {
	case !banded:
	case m.band == "se":
		b.notes = append(b.notes, "Bands are one standard error of the mean")
	case m.band == "quartiles":
		b.notes = append(b.notes, "Bands go from the lower to the upper quartile")
	case m.band == "wilson":
		b.notes = append(b.notes, "Bands are Wilson intervals of 95 %")
	}
	b.addPanels(func(panel int) func(*plot) {
		return func(p *plot) {
			for i := range by {
				for j, c := range curves[panel*len(by)+i] {
					color, dash := colors[i], wayDash(c.way)
					if f.By == nil && loop {
						color = okabeIto[j%len(okabeIto)]
					}
					p.curve(&c, color, dash, !loop)
				}
			}
			for _, o := range overlays {
				p.line(p.points(&o.curves[panel%len(o.curves)]), o.color, 1.2*p.style.curve, overlayDash)
			}
		}
	})
	return nil
}

// overlayDash is the pattern of curves from elsewhere, in millimetres.
var overlayDash = []float64{1.6, 0.8}

// wayDash tells the way down from the way up where the two coincide.
func wayDash(way string) []float64 {
	if way == "down" {
		return []float64{1.4, 0.7}
	}
	return nil
}

// points are the places of a curve, without those that an axis has no place for.
func (p *plot) points(c *curve) (list []Point) {
	for i, x := range c.x {
		if at := p.place(x, c.at[i].value); !math.IsNaN(at.X) && !math.IsNaN(at.Y) && !math.IsInf(at.X, 0) && !math.IsInf(at.Y, 0) {
			list = append(list, at)
		}
	}
	return list
}

// fewPoints is up to how many points a curve shows each.
const fewPoints = 30

// curve draws a curve with its band, and its points where they are few.
func (p *plot) curve(c *curve, color colorNRGBA, dash []float64, dots bool) {
	var upper, lower []Point
	wide := false
	for i, x := range c.x {
		e := c.at[i]
		hi, lo := p.place(x, e.high), p.place(x, e.low)
		if math.IsNaN(hi.Y) || math.IsInf(hi.Y, 0) || math.IsNaN(lo.Y) {
			continue
		}
		lo.Y = min(lo.Y, p.Y+10*p.H) // zero, on a logarithmic axis
		upper, lower = append(upper, hi), append(lower, lo)
		wide = wide || e.low < e.high
	}
	if wide {
		slices.Reverse(lower)
		p.area(append(upper, lower...), fade(color, 0.25))
	}
	points := p.points(c)
	p.line(thin(points, 1/p.style.dots), color, p.style.curve, dash)
	if dots && len(points) <= fewPoints && !p.style.terminal || len(points) == 1 {
		for _, at := range points {
			p.dot(at, 1.1*p.style.curve, color)
		}
	}
}

// thin leaves out what a canvas cannot show: of the points within one step of x
// the first, the lowest, the highest and the last are kept.
func thin(points []Point, step float64) []Point {
	if len(points) < 1000 {
		return points
	}
	var list []Point
	for i := 0; i < len(points); {
		j, low, high := i, i, i
		for ; j < len(points) && math.Abs(points[j].X-points[i].X) < step; j++ {
			if points[j].Y < points[low].Y {
				low = j
			}
			if points[j].Y > points[high].Y {
				high = j
			}
		}
		keep := []int{i, low, high, j - 1}
		slices.Sort(keep)
		for _, k := range slices.Compact(keep) {
			list = append(list, points[k])
		}
		i = j
	}
	return list
}

// overlay is a curve from elsewhere, in each panel or the same in all.
type overlay struct {
	label  string
	again  bool // an earlier one has the label
	color  colorNRGBA
	curves []curve
}

// source is what the caption says of curves from one other experiment.
type source struct {
	note   string
	labels []string
}

// overlays computes the curves of with. Those of experiments that were not run
// yet are left out, and the caption says so.
func (b *builder) overlays() (list []overlay, err error) {
	var sources []source
	defer func() {
		for _, s := range sources {
			b.notes = append(b.notes, both(s.labels)+s.note)
		}
	}()
	say := func(label, note string) {
		if i := slices.IndexFunc(sources, func(s source) bool { return s.note == note }); i >= 0 {
			if !slices.Contains(sources[i].labels, label) {
				sources[i].labels = append(sources[i].labels, label)
			}
			return
		}
		sources = append(sources, source{note, []string{label}})
	}
	for i, c := range b.figure.With {
		if c.From != "" && missing(beside(b.report.dir, c.From)) {
			say(cmp.Or(c.Label, c.From), fmt.Sprintf(" not drawn: %s has no results yet; run it first", c.From))
			continue
		}
		o := overlay{label: c.Label, color: black}
		if i > 0 {
			o.color = okabeIto[5-(i-1)%6] // from the end, without black and the pale yellow
		}
		from := b
		x, y, where := c.X, c.Y, c.Where
		panels, panel := b.panels, b.panel
		if c.From != "" {
			if from, x, y, where, err = b.elsewhere(&c); err != nil {
				return nil, fmt.Errorf("with: %v", err) // not a mistake of this spec, whatever it is there
			}
			panels, panel = []level{{}}, make([]int32, from.table.rows)
			say(cmp.Or(c.Label, c.From), fmt.Sprintf(" from %s, model %s", c.From, from.spec.Model.Name))
		}
		if x == nil {
			x = b.figure.X[0]
		}
		if y == nil {
			y = b.figure.Y[0]
		}
		if o.label == "" {
			o.label = describe(y)
			if c.From != "" {
				o.label = c.From
			}
		}
		var keep []bool
		if where != nil {
			w := from.table.eval(where, nil)
			keep = make([]bool, len(w.ok))
			for row := range keep {
				keep[row] = w.ok[row] && w.num[row] != 0
			}
		}
		xs, atX := from.table.eval(x, keep).levels(nil)
		m := newMeasure(from.table, y, "none", keep)
		o.curves = make([]curve, len(panels))
		g := group(from.table.rows, panel, atX)
		for i := range g.len() {
			e := m.take(g.of(i))
			if math.IsNaN(e.value) {
				continue
			}
			c := &o.curves[g.place(i)[0]]
			at := xs[g.place(i)[1]].num
			c.x, c.at = append(c.x, at), append(c.at, e)
		}
		// One with the label of an earlier curve goes on with that.
		if k := slices.IndexFunc(list, func(e overlay) bool { return e.label == o.label }); k >= 0 {
			o.color, o.again = list[k].color, true
		}
		list = append(list, o)
	}
	return list, nil
}

// missing reports whether there is no result folder at a path.
func missing(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "spec.yaml"))
	return errors.Is(err, fs.ErrNotExist)
}

// elsewhere reads what a curve needs of another result folder.
func (b *builder) elsewhere(c *experiment.Curve) (from *builder, x, y, where *experiment.Formula, err error) {
	other, err := Open(beside(b.report.dir, c.From), b.report.models)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	read := func(f, instead *experiment.Formula, kinds ...models.Kind) *experiment.Formula {
		if f == nil {
			f = instead
		}
		if f == nil || err != nil {
			return nil
		}
		g, mistake := other.spec.Formula(f.Text, kinds...)
		if mistake != nil {
			err = fmt.Errorf("%s: %w", c.From, mistake)
		}
		return g
	}
	x = read(c.X, b.figure.X[0], models.FloatKind, models.IntKind)
	y = read(c.Y, b.figure.Y[0], models.FloatKind, models.IntKind, models.FlagKind)
	where = read(c.Where, nil, models.FlagKind)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	var names []string
	for _, f := range []*experiment.Formula{x, y, where} {
		if f != nil {
			names = append(names, f.Columns()...)
		}
	}
	from = &builder{report: other, spec: other.spec}
	from.table, err = load(b.table.beat, other.dir, other.spec, names, nil, b.report.Limit)
	return from, x, y, where, err
}
