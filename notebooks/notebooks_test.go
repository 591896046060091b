// Package notebooks_test runs the worked notebooks on data that it has computed
// just before, and holds numbers of theirs against what Go makes of the records.
package notebooks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/store"
)

// TestMain gives all tests one binary.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "sweep-notebooks-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "sweep")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var (
	program string
	built   sync.Once
)

// build is the program, built once.
func build(t *testing.T) string {
	t.Helper()
	built.Do(func() {
		if out, err := exec.Command("go", "build", "-o", program, "../cmd/sweep").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	})
	return program
}

// TestNotebooks runs each in a fresh kernel, on a small version of its quick
// experiment.
func TestNotebooks(t *testing.T) {
	py, err := filepath.Abs("../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(py); err != nil {
		t.Fatalf("%v: run 'make venv' first", err)
	}
	results := t.TempDir()
	binary := build(t)
	for _, c := range []struct {
		notebook, experiment string
		set                  []string
		pictures             int
		check                func(t *testing.T, rows []row, answers map[string]any)
	}{
		{"bifurcation-diagram", "logistic-bifurcation", nil, 2, checkBifurcation},
		{"capacity-transition", "hopfield-capacity", []string{"-s", "replicates=10"}, 1, checkCapacity},
		{"order-parameter", "bms-regimes", []string{"-s", "replicates=30", "-s", "transient=1000", "-s", "window=4000"}, 2, checkRegimes},
	} {
		t.Run(c.notebook, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"run", "../experiments/" + c.experiment + ".yaml", "--variant", "quick", "--results", results}, c.set...)
			if out, err := exec.Command(binary, args...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			pictures := t.TempDir()
			cmd := exec.Command(py, "run.py", c.notebook+".ipynb", pictures)
			cmd.Env = append(os.Environ(), "SWEEP_RESULTS="+results)
			var said bytes.Buffer
			cmd.Stderr = &said
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, said.Bytes())
			}
			t.Logf("%s", said.Bytes())
			var answers map[string]any
			if err := json.Unmarshal(out, &answers); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			drawn, err := filepath.Glob(filepath.Join(pictures, "*.png"))
			if err != nil || len(drawn) != c.pictures {
				t.Errorf("%d pictures were drawn, not %d", len(drawn), c.pictures)
			}
			c.check(t, read(t, filepath.Join(results, c.experiment+"-quick")), answers)
		})
	}
}

// everyFigure asks for each kind of figure that the model's outputs allow.
const everyFigure = `about: Is each kind drawn?
model: henon
replicates: 2
params:
  a: {linspace: [1, 1.4, 5]}
  b: [0.2, 0.3]
figures:
  - {kind: line, x: a, y: max(lyapunov), by: b, marks: {y: 0}, with: [{y: a - 1, label: a line}]}
  - {kind: line, x: a, y: "std(a | b > 0.25) / count() + quantile(b, 0.5)", range: {x: [1, 1.4]}}
  - {kind: line, x: a, y: ending == diverged, by: b}
  - {kind: heatmap, x: a, y: b, z: mean(lyapunov), contours: [0.1], center: 0}
  - {kind: phases, x: a, y: b, z: ending}
  - {kind: orbit, x: a, y: orbit, panels: b}
  - {kind: histogram, x: orbit, by: b, log: y}
  - {kind: spectrum, x: orbit, panels: b, law: {semicircle: 5 * b}}
  - {kind: spectrum, x: orbit, y: orbit / 2, law: {ellipse: [3 * b, b]}, where: b == 0.3}
  - {kind: raster, x: orbit, y: trial, where: a == 1.4}
`

