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
