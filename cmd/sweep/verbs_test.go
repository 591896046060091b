package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// call runs the program in this process, in the present folder.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

const goodSpec = `about: What does sweep do?
model: probe
replicates: 2
params:
  x: {linspace: [0, 1, 3]}
`

func TestVerbs(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "good.yaml", goodSpec)
	writeSpec(t, ".", "bad.yaml", "about: What is wrong?\nmodel: probe\nparams:\n  y: 010\n  n: 2.5\n")
	for _, c := range []struct {
		name    string
		args    string
		code    int
		out     []string // that stdout must hold
		err     []string // that stderr must hold
		nothing bool     // that stdout must hold
	}{
		{name: "no verb shows help", args: "", code: 0, out: []string{"sweep run"[:5], "Available Commands", "Exit status"}},
		{name: "unknown verb", args: "rnu good.yaml", code: 2, err: []string{`unknown command "rnu"`, "run"}, nothing: true},
		{name: "unknown flag", args: "run good.yaml --wrokers 3", code: 2, err: []string{"--wrokers", "sweep run --help"}, nothing: true},
		{name: "no argument", args: "run", code: 2, err: []string{"accepts 1 arg"}, nothing: true},
		{name: "no such spec", args: "run nowhere.yaml", code: 3, err: []string{"nowhere.yaml", "no such file"}, nothing: true},
		{name: "bad spec", args: "run bad.yaml", code: 3, err: []string{"bad.yaml:4:3: params.y", `"y"`, "bad.yaml:5:6: params.n", "2.5", "^"}, nothing: true},
		{name: "bad override", args: "run good.yaml -s x=one", code: 3, err: []string{"-s x=one:1:3", "params.x"}, nothing: true},
		{name: "unknown variant", args: "run good.yaml --variant qick", code: 3, err: []string{"qick"}, nothing: true},
		{name: "check", args: "check good.yaml", code: 0, out: []string{"good.yaml: 6 trials of probe"}},
		{name: "check finds all", args: "check good.yaml bad.yaml", code: 3, out: []string{"good.yaml"}, err: []string{"bad.yaml:4:3", "bad.yaml:5:6"}},
		{name: "plan", args: "plan good.yaml --head 3", code: 0, out: []string{"6 trials of probe", "x", "3 values", "0 … 1", "stream draw", "6 to do", "trial", "0.5"}},
		{name: "models", args: "models", code: 0, out: []string{"bms ", "hopfield ", "probe "}},
		{name: "describe", args: "describe bms", code: 0, out: []string{"bms, version", "gamma", "[0, 1)", "death | periodic | none", "depends on seed, replicate and n"}},
		{name: "describe nothing", args: "describe bsm", code: 1, err: []string{`no model "bsm"`, "the models are ", "bms, "}, nothing: true},
		{name: "status of nothing", args: "status good.yaml", code: 1, err: []string{"not a result folder"}, nothing: true},
		{name: "version", args: "version", code: 0, out: []string{"sweep ", "go1."}},
		{name: "completion", args: "completion bash", code: 0, out: []string{"bash completion"}},
		{name: "config", args: "config", code: 0, out: []string{"workers", "built-in"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := call(t, strings.Fields(c.args)...)
			if code != c.code {
				t.Errorf("exit status %d, not %d", code, c.code)
			}
			for _, want := range c.out {
				if !strings.Contains(stdout, want) {
					t.Errorf("stdout has no %q", want)
				}
			}
			for _, want := range c.err {
				if !strings.Contains(stderr, want) {
					t.Errorf("stderr has no %q", want)
				}
			}
			if c.nothing && stdout != "" || len(c.err) == 0 && stderr != "" {
				t.Error("there is more than should be")
			}
			if t.Failed() {
				t.Logf("stdout:\n%s\nstderr:\n%s", stdout, stderr)
			}
		})
	}
	if left, err := filepath.Glob("*"); err != nil || len(left) != 2 {
		t.Errorf("verbs that run nothing left %v, %v", left, err)
	}
}

