package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/runner"
)

// drawn is a spec with a figure of each sort of data that probe has.
const drawn = `about: Are figures a function of the data set?
model: probe
seed: 3
replicates: 3
params:
  x: {linspace: [0, 1, 11]}
  n: [2, 5]
figures:
  - {kind: line, x: x, y: mean(uniform), by: n, file: curve}
  - {kind: heatmap, x: x, y: n, z: square, contours: 0.5}
  - {kind: orbit, x: x, y: list, panels: n}
variants:
  broken:
    figures:
      - {kind: line, x: x, y: square, where: x > 9, file: broken}
      - {kind: line, x: x, y: square, file: whole}
`

// Figures are drawn from trials/ alone, with the same bytes whenever they are.
func TestPlotSameBytes(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "drawn.yaml", drawn)
	out := must(t, sweep(t, dir, "run", "drawn.yaml", "--figures", "png,svg,pdf"), 0)
	figures := filepath.Join(dir, "results", "drawn", "figures")
	want := hashes(t, figures)
	if len(want) != 12 || !strings.Contains(out, "figures/curve.png") {
		t.Fatalf("the run drew %v\n%s", want, out)
	}
	// All but spec and data set goes.
	for _, name := range []string{"figures", "journal", "timings", "runs", "README.md", "SHA256SUMS"} {
		if err := os.RemoveAll(filepath.Join(dir, "results", "drawn", name)); err != nil {
			t.Fatal(err)
		}
	}
	must(t, sweep(t, dir, "plot", "results/drawn"), 0)
	sameHashes(t, "drawn again", hashes(t, figures), want)

	// Another figure computes nothing and leaves the data set as it is.
	trials := hashes(t, filepath.Join(dir, "results", "drawn", "trials"))
	writeSpec(t, dir, "drawn.yaml", strings.Replace(drawn, "file: curve", "file: other", 1))
	out = must(t, sweep(t, dir, "run", "drawn.yaml"), 0)
	if !strings.Contains(out, "; 0 run in") || !strings.Contains(out, "figures/other.png") {
		t.Errorf("after a change of a figure:\n%s", out)
	}
	sameHashes(t, "after a change of a figure", hashes(t, filepath.Join(dir, "results", "drawn", "trials")), trials)
}

// Figures grow with a run: those that are drawn while it goes on are those of
// the records in trials/.
func TestFiguresGrow(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "drawn.yaml", drawn)
	must(t, sweep(t, dir, "run", "drawn.yaml", "--figures", "png"), 0)
	results := filepath.Join(dir, "results", "drawn")
	want := hashes(t, filepath.Join(results, "figures"))
	if err := os.RemoveAll(filepath.Join(results, "figures")); err != nil {
		t.Fatal(err)
	}
	spec, err := new(specFlags).read(filepath.Join(dir, "drawn.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	a := &app{settings: settings{Figures: []string{"png"}}}
	growing := a.growFigures(t.Context(), new(runner.Beside), results, spec, func() int64 { return 66 }, time.Millisecond)
	deadline := time.Now().Add(time.Minute)
	for {
		if entries, _ := os.ReadDir(filepath.Join(results, "figures")); len(entries) >= len(want) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing was drawn in a minute")
		}
		time.Sleep(time.Millisecond)
	}
	growing.stop()
	<-growing.ended
	if light(results, drawnTrials+1) || !light(results, 66) {
		t.Error("a large data set is drawn by the run, or a small one is not")
	}
	sameHashes(t, "drawn on the way", hashes(t, filepath.Join(results, "figures")), want)
}

// A figure that cannot be drawn is said, and neither ends a run badly nor keeps
// the others from being drawn.
func TestFigureThatCannotBeDrawn(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "drawn.yaml", drawn)
	out := must(t, sweep(t, dir, "run", "drawn.yaml", "--variant", "broken"), 0)
	if !strings.Contains(out, "figure broken: where leaves no trial") || !strings.Contains(out, "figures/whole.png") {
		t.Errorf("%s", out)
	}
	must(t, sweep(t, dir, "plot", "results/drawn-broken", "--figure", "broken"), 1)
	must(t, sweep(t, dir, "verify", "results/drawn-broken"), 0)
}

func TestPlotFlags(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "drawn.yaml", drawn)
	must(t, sweep(t, dir, "run", "drawn.yaml", "--figures", "none"), 0)
	if _, err := os.Stat(filepath.Join(dir, "results", "drawn", "figures")); err == nil {
		t.Error("figures none draws figures")
	}
	out := must(t, sweep(t, dir, "plot", "drawn.yaml", "--kind", "line", "--x", "x", "--y", "median(square)", "--format", "svg", "--out", "pictures"), 0)
	if strings.TrimSpace(out) != filepath.Join("pictures", "line-square.svg") {
		t.Errorf("drew %s", out)
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"--kind line --x y --y square", 3, `there is no column "y"`},
		{"--kind lime --x x", 3, "did you mean line?"},
		{"--figure curv", 1, "figures are curve"},
		{"--format gif", 1, "png, svg, pdf"},
	} {
		args := append([]string{"plot", "results/drawn"}, strings.Fields(c.args)...)
		if out := must(t, sweep(t, dir, args...), c.code); !strings.Contains(out, c.want) {
			t.Errorf("%s: %s", c.args, out)
		}
	}
	out = must(t, sweep(t, dir, "plot", "results/drawn", "--term", "--figure", "curve"), 0)
	if !strings.Contains(out, "mean uniform") || strings.Contains(out, "\x1b") || len(strings.Split(out, "\n")) != 25 {
		t.Errorf("on a terminal:\n%s", out)
	}
}

