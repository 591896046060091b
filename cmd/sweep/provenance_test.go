package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestProvenance: of each trial of a run that was killed and gone on with the
// timings name the run, and that run's file says by what, where and how.
func TestProvenance(t *testing.T) {
	py := python(t)
	dir := t.TempDir()
	writeSpec(t, dir, "work.yaml", strings.Replace(someWork, "1e-3", "2e-3", 1))
	cmd := sweep(t, dir, "run", "work.yaml", "--workers", "1", "--retries", "1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Killed when some records are sure to have been synced.
	for range 600 {
		time.Sleep(50 * time.Millisecond)
		files, _ := filepath.Glob(filepath.Join(dir, "results/work/journal/*"))
		if len(files) > 0 {
			if info, err := os.Stat(files[0]); err == nil && info.Size() > 20_000 {
				break
			}
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	must(t, sweep(t, dir, "run", "work.yaml", "--workers", "2", "--retries", "2"), 0)

	script := `
import json, sys
import pandas as pd
trials = pd.read_parquet("results/work/trials")
times = pd.read_parquet("results/work/timings")
assert list(trials.trial) == list(times.trial) and list(trials.id) == list(times.id)
print(json.dumps({str(k): int(v) for k, v in times.run.value_counts(dropna=False).items()}))
`
	python := exec.Command(py, "-c", script)
	python.Dir = dir
	out, err := python.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	trials := make(map[string]int)
	if err := json.Unmarshal(out, &trials); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(trials) != 2 {
		t.Fatalf("the trials are of the runs %v, not of two", trials)
	}
	seen := make(map[string]bool)
	for run := range trials {
		text, err := os.ReadFile(filepath.Join(dir, "results/work/runs", run+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var r map[string]any
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"binary_sha256", "host", "go", "arch", "settings"} {
			if r[key] == nil || r[key] == "" {
				t.Errorf("%s.json has no %s: %s", run, key, text)
			}
		}
		settings, _ := r["settings"].(map[string]any)
		retries, _ := settings["retries"].(string)
		seen[retries] = true
	}
	if !seen["1"] || !seen["2"] {
		t.Errorf("the settings of the two runs are not told apart: %v", seen)
	}
}