// TestBadSpecsWriteNothing gives every bad spec that the reader is tested with
// to the program.
func TestBadSpecsWriteNothing(t *testing.T) {
	specs, err := filepath.Glob("../../pkg/experiment/testdata/bad/*.yaml")
	if err != nil || len(specs) < 20 {
		t.Fatalf("%d bad specs, %v", len(specs), err)
	}
	results := filepath.Join(t.TempDir(), "results")
	for _, spec := range specs {
		code, stdout, stderr := call(t, "run", spec, "--results", results)
		if code != exitSpec || stdout != "" || !strings.Contains(stderr, filepath.Base(spec)) {
			t.Errorf("%s: exit status %d\n%s%s", spec, code, stdout, stderr)
		}
		code, stdout, _ = call(t, "check", spec, "--json")
		var answer struct {
			Schema string
			Errors []struct{ Code, File, Message string }
		}
		if err := json.Unmarshal([]byte(stdout), &answer); err != nil || code != exitSpec || len(answer.Errors) == 0 || answer.Errors[0].Code == "" || answer.Errors[0].Message == "" {
			t.Errorf("%s: check --json: exit status %d, %v\n%s", spec, code, err, stdout)
		}
	}
	if _, err := os.Stat(results); err == nil {
		t.Error("a bad spec wrote to the results")
	}
}

func TestRunAndLook(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "good.yaml", goodSpec)
	if code, out, err := call(t, "run", "good.yaml", "-s", "n=2"); code != 0 || !strings.Contains(out, "results/good: 6 of 6 trials; 6 run") {
		t.Fatalf("run: %d\n%s%s", code, out, err)
	}
	// The spec as run has the override, and is a spec.
	if code, out, _ := call(t, "check", "results/good/spec.yaml"); code != 0 || !strings.Contains(out, "6 trials") {
		t.Errorf("check of the spec as run: %d\n%s", code, out)
	}
	if text, err := os.ReadFile("results/good/spec.yaml"); err != nil || !strings.Contains(string(text), "n: 2") {
		t.Errorf("the spec as run is\n%s%v", text, err)
	}
	// By folder and by spec.
	for _, arg := range []string{"results/good", "good.yaml -s n=2"} {
		if code, out, _ := call(t, strings.Fields("status "+arg)...); code != 0 || !strings.Contains(out, "6 of 6 trials (100.0 %), 0 failed") {
			t.Errorf("status %s: %d\n%s", arg, code, out)
		}
		if code, out, _ := call(t, strings.Fields("verify "+arg)...); code != 0 || !strings.Contains(out, "each of the 6 trials has exactly one record") {
			t.Errorf("verify %s: %d\n%s", arg, code, out)
		}
	}
	// The folder says what it is.
	readme, err := os.ReadFile("results/good/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"What does sweep do?", "pd.read_parquet", "pl.read_parquet", "duckdb.sql", "| `square` |", "6 planned, 6 recorded, 0 of them failed"} {
		if !strings.Contains(string(readme), want) {
			t.Errorf("README.md has no %q", want)
		}
	}
	// So does the run.
	runs, _ := filepath.Glob("results/good/runs/*.json")
	if len(runs) != 1 {
		t.Fatalf("%d runs", len(runs))
	}
	text, err := os.ReadFile(runs[0])
	if err != nil {
		t.Fatal(err)
	}
	var run map[string]any
	if err := json.Unmarshal(text, &run); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"id", "started", "ended", "host", "pid", "args", "set", "settings", "go", "arch", "spec_sha256", "counts", "binary_sha256"} {
		if run[key] == nil {
			t.Errorf("the run's provenance has no %s", key)
		}
	}
	// A strange file in the data set is told.
	if err := os.WriteFile("results/good/trials/mine.parquet", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := call(t, "verify", "results/good"); code != exitDifference || !strings.Contains(out, "mine.parquet") {
		t.Errorf("verify: %d\n%s", code, out)
	}
}