// TestExportedNotebooks runs notebooks that sweep export has written, which are
// the same bytes each time.
func TestExportedNotebooks(t *testing.T) {
	py, err := filepath.Abs("../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	binary := build(t)
	sweep := func(args ...string) []byte {
		t.Helper()
		cmd := exec.Command(binary, args...)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return out
	}
	if err := os.WriteFile(filepath.Join(dir, "every.yaml"), []byte(everyFigure), 0o666); err != nil {
		t.Fatal(err)
	}
	experiments, err := filepath.Abs("../experiments")
	if err != nil {
		t.Fatal(err)
	}
	sweep("run", "every.yaml")
	sweep("run", filepath.Join(experiments, "neuron-hysteresis.yaml"), "-s", "b.linspace=[-7, 0, 21]")
	sweep("run", filepath.Join(experiments, "mandelbrot.yaml"), "--variant", "quick", "-s", "columns=40")
	for name, pictures := range map[string]int{"every": 10, "neuron-hysteresis": 1, "mandelbrot-quick": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(dir, name+".ipynb")
			sweep("export", "results/"+name, "--notebook", "--out", file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if again := sweep("export", "results/"+name, "--notebook"); !bytes.Equal(again, text) {
				t.Error("two exports differ")
			}
			if found := shown(t, text); len(found) > 0 {
				t.Errorf("cells %v have outputs", found)
			}
			drawn := t.TempDir()
			out, err := exec.Command(py, "run.py", file, drawn).CombinedOutput()
			if err != nil || bytes.Contains(text, []byte("is not drawn here")) {
				t.Fatalf("%v\n%s", err, out)
			}
			if files, err := filepath.Glob(filepath.Join(drawn, "*.png")); err != nil || len(files) != pictures {
				t.Errorf("%d pictures were drawn, not %d: %v", len(files), pictures, err)
			}
		})
	}
}

// TestFormulasInPython holds formulas as numpy has them against what our own
// evaluator makes of them.
func TestFormulasInPython(t *testing.T) {
	py, err := filepath.Abs("../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "spec.yaml")
	text := "about: Are they the same?\nmodel: probe\nparams: {x: [-1.5, 0, 0.5, 2.5], n: [0, 3, 8], mode: [ok, nan], flag: [true, false]}\n"
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	spec, err := experiment.Read(path, experiment.Options{Models: all.Models})
	if err != nil {
		t.Fatal(err)
	}
	plan := spec.Plan()
	columns := make(map[string][]any)
	var texts []string
	want := make(map[string][]float64)
	for i, text := range []string{
		"x + n", "n - 2 * n", "x - n * n", "x / (n + 1)", "n / 5", "(n - 5) % 3", "x ** 2", "x ^ 3 + pow(2, n)", "round(x)", "round(-x * 3)",
		"floor(x) + ceil(x)", "int(x)", "abs(x) + sqrt(abs(x))", "atan2(x, n + 1)", "hypot(x, n)", "max(x, n) - min(x, 1)", "exp(x) + log(n + 1) + log10(n + 1) + log2(n + 1)",
		"sin(pi * x)", "mode == ok", "mode == \"nan\" and flag", "not flag or x > 0", "n in [3, 8]", "flag ? x : n * 1.0", "-x", "float(n) / 3", "x >= 0.5 && n != 3", "tanh(x) + cbrt(x) + acos(x / 4)",
	} {
		f, err := spec.Formula(text)
		if err != nil {
			t.Fatal(err)
		}
		python, ok := f.Python(func(name string) string { return "t[" + strconv.Quote(name) + "]" }, nil)
		if !ok {
			t.Errorf("%s cannot be written", text)
		}
		texts = append(texts, python)
		e := f.Evaluator()
		var p models.Point
		for trial := range plan.Len() {
			plan.Point(trial, &p)
			for j, par := range spec.Model.Params {
				var v any
				switch value := p.Values[j]; value.Kind() {
				case models.FloatKind:
					v = value.Float()
				case models.IntKind:
					v = int(value.Int())
				case models.TextKind:
					v = value.Text()
				case models.FlagKind:
					v = value.Flag()
				}
				e.Set(par.Decl().Name, v)
				if i == 0 {
					columns[par.Decl().Name] = append(columns[par.Decl().Name], v)
				}
			}
			v, err := e.Eval()
			if err != nil {
				t.Fatal(err)
			}
			switch v := v.(type) {
			case bool:
				want[python] = append(want[python], map[bool]float64{true: 1}[v])
			case int:
				want[python] = append(want[python], float64(v))
			case float64:
				want[python] = append(want[python], v)
			}
		}
	}
	input, err := json.Marshal(map[string]any{"columns": columns, "texts": texts})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(py, "-c", `import json, sys
import numpy as np, pandas as pd
task = json.load(sys.stdin)
t = pd.DataFrame(task["columns"])
print(json.dumps([np.broadcast_to(np.asarray(eval(text), float), len(t)).tolist() for text in task["texts"]]))`)
	cmd.Stdin = bytes.NewReader(input)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.Bytes())
	}
	var got [][]float64
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for i, python := range texts {
		for j, x := range want[python] {
			// numpy's functions may differ from ours by some last digits.
			if math.Abs(got[i][j]-x) > 1e-13*max(1, math.Abs(x)) {
				t.Errorf("%s is %v at trial %d, not %v", python, got[i][j], j, x)
				break
			}
		}
	}
}

