package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExperimentsOfMaps runs the shipped experiments on maps, flows and one
// neuron, in variants that take a second each.
func TestExperimentsOfMaps(t *testing.T) {
	results := t.TempDir()
	for _, name := range []string{"bias-or-r-or-c", "logistic-bifurcation", "mandelbrot", "lorenz-lyapunov", "henon-chaos"} {
		must(t, sweep(t, "../..", "run", "experiments/"+name+".yaml", "--variant", "quick", "--results", results), 0)
		must(t, sweep(t, "../..", "verify", filepath.Join(results, name+"-quick")), 0)
	}
}

// TestExperimentsOfMemory runs those on learning rules of associative memory.
func TestExperimentsOfMemory(t *testing.T) {
	results := t.TempDir()
	for _, name := range []string{"hopfield-basins", "hopfield-attractors"} {
		must(t, sweep(t, "../..", "run", "experiments/"+name+".yaml", "--variant", "quick", "--figures", "svg", "--results", results), 0)
		must(t, sweep(t, "../..", "verify", filepath.Join(results, name+"-quick")), 0)
	}
	must(t, sweep(t, "../..", "run", "experiments/hopfield-dilution.yaml", "--variant", "quick", "-s", "alpha=[0.2, 0.6]", "-s", "replicates=1", "--figures", "svg", "--results", results), 0)
	must(t, sweep(t, "../..", "verify", filepath.Join(results, "hopfield-dilution-quick")), 0)
	// Without the theory's results its lines are left out.
	out := must(t, sweep(t, "../..", "run", "experiments/hopfield-phase-diagram.yaml", "--variant", "quick", "-s", "n=50", "-s", "max_sweeps=5", "--figures", "svg", "--results", results), 0)
	if drawn, err := os.ReadFile(filepath.Join(results, "hopfield-phase-diagram-quick", "figures", "overlap.svg")); err != nil || !strings.Contains(string(drawn), "hopfield-theory has no results yet") {
		t.Errorf("the phase diagram: %v\n%s", err, out)
	}
	must(t, sweep(t, "../..", "run", "experiments/hopfield-rules.yaml", "--variant", "quick", "-s", "alpha=[0.1, 0.5, 1.1]", "--results", results), 0)
	must(t, sweep(t, "../..", "verify", filepath.Join(results, "hopfield-rules-quick")), 0)
}
