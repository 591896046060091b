package report

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
)

// anything is a model with a column of each kind; no trial of it is ever run.
var anything = func() *models.Model {
	return &models.Model{
		Name: "anything", Doc: "Package anything has columns.\npackage x", Version: 1, Carries: true,
		Params: []models.Param{models.Float("a", 1, "a number"), models.Float("b", 1, "a number"), models.Int("n", 1, "a number")},
		Outputs: []models.Output{
			models.Scalar("u", "Hz", "a number"), models.Scalar("v", "", "a number"), models.Integer("i", "", "a number"), models.Bool("flag", "a flag"),
			models.Label("text", "a text"), models.Series("s", "", "a series"), models.Series("t", "", "a series"),
		},
		Run: func(context.Context, *models.Trial) error { return errors.New("not run") },
	}
}()

const anySpec = `about: a
model: anything
replicates: 2
carry: {axis: a, direction: both}
params: {a: [1, 2, 3], b: [1, 2], n: [1, 2]}
`

// anyFigures are figures of every kind, all but hysteresis along columns that can hold anything.
var anyFigures = []string{
	"{kind: line, x: u, y: v}",
	"{kind: line, x: u, y: mean(v), by: i, panels: text, log: [x, y]}",
	"{kind: line, x: u, y: median(v), by: flag, band: quartiles, log: y, with: [{x: v, y: u, label: l}]}",
	"{kind: line, x: u, y: v, range: {x: [0, 1e-300], y: [-1e-9, 1e-9]}, with: [{x: v, y: u}], marks: {x: 0, y: [1e300, 1]}}",
	"{kind: line, x: u, y: fraction(flag), by: text}",
	"{kind: line, x: i, y: std(s) / count(), by: u}",
	"{kind: hysteresis, x: a, y: v, by: i}",
	"{kind: hysteresis, x: a, y: v, log: [x, y], panels: text}",
	"{kind: crossing, x: u, y: v, by: n}",
	"{kind: crossing, x: a, y: v, by: i, log: x}",
	"{kind: extrapolation, x: u, y: v, by: n, level: 0.5, power: 1}",
	"{kind: extrapolation, x: a, y: v, by: i, level: 0.3, power: 0.5, log: y}",
	"{kind: heatmap, x: u, y: v, z: i, contours: [0, 1]}",
	"{kind: heatmap, x: u, y: v, z: mean(s), log: [x, y, z], panels: text}",
	"{kind: heatmap, x: i, y: u, z: v, center: 0, contours: 1e300, with: [{x: u, y: v}]}",
	"{kind: heatmap, x: i, y: n, z: v, center: 3, log: z}",
	"{kind: heatmap, x: i, y: n, z: v, center: 1e300, range: {z: [0, 1]}}",
	"{kind: phases, x: u, y: v, z: text}",
	"{kind: phases, x: i, y: v, z: flag, log: [x, y], panels: flag}",
	"{kind: orbit, x: u, y: s}",
	"{kind: orbit, x: i, y: v, log: [x, y], panels: text}",
	"{kind: histogram, x: s}",
	"{kind: histogram, x: u, by: text, log: [x, y], bins: 7}",
	"{kind: histogram, x: v, panels: i, by: flag}",
	"{kind: spectrum, x: s, y: t, law: {ellipse: [u, v]}}",
	"{kind: spectrum, x: s, law: {semicircle: u}, panels: text}",
	"{kind: spectrum, x: s, y: t, law: {circle: v}, panels: i}",
	"{kind: raster, x: s, y: i}",
	"{kind: raster, x: s, y: trial, log: x, panels: flag}",
	"{kind: escape, x: [u, v], y: [a, b], z: s, rows: i}",
	"{kind: escape, x: [a - 1, u], y: [v, i], z: t, rows: 2, log: z}",
}

// The numbers that break scales.
var hardNumbers = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.3, 0.30000000000000004, 0.1, 2, 3, 10, 1e-300, 1e300, -1e300, 1e-320, math.SmallestNonzeroFloat64, 2 * math.SmallestNonzeroFloat64,
	math.MaxFloat64, -math.MaxFloat64, 1.7e308, -1.7e308, math.MaxInt64, math.MinInt64, 1 << 53, 1e15, 1e15 + 0.125, math.NaN(), math.Inf(1), math.Inf(-1), 1e-16, 1 + 1e-15, 99999, 1e-5,
}

var hardTexts = []string{"", "a", "b", "\x1b[2J", "line\nline", "\xff\xfe", "\u202eback", "^{", "_{}", strings.Repeat("long ", 2000), "γ", "$x$"}