// row is a trial: its columns that are not null.
type row map[string]any

// read is the data set by our own reader.
func read(t *testing.T, dir string) (rows []row) {
	t.Helper()
	spec, err := experiment.Read(filepath.Join(dir, "spec.yaml"), experiment.Options{Models: all.Models})
	if err != nil {
		t.Fatal(err)
	}
	plan := spec.Plan()
	records, err := store.OpenRows(dir, plan)
	if err != nil {
		t.Fatal(err)
	}
	defer records.Close()
	fields := store.Fields(plan)
	err = records.Frames(context.Background(), func(f *store.Frame) error {
		for r := range f.Len() {
			one := row{}
			for i, field := range fields {
				if f.Null(i, r) {
					continue
				}
				switch field.Kind.String() {
				case "scalar":
					one[field.Name] = f.Float(i, r)
				case "integer":
					one[field.Name] = f.Int(i, r)
				case "label":
					one[field.Name] = f.Text(i, r)
				}
			}
			rows = append(rows, one)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func near(t *testing.T, what string, got any, want, tolerance float64) {
	t.Helper()
	if x, ok := got.(float64); !ok || !(math.Abs(x-want) <= tolerance) {
		t.Errorf("%s is %v in the notebook, not %v +- %v", what, got, want, tolerance)
	}
}

func checkBifurcation(t *testing.T, rows []row, answers map[string]any) {
	chaotic, first, last := 0, math.Inf(1), 0.0
	for _, r := range rows {
		at, lyapunov := r["r"].(float64), r["lyapunov"].(float64)
		if lyapunov > 4*r["lyapunov_se"].(float64)+0.01 {
			chaotic++
			first = min(first, at)
		}
		if at == 4 {
			last = lyapunov
		}
	}
	near(t, "number of chaotic values", answers["chaotic"], float64(chaotic), 0)
	near(t, "first chaotic value", answers["first_chaotic_r"], first, 0)
	near(t, "exponent at 4", answers["lyapunov_at_4"], last, 0)
	// Feigenbaum 1978: the doublings, and the ratios that follow. The
	// tolerances are ten times what a cubic through the multipliers missed them
	// by when this was written.
	near(t, "r_1", answers["r1"], 3, 1e-6)
	near(t, "r_2", answers["r2"], 1+math.Sqrt(6), 4e-6)
	near(t, "r_3", answers["r3"], 3.5440903596, 1e-6)
	near(t, "r_4", answers["r4"], 3.5644072661, 1e-6)
	near(t, "delta_1", answers["delta_1"], 4.7514, 1e-3)
	near(t, "delta_2", answers["delta_2"], 4.6562, 2e-3)
}

func checkCapacity(t *testing.T, rows []row, answers map[string]any) {
	type cell struct{ k, m, sum, squares, sets float64 }
	cells := make(map[int64]map[float64]*cell)
	for _, r := range rows {
		n, alpha, p, m := r["n"].(int64), r["alpha"].(float64), r["success_fraction"].(float64), float64(r["trials"].(int64))
		if cells[n] == nil {
			cells[n] = make(map[float64]*cell)
		}
		c := cells[n][alpha]
		if c == nil {
			c = new(cell)
			cells[n][alpha] = c
		}
		c.k, c.m, c.sum, c.squares, c.sets = c.k+math.Round(p*m), c.m+m, c.sum+p, c.squares+p*p, c.sets+1
	}
	for n, row := range cells {
		var loads []float64
		for alpha := range row {
			loads = append(loads, alpha)
		}
		slices.Sort(loads)
		logit := func(alpha float64) float64 {
			p := min(max(row[alpha].sum/row[alpha].sets, 1e-3), 1-1e-3)
			return math.Log(p / (1 - p))
		}
		for i := range loads[1:] {
			if y, z := logit(loads[i]), logit(loads[i+1]); y >= 0 && z < 0 {
				near(t, fmt.Sprintf("alpha_1/2 at N = %d", n), answers[fmt.Sprintf("alpha_half_%d", n)], loads[i]+(loads[i+1]-loads[i])*y/(y-z), 1e-9)
				break
			}
		}
	}
	c := cells[int64(answers["n"].(float64))][answers["near"].(float64)]
	near(t, "successes", answers["k"], c.k, 0)
	near(t, "tries", answers["m"], c.m, 0)
	p := c.sum / c.sets
	effect := max(1, (c.squares-c.sum*p)/(c.sets-1)/(p*(1-p)*c.sets/c.m))
	near(t, "design effect", answers["effect"], effect, 1e-9)
	// The ends of Wilson's interval solve (k/m - x)^2 = z^2 x (1 - x) / m.
	for _, end := range []string{"low", "high"} {
		x := answers[end].(float64)
		near(t, end+" end", answers[end], p+math.Copysign(1.96*math.Sqrt(x*(1-x)*effect/c.m), x-p), 1e-9)
	}
}

func checkRegimes(t *testing.T, rows []row, answers map[string]any) {
	classes := make(map[string]map[string]float64)
	total := make(map[string]float64)
	alive := make(map[string][]float64)
	for _, r := range rows {
		place := fmt.Sprintf("%g %g", r["gamma"], r["sigma"])
		if classes[place] == nil {
			classes[place] = map[string]float64{"death": 0, "periodic": 0, "none": 0}
		}
		classes[place][r["class"].(string)]++
		total[place]++
		if r["class"] != "death" {
			alive[place] = append(alive[place], r["d"].(float64))
		}
	}
	fractions := answers["fractions"].(map[string]any)
	if len(fractions) != len(classes) {
		t.Errorf("%d places in the notebook, not %d", len(fractions), len(classes))
	}
	for place, counts := range classes {
		for class, n := range counts {
			near(t, class+" at "+place, fractions[place].(map[string]any)[class], n/total[place], 1e-12)
		}
		if d := alive[place]; len(d) >= 5 {
			slices.Sort(d)
			middle := (d[(len(d)-1)/2] + d[len(d)/2]) / 2
			near(t, "median of d at "+place, answers["median_d"].(map[string]any)[place], middle, 1e-12*middle)
		}
	}
}

// TestNotebooksAreBare: what a notebook shows is what it has just computed, so it
// is kept without.
func TestNotebooksAreBare(t *testing.T) {
	files, err := filepath.Glob("*.ipynb")
	if err != nil || len(files) != 3 {
		t.Fatalf("%d notebooks: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := shown(t, text); len(found) > 0 {
			t.Errorf("%s: cells %v have outputs; clear them", file, found)
		}
	}
	planted := []byte(`{"cells": [{"id": "a", "cell_type": "code", "outputs": [{}]}, {"id": "b", "cell_type": "code", "execution_count": 3, "outputs": []}, {"id": "c"}]}`)
	if found := shown(t, planted); !slices.Equal(found, []string{"a", "b"}) {
		t.Errorf("planted outputs: found %v", found)
	}
}

// shown are the cells of a notebook that have been run.
func shown(t *testing.T, text []byte) (ids []string) {
	var notebook struct {
		Cells []struct {
			ID      string `json:"id"`
			Count   *int   `json:"execution_count"`
			Outputs []any  `json:"outputs"`
		} `json:"cells"`
	}
	if err := json.Unmarshal(text, &notebook); err != nil {
		t.Fatal(err)
	}
	for _, c := range notebook.Cells {
		if c.Count != nil || len(c.Outputs) > 0 {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
