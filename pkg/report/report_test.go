package report_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/report"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

var (
	a     = models.Float("a", 1, "a number").In("mV")
	b     = models.Float("b", 1, "another number")
	value = models.Scalar("value", "Hz", "a times b")
	sign  = models.Bool("up", "whether a is above b")
	class = models.Label("class", "which of them is larger", "none", "a", "b")
	re    = models.Series("re", "", "real parts of 60 numbers within a circle of radius b")
	im    = models.Series("im", "", "imaginary parts of them")
	// shapes is a model with an output for every kind of figure. It fails at
	// a = 3, b = 1, and has no value at a = 4, b = 1.
	shapes = &models.Model{
		Name: "shapes", Doc: "Package shapes is a model of shapes.\n\nIt has all sorts of outputs.\npackage x", Version: 1,
		Params: []models.Param{a, b}, Outputs: []models.Output{value, sign, class, re, im},
		Run: func(_ context.Context, t *models.Trial) error {
			x, y := a.Of(t), b.Of(t)
			if x == 3 && y == 1 {
				return errors.New("no")
			}
			if x == 4 && y == 1 {
				value.None(t)
			} else {
				value.Put(t, x*y)
			}
			sign.Put(t, x > y)
			class.Put(t, map[bool]string{true: "a", false: "b"}[x > y])
			var us, vs []float64
			for i := range 60 {
				r, phi := y*math.Sqrt(float64(i)/60), float64(i)*2.399963
				us, vs = append(us, r*math.Cos(phi)), append(vs, r*math.Sin(phi))
			}
			re.Put(t, us)
			im.Put(t, vs)
			return nil
		},
	}
	library = []*models.Model{shapes}
)

const grid = `about: a
model: shapes
replicates: 3
params:
  a: [1, 2, 3, 4, 5]
  b: [1, 2, 3, 4]
`