// dice give numbers and texts of the bytes that a fuzzer chose.
type dice struct {
	bytes []byte
	last  float64
}

func (s *dice) byte() byte {
	if len(s.bytes) == 0 {
		return 0
	}
	b := s.bytes[0]
	s.bytes = s.bytes[1:]
	return b
}

func (s *dice) number() float64 {
	switch b := s.byte(); {
	case b < 128:
		s.last = hardNumbers[int(b)%len(hardNumbers)]
	case b < 160:
		s.last = math.Nextafter(s.last, math.Inf(1))
	case b < 192:
		s.last = float64(int8(s.byte()))
	default:
		var bits uint64
		for range 8 {
			bits = bits<<8 | uint64(s.byte())
		}
		s.last = math.Float64frombits(bits)
	}
	return s.last
}

// fill is a table of so many rows.
func (s *dice) fill(spec *experiment.Spec, names []string, rows int) *table {
	t, err := newTable(nil, spec, names)
	if err != nil {
		panic(err)
	}
	plan := spec.Plan()
	columns := make([]*column, 0, len(t.columns))
	for _, c := range t.columns {
		columns = append(columns, c)
	}
	slices.SortFunc(columns, func(a, b *column) int { return strings.Compare(a.Name, b.Name) })
	var p models.Point
	for row := range rows {
		trial := int64(row) % plan.Len()
		plan.Point(trial, &p)
		t.trial = append(t.trial, trial)
		t.rows++
		for _, c := range columns {
			null := s.byte()%8 == 7
			switch {
			case c.Name == "replicate":
				c.addNumber(float64(p.Replicate), false)
			case c.Name == "trial":
				c.addNumber(float64(trial), false)
			case c.Name == "direction":
				c.addText(map[int]string{1: "up", -1: "down"}[p.Direction], false)
			case spec.Model.Param(c.Name) >= 0:
				x := p.Values[spec.Model.Param(c.Name)].Plain()
				if n, ok := x.(int64); ok {
					x = float64(n)
				}
				c.addNumber(x.(float64), false)
			case c.Series:
				var xs []float64
				for range s.byte() % 8 {
					xs = append(xs, s.number())
				}
				if null {
					xs = nil
				}
				c.addSeries(xs, null)
			case c.Kind == models.TextKind:
				c.addText(hardTexts[int(s.byte())%len(hardTexts)], null)
			case c.Kind == models.FlagKind:
				c.addNumber(float64(s.byte()%2), null)
			case c.Kind == models.IntKind:
				c.addNumber(float64(int64(min(max(s.number(), math.MinInt64), 1<<62))), null)
			default:
				c.addNumber(s.number(), null)
			}
		}
	}
	return t
}

// anyReport shows anything.
func anyReport(t testing.TB) *Report {
	spec, err := experiment.Parse("x.yaml", []byte(anySpec), experiment.Options{Models: []*models.Model{anything}})
	if err != nil {
		t.Fatal(err)
	}
	return New(t.TempDir(), spec, nil)
}

// drawAnything draws a figure in all ways: it ends within seconds, in a figure or
// in a sentence, and what it draws has finite places.
func drawAnything(t *testing.T, r *Report, figure experiment.Figure, whole bool) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	f := r.Figure(figure)
	check := func(what string, err error) {
		t.Helper()
		if fault := (*PanicError)(nil); errors.As(err, &fault) {
			t.Fatalf("%s, %s: %v\n%s", figure.File, what, fault.Value, fault.Stack)
		}
		if err != nil {
			t.Fatalf("%s, %s: %v", figure.File, what, err)
		}
	}
	scene, err := f.Scene(ctx)
	if fault := (*PanicError)(nil); errors.As(err, &fault) || ctx.Err() != nil {
		check("scene", err)
	}
	if err != nil {
		return err
	}
	if !(scene.Width > 10 && scene.Width < 1000 && scene.Height > 10 && scene.Height < 5000) {
		t.Fatalf("%s is %v by %v", figure.File, scene.Width, scene.Height)
	}
	for _, item := range scene.Items {
		switch v := item.(type) {
		case *Path:
			for _, line := range v.Lines {
				for _, at := range line {
					if !(math.Abs(at.X) < 1e6 && math.Abs(at.Y) < 1e6) {
						t.Fatalf("%s has a point at %v", figure.File, at)
					}
				}
			}
		case *Text:
			if !(math.Abs(v.At.X) < 1e6 && math.Abs(v.At.Y) < 1e6) || len(v.Text) > 8*maxLabel || strings.ContainsAny(v.Text, "\n\x1b") {
				t.Fatalf("%s has %q at %v", figure.File, v.Text, v.At)
			}
		}
	}
	if len(scene.Items) > 100000 {
		t.Fatalf("%s has %d items", figure.File, len(scene.Items))
	}
	svg, err := f.Draw(ctx, "svg")
	check("svg", err)
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: the SVG: %v", figure.File, err)
		}
		if element, ok := token.(xml.StartElement); ok {
			for _, a := range element.Attr {
				if a.Name.Local != "aria-label" && a.Name.Local != "href" && (strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf")) {
					t.Fatalf("%s: the SVG has %s=%q", figure.File, a.Name.Local, a.Value)
				}
			}
		}
	}
	for _, size := range [][2]int{{0, 0}, {40, 12}, {80, 24}} {
		text, err := f.Terminal(ctx, size[0], size[1], size[0] == 80)
		check("terminal", err)
		if !strings.HasSuffix(text, "\n") {
			t.Fatalf("%s on a terminal: %q", figure.File, text)
		}
	}
	if whole {
		for _, format := range []string{"png", "pdf"} {
			_, err := f.Draw(ctx, format)
			check(format, err)
		}
	}
	return nil
}