// A spec without figures has some all the same, and one with an empty list none.
func TestSuggestedFigures(t *testing.T) {
	dir := t.TempDir()
	text := "about: a\nmodel: logistic\nparams:\n  r: {linspace: [3, 4, 21]}\n  steps: 100\n"
	writeSpec(t, dir, "bare.yaml", text)
	writeSpec(t, dir, "none.yaml", text+"figures: []\n")
	out := must(t, sweep(t, dir, "run", "bare.yaml"), 0)
	if !strings.Contains(out, "figures/orbit-orbit.png") {
		t.Errorf("without figures:\n%s", out)
	}
	if out = must(t, sweep(t, dir, "run", "none.yaml"), 0); strings.Contains(out, "figures/") {
		t.Errorf("with an empty list:\n%s", out)
	}
}

// Figures that nobody asked for and that have nothing to show are no news of a run,
// and the answer of who asks for them.
func TestNothingToShow(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "f.yaml", "about: a\nmodel: probe\nparams: {x: [1, 2], mode: error}\n")
	if code, out, stderr := call(t, "run", "f.yaml"); code != exitFailed || strings.Contains(stderr, "figure ") {
		t.Errorf("run ends with %d:\n%s%s", code, out, stderr)
	}
	if code, out, stderr := call(t, "plot", "f.yaml"); code != exitError || !strings.Contains(stderr, "no figure has anything to show: results/f: all 2 trials failed") {
		t.Errorf("plot ends with %d:\n%s%s", code, out, stderr)
	}
}

// Figures of any numbers end, in a picture or in a sentence, and cost the run
// neither its exit nor its data.
func TestFiguresEnd(t *testing.T) {
	t.Chdir(t.TempDir())
	const silent = "model: bms\nreplicates: 2\n" // of which period has no value
	for _, c := range []struct{ name, text, drawn, told string }{
		{"rounding", "model: probe\nparams: {x: [0.3, 0.30000000000000004]}\nfigures:\n  - {kind: line, x: x, y: square}\n  - {kind: histogram, x: x}\n", "line-square histogram-x", ""},
		{"range", "model: probe\nparams: {x: [1e-300, 1.7e308, 5e-324, 1]}\nfigures:\n  - {kind: line, x: x, y: x, log: [x, y]}\n  - {kind: line, x: x, y: x, file: linear}\n", "line-x linear", ""},
		{"panels", silent + "params: {n: 20, gamma: [0.475, 0.5], sigma: 9, transient: 10, window: 20}\nfigures:\n  - {kind: line, x: gamma, y: rate, panels: period, file: none}\n  - {kind: line, x: gamma, y: rate, by: period, file: neither}\n  - {kind: line, x: gamma, y: rate, file: some}\n",
			"some", "figure none: panels: period has no value in any trial"},
		{"diverging", "model: probe\nparams: {x: [1, 2, 10, 100], n: [1, 2]}\nfigures:\n  - {kind: heatmap, x: n, y: x, z: x, log: z, center: 3, file: far}\n  - {kind: heatmap, x: n, y: x, z: x, center: 3, range: {z: [0, 9]}, file: ends}\n", "far ends", ""},
		{"suggested", silent + "params: {n: 20, gamma: 0.475, sigma: 9, transient: 10, window: 20}\n", "", ""},
	} {
		writeSpec(t, ".", c.name+".yaml", "about: a\n"+c.text)
		code, out, stderr := call(t, "run", c.name+".yaml", "--figures", "svg")
		if code != exitOK {
			t.Errorf("%s: exit status %d\n%s", c.name, code, stderr)
		}
		var drawn []string
		for _, name := range strings.Fields(c.drawn) {
			drawn = append(drawn, filepath.Join("results", c.name, "figures", name+".svg"))
		}
		if want := "figures   " + strings.Join(drawn, " ") + "\n"; drawn != nil && !strings.Contains(out, want) || drawn == nil && strings.Contains(out, "figures/") {
			t.Errorf("%s: no %q in\n%s", c.name, want, out)
		}
		if !strings.Contains(stderr, c.told) || c.told == "" && strings.Contains(stderr, "figure ") {
			t.Errorf("%s: stderr is\n%s", c.name, stderr)
		}
		if code, _, stderr := call(t, "verify", filepath.Join("results", c.name)); code != exitOK {
			t.Errorf("%s: verify: %s", c.name, stderr)
		}
		if code, out, stderr := call(t, "watch", filepath.Join("results", c.name), "--once"); code != exitOK {
			t.Errorf("%s: watch: %s%s", c.name, out, stderr)
		}
		page, err := os.ReadFile(filepath.Join("results", c.name, "report.html"))
		if err != nil || c.name == "suggested" && strings.Contains(string(page), "finite value") {
			t.Errorf("%s: the report: %v", c.name, err)
		}
	}
}