func TestSettings(t *testing.T) {
	t.Chdir(t.TempDir())
	config := func() string {
		t.Helper()
		code, out, err := call(t, "config")
		if code != 0 {
			t.Fatalf("config: %d\n%s%s", code, out, err)
		}
		return strings.Join(strings.Fields(out), " ")
	}
	want := func(text, want string) {
		t.Helper()
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	want(config(), "workers 0 built-in")
	if err := os.Mkdir("configs", 0o777); err != nil {
		t.Fatal(err)
	}
	writeSpec(t, "configs", "default.yaml", "workers: 3\ngrace: 2s\n")
	want(config(), "workers 3 configs/default.yaml")
	writeSpec(t, ".", "other.yaml", "workers: 4\n")
	_, out, _ := call(t, "config", "--config", "other.yaml")
	want(strings.Join(strings.Fields(out), " "), "workers 4 other.yaml")
	want(strings.Join(strings.Fields(out), " "), "grace 10s built-in")
	t.Setenv("SWEEP_WORKERS", "5")
	want(config(), "workers 5 environment SWEEP_WORKERS")
	_, out, _ = call(t, "config", "--workers", "6")
	want(strings.Join(strings.Fields(out), " "), "workers 6 flag --workers")

	for _, c := range []struct {
		file string
		args []string
		want string
	}{
		{"wrokers: 5\n", nil, "configs/default.yaml:1:1: wrokers: there is no such setting"},
		{"workers: 2.5\n", []string{"--workers", "1"}, ""}, // a flag goes before it
		{"retries: 2.9\n", nil, "configs/default.yaml:1:10: retries: must be an integer"},
		{"grace: soon\n", nil, "configs/default.yaml:1:8: grace: must be a duration"},
		{"grace: 1s\ngrace: 2s\n", nil, "configs/default.yaml:2:1: grace: is given twice"},
		{"- 1\n", nil, "settings are key: value"},
		{"a: [\n", nil, "configs/default.yaml"},
		{"progress: fancy\n", nil, `must be auto, bar, plain or none, not "fancy"`},
	} {
		writeSpec(t, "configs", "default.yaml", c.file)
		code, out, err := call(t, append([]string{"config"}, c.args...)...)
		if c.want == "" {
			if code != 0 {
				t.Errorf("%q: exit status %d\n%s", c.file, code, err)
			}
			continue
		}
		if code != exitSpec || !strings.Contains(err, c.want) {
			t.Errorf("%q: exit status %d\n%s%s", c.file, code, out, err)
		}
	}
}

// TestDefaultsExplained: configs/default.yaml is read, sets every setting and
// changes none.
func TestDefaultsExplained(t *testing.T) {
	t.Chdir("../..")
	code, out, err := call(t, "config")
	if code != 0 {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for i, line := range lines {
		f := strings.Fields(line)
		if f[0] != settingsList[i].key || f[1] != settingsList[i].def || f[2] != defaultConfig {
			t.Errorf("%s", line)
		}
	}
	if code, _, err := call(t, "config", "--config", "configs/overnight.yaml"); code != 0 {
		t.Error(err)
	}
}

// A symbol of a model's doc, or a word that tells of one parameter, is named as the
// parameter that it stands for.
func TestSymbolsAreParameters(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ model, given, want string }{
		{"bms", "I: [0, 0.1]", "did you mean current: constant external current I into every neuron, per step?"},
		{"bms", "N: 50", "did you mean n?"},
		{"bms", "mu: 1", "did you mean mean: "},
		{"bms", "leak: 0.5", "did you mean gamma: "},
		{"bms", "gama: 0.5", "did you mean gamma?"},
		{"bms", "weights: 0.5", "parameters: n, gamma"}, // of several
		{"bms", "of: 0.5", "parameters: n, gamma"},
	} {
		writeSpec(t, ".", "x.yaml", "about: a\nmodel: "+c.model+"\nparams: {"+c.given+"}\n")
		code, _, err := call(t, "run", "x.yaml")
		if code != exitSpec || !strings.Contains(err, c.want) {
			t.Errorf("%s of %s: exit status %d\n%s", c.given, c.model, code, err)
		}
	}
	if _, err := os.Stat("results"); err == nil {
		t.Error("there are results")
	}
}
