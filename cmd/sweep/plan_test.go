package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const planSpec = `about: How does it forget?
model: hopfield
seed: 3
replicates: 2
order: shuffle
params:
  n: [64, 100, 500]
  patterns: [5, 10, 20, 40, 80]
where: [patterns < n / 3, n > 64]
derive: {load: patterns / n}
variants:
  quick: {replicates: 1}
`

// sweepOut runs the command in the process and returns what it prints.
func sweepOut(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(context.Background(), args, &out, &errs); code != 0 {
		t.Fatalf("%v: exit status %d\n%s", args, code, errs.String())
	}
	return out.String()
}

func TestPlanShowsHowPointsComeAbout(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile(filepath.Join(dir, "x.yaml"), []byte(planSpec), 0o666); err != nil {
		t.Fatal(err)
	}
	want := `x.yaml: 16 trials of hopfield, seed 3, in shuffle order
  n           3 values  64 … 500
  patterns    5 values  5 … 80
  replicates  2
tied: n, patterns, 8 combinations
where patterns < n / 3: removed 8 trials
where n > 64: removed 6 trials
`
	if got := sweepOut(t, "plan", "x.yaml"); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s", got)
	}
	csv := `trial,n,patterns,load,replicate,id
0,100,5,0.05,0,
1,100,5,0.05,1,
`
	got := ""
	for line := range strings.Lines(sweepOut(t, "plan", "x.yaml", "--csv", "--head", "2")) {
		if i := strings.LastIndexByte(line, ','); !strings.HasSuffix(line, ",id\n") {
			line = line[:i+1] + "\n" // the identity changes with the model's version
		}
		got += line
	}
	if d := cmp.Diff(csv, got); d != "" {
		t.Error(d)
	}
	streams := `stream    replicate  n        patterns
patterns  changes    changes  same
graph     changes    changes  same
order     changes    changes  same
start     changes    changes  same
noise     changes    changes  same
`
	if d := cmp.Diff(streams, sweepOut(t, "plan", "x.yaml", "--streams")); d != "" {
		t.Error(d)
	}
	var p struct{ Plan planInfo }
	if err := json.Unmarshal([]byte(sweepOut(t, "plan", "x.yaml", "--json")), &p); err != nil {
		t.Fatal(err)
	}
	if b := p.Plan.Blocks; p.Plan.Trials != 16 || len(b) != 1 || b[0].Conditions[0].Removed != 8 || p.Plan.Derived[0].Name != "load" {
		t.Errorf("%+v", p.Plan)
	}
	if got := sweepOut(t, "check", "x.yaml", "--resolved", "--variant", "quick", "-s", "seed=9"); !strings.Contains(got, "replicates: 1 # x.yaml:12, variant quick\n") || !strings.Contains(got, "seed: 9 # -s seed=9\n") {
		t.Errorf("got\n%s", got)
	}
	if got := sweepOut(t, "schema"); !json.Valid([]byte(got)) || !strings.Contains(got, `"patterns"`) {
		t.Error("no schema")
	}
}