func fuzzFigures(t testing.TB, r *Report) []experiment.Figure {
	list, err := r.Spec().ParseFigures("figures", "- "+strings.Join(anyFigures, "\n- "))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestHardNumbers draws every kind of figure of the numbers that break scales:
// equal but for rounding, as large and as small as there are, none at all.
func TestHardNumbers(t *testing.T) {
	r := anyReport(t)
	figures := fuzzFigures(t, r)
	kinds := make(map[string]bool)
	pairs := [][]float64{
		{0.3, 0.30000000000000004}, {1.7e308, -1.7e308}, {1e-300, 1e300}, {math.SmallestNonzeroFloat64, 1e-320}, {math.MaxFloat64, math.Nextafter(math.MaxFloat64, 0)},
		{math.MaxInt64, math.MinInt64}, {1}, {math.NaN(), math.Inf(1)}, {0, math.SmallestNonzeroFloat64}, {1e300, 1, math.Inf(-1)}, {1, 2, 10, 100}, {5.9e307, 6e307},
	}
	drawn := 0
	for i, f := range figures {
		kinds[f.Kind] = true
		for j, numbers := range pairs {
			var data []byte
			for k := range 400 {
				n := slices.IndexFunc(hardNumbers, func(x float64) bool {
					return math.Float64bits(x) == math.Float64bits(numbers[k%len(numbers)])
				})
				data = append(data, byte(max(n, 0)))
			}
			s := dice{bytes: data}
			r.load = func(names []string) *table {
				t := s.fill(r.spec, names, 24)
				for _, c := range t.columns { // the numbers themselves
					if r.spec.Model.Param(c.Name) >= 0 || c.Name == "replicate" || c.Name == "trial" {
						continue
					}
					for k := range c.num {
						c.num[k] = numbers[(k+k/3)%len(numbers)]
					}
					for k := range c.flat {
						c.flat[k] = numbers[(k+k/5)%len(numbers)]
					}
				}
				return t
			}
			if drawAnything(t, r, f, (i+j)%17 == 0) == nil {
				drawn++
			}
		}
	}
	if len(kinds) != len(experiment.FigureKinds) {
		t.Errorf("kinds are %v, not %d", kinds, len(experiment.FigureKinds))
	}
	if drawn < len(figures)*len(pairs)/2 {
		t.Errorf("%d of %d were drawn", drawn, len(figures)*len(pairs))
	}
}

// FuzzFigure draws figures of every kind of random data.
func FuzzFigure(f *testing.F) {
	r := anyReport(f)
	figures := fuzzFigures(f, r)
	for i := range figures {
		f.Add(uint8(i), uint8(24), []byte("0123456789"))
		f.Add(uint8(i), uint8(3), []byte("\x04\x05\x04\x05\x04\x05\x10\x11\x10\x11\x0a\x0b\x0a\x0b\x0a\x0b"))
	}
	f.Fuzz(func(t *testing.T, which, rows uint8, data []byte) {
		r := *r
		r.load = func(names []string) *table {
			s := dice{bytes: data}
			return s.fill(r.spec, names, int(rows))
		}
		drawAnything(t, &r, figures[int(which)%len(figures)], len(data)%64 == 0)
	})
}