// computed runs a spec and opens its result folder.
func computed(t testing.TB, text string, list []*models.Model) *report.Report {
	t.Helper()
	spec, err := experiment.Parse("x.yaml", []byte(text), experiment.Options{Models: list})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "x")
	st, err := store.Open(t.Context(), dir, spec.Plan(), spec.Resolved(), store.Options{Run: store.Run{ID: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(runner.Run(context.Background(), nil, spec.Plan(), spec.Plan().Sequence(), st, runner.Options{}), st.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := report.Open(dir, list)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func drawOne(t testing.TB, r *report.Report, text string) *report.Figure {
	t.Helper()
	list, err := r.Spec().ParseFigures("figure", text)
	if err != nil {
		t.Fatal(err)
	}
	return r.Figure(list[0])
}

// kinds are figures of each kind, with words that their captions must have.
var kinds = []struct{ figure, caption string }{
	{"{kind: line, x: b, y: min(re | re > 0.5), with: [{y: b, label: l}, {y: 2 * b, label: l}]}", "real parts of 60 numbers"},
	{"{kind: line, x: a, y: value, by: b}", "Taken together: 3 replicates, up to 3 trials at one place."},
	{"{kind: line, x: a, y: value}", "Taken together: 3 replicates and b, up to 12 trials at one place."},
	{"{kind: line, x: a, y: value}", "3 failed trials left out."},
	{"{kind: line, x: a, y: median(value), panels: up}", "Bands go from the lower to the upper quartile."},
	{"{kind: line, x: a, y: fraction(up), with: [{y: mean(value) / 20, label: other}]}", "Wilson intervals of 95 %"},
	{"{kind: heatmap, x: a, y: b, z: value, contours: [5, 10]}", "Grey: no value. Contours at 5 and 10."},
	{"{kind: heatmap, x: a, y: b, z: value, with: [{y: sqrt(a), label: root}, {x: 4, y: b}, {from: x, y: 5 - a, where: b == 1, label: falling}]}", "falling from x, model shapes."},
	{"{kind: phases, x: a, y: b, z: class, with: [{y: a, label: equal}]}", "The most frequent at each place"},
	{"{kind: line, x: a, y: value, with: [{from: nowhere, y: p, label: p}, {from: nowhere, y: q, label: q}]}", "p and q not drawn: nowhere has no results yet; run it first."},
	{"{kind: heatmap, x: a, y: b, z: mean(value) - 8, center: 0, log: x}", "The middle of the colours is at 0."},
	{"{kind: phases, x: a, y: b, z: class}", "The most frequent at each place"},
	{"{kind: orbit, x: a, y: re}", "The darker, the more of 3420 values"},
	{"{kind: histogram, x: value, by: b, log: y, where: a > 1}", "Only trials where a > 1."},
	{"{kind: spectrum, x: re, y: im, panels: b, law: {circle: b}, where: replicate == 0 and a == 1}", "Line: the law's circle."},
	{"{kind: spectrum, x: re, law: {semicircle: b}, where: b == 2}", "Line: the law's semicircle."},
	{"{kind: raster, x: re, y: trial, where: a == 1}", "720 events."},
	{"{kind: escape, x: [a - 0.5, a + 0.5], y: [b - 0.5, b + 0.5], z: im, rows: 6}", "Black: no escape"},
}

// Every kind is drawn in every format, with the same bytes from the same data,
// and as files that readers take.
func TestKinds(t *testing.T) {
	r := computed(t, grid, library)
	again, err := report.Open(filepath.Join(r.Dir()), library)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range kinds {
		f, g := drawOne(t, r, k.figure), drawOne(t, again, k.figure)
		caption, err := f.Caption(t.Context())
		if err != nil {
			t.Errorf("%s: %v", k.figure, err)
			continue
		}
		if !strings.Contains(caption, k.caption) {
			t.Errorf("%s: the caption is\n%s", k.figure, caption)
		}
		scene, err := f.Scene(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range report.Formats {
			data, err := f.Draw(t.Context(), format)
			if err != nil {
				t.Fatalf("%s as %s: %v", k.figure, format, err)
			}
			readable(t, format, data, scene)
			if dir := os.Getenv("SWEEP_FIGURES"); dir != "" { // to look at them
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.%s", i, format)), data, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if i%4 != 0 && format != "svg" {
				continue // PNG and PDF take their time, and are made of the same scene
			}
			if other, err := g.Draw(t.Context(), format); err != nil || !bytes.Equal(data, other) {
				t.Errorf("%s as %s: other bytes the second time, %v", k.figure, format, err)
			}
		}
		inside(t, k.figure, scene)
		for _, colors := range []bool{true, false} {
			text, err := f.Terminal(t.Context(), 80, 24, colors)
			if err != nil || strings.Count(text, "\n") != 24 || strings.Contains(text, "\x1b") && !colors {
				t.Errorf("%s on a terminal: %v\n%s", k.figure, err, text)
			}
		}
	}
}

// readable checks that a file is what it claims to be, and as large.
func readable(t *testing.T, format string, data []byte, s *report.Scene) {
	t.Helper()
	switch format {
	case "png":
		m, err := png.Decode(bytes.NewReader(data))
		if err != nil || math.Abs(float64(m.Bounds().Dx())-s.Width*300/25.4) > 1 || !bytes.Contains(data, []byte(s.Caption)) {
			t.Errorf("the PNG: %v", err)
		}
	case "svg":
		d := xml.NewDecoder(bytes.NewReader(data))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("the SVG: %v", err)
				break
			}
		}
	case "pdf":
		want := fmt.Sprintf("/MediaBox [0 0 %.2f %.2f]", s.Width*72/25.4, s.Height*72/25.4)
		if got := regexp.MustCompile(`/MediaBox \[[^\]]*\]`).Find(data); string(got) != want {
			t.Errorf("the PDF has %s, not %s", got, want)
		}
	}
}

// inside checks that no text leaves the figure.
func inside(t *testing.T, name string, s *report.Scene) {
	t.Helper()
	for _, item := range s.Items {
		if text, ok := item.(*report.Text); ok {
			if b := text.Box(); b.X < -0.01 || b.Y < -0.01 || b.X+b.W > s.Width+0.01 || b.Y+b.H > s.Height+0.01 {
				t.Errorf("%s: %q is cut: %+v in %v × %v", name, text.Text, b, s.Width, s.Height)
			}
		}
	}
}

// The colours of a heat map are those of the values: the lowest at a = b = 1,
// the highest at 5, 4.
func TestHeatmapColors(t *testing.T) {
	r := computed(t, grid, library)
	s, err := drawOne(t, r, "{kind: heatmap, x: a, y: b, z: value}").Scene(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var m *report.Image
	for _, item := range s.Items {
		if im, ok := item.(*report.Image); ok && m == nil {
			m = im
		}
	}
	w, h := m.Pixels.Rect.Dx(), m.Pixels.Rect.Dy()
	at := func(x, y int) any { return m.Pixels.NRGBAAt((2*x+1)*w/10, h-1-(2*y+1)*h/8) }
	if low, high := fmt.Sprint(at(0, 0)), fmt.Sprint(at(4, 3)); low != "{51 17 80 255}" || high != "{249 237 82 255}" {
		t.Errorf("lowest %s, highest %s", low, high)
	}
	if failed := fmt.Sprint(at(2, 0)); failed != "{221 221 221 255}" {
		t.Errorf("a place that failed is %s", failed)
	}
}

// Lines over a plane lie where their numbers are on its axes, which they do not
// stretch.
func TestLinesOverAPlane(t *testing.T) {
	r := computed(t, grid, library)
	bare, err := drawOne(t, r, "{kind: phases, x: a, y: b, z: class}").Scene(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := drawOne(t, r, "{kind: phases, x: a, y: b, z: class, with: [{y: a, label: equal}, {y: 100 * a, label: far}]}").Scene(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	find := func(s *report.Scene) (box report.Box, lines [][]report.Point) {
		for _, item := range s.Items {
			switch item := item.(type) {
			case *report.Image:
				box = item.Box
			case *report.Path:
				if item.Clip != nil {
					lines = append(lines, item.Lines...)
				}
			}
		}
		return box, lines
	}
	box, lines := find(s)
	if old, _ := find(bare); len(lines) != 4 || old.W != box.W { // each line and what is below it
		t.Fatalf("%d lines in %+v, which is %+v without them", len(lines), box, old)
	}
	// The cells of a = 1 … 5 and b = 1 … 4 end at 0.5, 5.5 and 4.5.
	for i, p := range lines[1] {
		x, y := box.X+box.W*(float64(i+1)-0.5)/5, box.Y+box.H*(1-(float64(i+1)-0.5)/4)
		if math.Hypot(p.X-x, p.Y-y) > 1e-9 {
			t.Errorf("place %d is drawn at %v, want %v, %v", i, p, x, y)
		}
	}
}

func TestFiguresThatCannotBe(t *testing.T) {
	r := computed(t, grid, library)
	for figure, want := range map[string]string{
		"{kind: line, x: a, y: value, where: a > 9}":               "where leaves no trial of 57",
		"{kind: line, x: a, y: value, by: trial}":                  "at most 40 curves",
		"{kind: line, x: a, y: value, panels: trial}":              "at most 24 panels",
		"{kind: heatmap, x: a - 1, y: b, z: value, log: x}":        "not above 0",
		"{kind: spectrum, x: re, y: im, law: {circle: b}}":         "several values in one panel",
		"{kind: line, x: a, y: value, with: [{from: x, y: valu}]}": "did you mean value?",
	} {
		if _, err := drawOne(t, r, figure).Draw(t.Context(), "png"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", figure, err)
		}
	}
}

// BenchmarkOrbit draws an orbit diagram of 4000 places with 500 points each.
func BenchmarkOrbit(bench *testing.B) {
	x := models.Float("x", 1, "a number")
	orbit := models.Series("orbit", "", "500 numbers")
	m := &models.Model{
		Name: "orbits", Doc: shapes.Doc, Version: 1, Params: []models.Param{x}, Outputs: []models.Output{orbit},
		Run: func(_ context.Context, t *models.Trial) error {
			list, y := make([]float64, 500), 0.3
			for i := range list {
				y = x.Of(t) * y * (1 - y)
				list[i] = y
			}
			orbit.Put(t, list)
			return nil
		},
	}
	r := computed(bench, "about: a\nmodel: orbits\nparams: {x: {linspace: [2.8, 4, 4000]}}\n", []*models.Model{m})
	drawMany(bench, r, "{kind: orbit, x: x, y: orbit, width: page}")
}

// BenchmarkHeatmap draws one of a million trials.
func BenchmarkHeatmap(bench *testing.B) {
	x, y := models.Float("x", 1, "a number"), models.Float("y", 1, "a number")
	z := models.Scalar("z", "", "a number")
	m := &models.Model{
		Name: "plane", Doc: shapes.Doc, Version: 1, Params: []models.Param{x, y}, Outputs: []models.Output{z},
		Run: func(_ context.Context, t *models.Trial) error { z.Put(t, x.Of(t)*y.Of(t)+1); return nil },
	}
	r := computed(bench, "about: a\nmodel: plane\nparams: {x: {linspace: [0, 1, 1000]}, y: {linspace: [0, 1, 1000]}}\n", []*models.Model{m})
	drawMany(bench, r, "{kind: heatmap, x: x, y: y, z: mean(log10(z))}")
}

func drawMany(bench *testing.B, r *report.Report, figure string) {
	for bench.Loop() {
		if _, err := drawOne(bench, r, figure).Draw(bench.Context(), "png"); err != nil {
			bench.Fatal(err)
		}
	}
}

var (
	size    = models.Int("size", 1000, "number of units")
	load    = models.Float("load", 0.1, "what the transition happens along")
	chance  = models.NewStream("chance", size)
	success = models.Scalar("success", "", "fraction of 50 tries that succeed")
	// scaled obeys finite-size scaling: the probability of success is a function
	// of (load - 0.139) sqrt(size), 0.9 at 0.
	scaled = &models.Model{
		Name: "scaled", Doc: "Package scaled is a model of a transition.\n\nIt has a crossing.\npackage x", Version: 1,
		Params: []models.Param{size, load}, Streams: []*models.Stream{chance}, Outputs: []models.Output{success},
		Run: func(_ context.Context, t *models.Trial) error {
			u := (load.Of(t) - 0.139) * math.Sqrt(float64(size.Of(t)))
			rng := chance.Of(t)
			n := 0
			for range 50 {
				if rng.Float64() < 1/(1+math.Exp(3*u)/9) {
					n++
				}
			}
			success.Put(t, float64(n)/50)
			return nil
		},
	}
)

// Crossings and extrapolations are found, and the captions give their numbers.
func TestScaling(t *testing.T) {
	r := computed(t, "about: a\nmodel: scaled\nreplicates: 40\nparams:\n  size: [1000, 2000, 4000, 8000]\n  load: {range: [0.12, 0.18, 0.004]}\n", []*models.Model{scaled})
	read := func(figure, pattern string) (values []float64) {
		t.Helper()
		f := drawOne(t, r, figure)
		caption, err := f.Caption(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindStringSubmatch(caption)
		if found == nil {
			t.Fatalf("%s: the caption is\n%s", figure, caption)
		}
		for _, text := range found[1:] {
			x, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, x)
		}
		if _, err := f.Draw(t.Context(), "png"); err != nil {
			t.Error(err)
		}
		return values
	}
	const number = `(\d+\.\d+) ± (\d+\.\d+)`
	near := func(what string, got []float64, want, most float64) {
		if math.Abs(got[0]-want) > 4*got[1] || got[1] > most {
			t.Errorf("%s is %v, not %v", what, got, want)
		}
	}
	got := read("{kind: crossing, x: load, y: success, by: size}", "load = "+number+", success = "+number+".*size\\^\\("+number)
	near("the crossing", got[:2], 0.139, 1e-3)
	near("success there", got[2:4], 0.9, 0.01)
	near("the exponent", got[4:], 0.5, 0.04)
	// Success is one half where exp(3u) = 9.
	got = read("{kind: extrapolation, x: load, y: success, by: size}", "load = "+number+" \\+ "+number)
	near("the limit", got[:2], 0.139, 1e-3)
	near("the amplitude", got[2:], math.Log(9)/3, 0.03)

	one := computed(t, "about: a\nmodel: scaled\nparams:\n  size: [1000, 2000]\n  load: {range: [0.12, 0.18, 0.01]}\n", []*models.Model{scaled})
	if _, err := drawOne(t, one, "{kind: crossing, x: load, y: success, by: size}").Caption(t.Context()); err == nil || !strings.Contains(err.Error(), "replicates") {
		t.Errorf("without replicates: %v", err)
	}
}

// On a terminal labels are whole and apart: that of the x axis below it, that of
// the colours in a line of its own, and a place without a value is empty while any
// other has dots.
func TestTerminalLabels(t *testing.T) {
	r := computed(t, grid, library)
	f := drawOne(t, r, "{kind: heatmap, x: a, y: b, z: mean(value), panels: replicate, label: {x: along, y: up, z: how much there is}}")
	for _, size := range [][2]int{{110, 44}, {110, 37}, {110, 36}, {80, 24}, {81, 25}, {60, 20}} {
		text, err := f.Terminal(t.Context(), size[0], size[1], false)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(lines) != size[1] || !strings.Contains(text, "along") || !strings.HasPrefix(lines[0], "up ") || !strings.HasSuffix(lines[0], " how much there is") {
			t.Errorf("at %v:\n%s", size, text)
		}
		for i := range 3 {
			if !strings.Contains(text, fmt.Sprintf(" = %d ", i)) && !strings.Contains(text, fmt.Sprintf(" = %d\n", i)) {
				t.Errorf("at %v there is no title of panel %d:\n%s", size, i, text)
			}
		}
	}
	one := drawOne(t, r, "{kind: heatmap, x: a, y: b, z: mean(value), where: a > 2}")
	text, err := one.Terminal(t.Context(), 60, 20, false)
	if err != nil {
		t.Fatal(err)
	}
	// Of a = 3, 4, 5 at b = 1 only 5 has a value, and it is the lowest row.
	lines := strings.Split(text, "\n")
	row := []rune(lines[14])
	if left := strings.TrimRight(string(row[6:24]), " "); left != "" {
		t.Errorf("places without a value have %q in\n%s", left, text)
	}
	if strings.TrimSpace(string(row[44:52])) == "" {
		t.Errorf("a place with a value is empty in\n%s", text)
	}
}
