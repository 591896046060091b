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
	"testing"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/store"
)

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
	binary := filepath.Join(t.TempDir(), "sweep")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/sweep").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
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
