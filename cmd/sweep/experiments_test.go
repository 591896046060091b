package main

import (
	"path/filepath"
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
	must(t, sweep(t, "../..", "run", "experiments/hopfield-rules.yaml", "--variant", "quick", "-s", "alpha=[0.1, 0.5, 1.1]", "--results", results), 0)
	must(t, sweep(t, "../..", "verify", filepath.Join(results, "hopfield-rules-quick")), 0)
}
