package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// judging are the verbs that answer for the records of a folder, with the exit status
// of a folder of another spec.
var judging = []struct {
	args string
	code int
}{
	{"verify", exitDifference},
	{"audit --count 1", exitSpec},
	{"gc", exitSpec},
	{"gc --yes", exitSpec},
	{"export --csv", exitSpec},
	{"export --notebook", exitSpec},
	{"failures", exitSpec},
	{"replay 0", exitSpec},
	{"watch --once", exitSpec},
	{"report", exitSpec},
	{"plot --format svg", exitSpec},
	{"diff results/g", exitSpec},
}

// TestVerbsJudgeBySpec: a verb that is given a spec judges by the spec's plan. Where
// the folder holds the data set of another it says so, and changes nothing.
func TestVerbsJudgeBySpec(t *testing.T) {
	const spec = "about: Is it judged by what was given?\nmodel: probe\nseed: 3\nparams: {x: [0, 1], n: 2}\nvariants: {more: {params: {x: [0, 1, 2]}}}\n"
	const chaos = "about: Is it judged by what was given?\nmodel: logistic\nparams: {r: [3.2, 3.9], steps: 40}\n"
	change := strings.NewReplacer
	for _, c := range []struct {
		name, there, here string
		run, ask          string // flags
		same              bool
		want              string // in the refusal
	}{
		{name: "the spec", there: spec, here: spec, same: true},
		{name: "words and figures", there: spec, here: change("judged by what", "about", "seed", "figures: [{kind: line, x: x, y: square}]\nseed").Replace(spec), same: true},
		{name: "one value as an axis", there: spec, here: change("n: 2", "n: [2]").Replace(spec), want: "params.n is 2 there and [2] here"},
		{name: "an override", there: spec, here: spec, run: "-s n=3", ask: "-s n=3", same: true},
		{name: "a variant", there: spec, here: spec, run: "--variant more", ask: "--variant more", same: true},
		{name: "a name", there: spec, here: spec, run: "--name mine", ask: "--name mine", same: true},
		{name: "longer axis", there: spec, here: change("[0, 1]", "[0, 1, 5]").Replace(spec), want: "params.x is [0, 1] there and [0, 1, 5] here"},
		{name: "shorter axis", there: spec, here: change("[0, 1]", "[1]").Replace(spec), want: "params.x"},
		{name: "another order of values", there: spec, here: change("[0, 1]", "[1, 0]").Replace(spec), want: "params.x"},
		{name: "a constant", there: spec, here: change("n: 2", "n: 4").Replace(spec), want: "params.n is 2 there and 4 here"},
		{name: "replicates", there: spec, here: "replicates: 2\n" + spec, want: "replicates is not given there and 2 here"},
		{name: "a derived column", there: spec, here: spec + "derive: {y: 2 * x}\n", want: "derive.y"},
		{name: "a trace that is kept", there: spec, here: spec + "record: [walk]\n", want: "record"},
		{name: "seed", there: spec, here: change("seed: 3", "seed: 4").Replace(spec), want: "seed is 3 there and 4 here"},
		{name: "model", there: spec, here: chaos, want: "model is probe there and logistic here"},
		{name: "with an override", there: spec, here: spec, ask: "-s n=3", want: "params.n is 2 there and 3 here"},
		{name: "without the override", there: spec, here: spec, run: "-s n=3", want: "params.n is 3 there and 2 here"},
		{name: "variant under one name", there: spec, here: spec, run: "--name g", ask: "--variant more --name g", want: "params.x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			writeSpec(t, ".", "g.yaml", c.there)
			if code, _, err := call(t, append([]string{"run", "g.yaml", "--figures", "none"}, strings.Fields(c.run)...)...); code != 0 {
				t.Fatal(err)
			}
			writeSpec(t, ".", "g.yaml", c.here)
			folders, _ := filepath.Glob("results/*")
			if len(folders) != 1 {
				t.Fatal(folders)
			}
			before := snapshot(t, "results")
			for _, verb := range judging {
				name, rest, _ := strings.Cut(verb.args, " ")
				args := append(append([]string{name, "g.yaml"}, strings.Fields(strings.ReplaceAll(rest, "results/g", folders[0]))...), strings.Fields(c.ask)...)
				code, out, err := call(t, args...)
				switch {
				case c.same && name == "diff" && code == exitDifference && strings.Contains(out, "figures[0].kind"): // words are a difference
				case c.same && code != exitOK:
					t.Errorf("sweep %v: exit status %d\n%s%s", args, code, out, err)
				case !c.same && (code != verb.code || out != "" || !strings.Contains(err, c.want) || !strings.Contains(err, "another spec") || !strings.Contains(err, "'sweep run g.yaml")):
					t.Errorf("sweep %v: exit status %d, not %d with %q\n%s%s", args, code, verb.code, c.want, out, err)
				}
			}
			if !c.same {
				sameHashes(t, "after verbs that refuse", snapshot(t, "results"), before)
			}
			// The folder is what it is.
			if code, out, err := call(t, "verify", folders[0]); code != exitOK {
				t.Errorf("verify %s: exit status %d\n%s%s", folders[0], code, out, err)
			}
			// What a verb says to do brings about that it answers.
			if c.same {
				return
			}
			if c.name == "model" {
				for _, verb := range []string{"verify", "failures"} {
					_, _, err := call(t, verb, "g.yaml")
					for _, want := range []string{"'sweep run g.yaml' refuses records of probe", "name: in the spec or by --name"} {
						if !strings.Contains(err, want) {
							t.Errorf("%s does not say %q: %s", verb, want, err)
						}
					}
				}
				return
			}
			if code, _, err := call(t, append([]string{"run", "g.yaml", "--figures", "none"}, strings.Fields(c.ask)...)...); code != exitOK {
				t.Fatal(err)
			}
			if code, out, err := call(t, append([]string{"verify", "g.yaml"}, strings.Fields(c.ask)...)...); code != exitOK {
				t.Errorf("verify after run: exit status %d\n%s%s", code, out, err)
			}
		})
	}
}

// snapshot is the SHA-256 of all files below a folder, by path.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	sums := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		sum := sha256.Sum256(text)
		sums[path] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

// TestSpecFlagsOfFolder: a folder has its spec as it was run, and flags that would
// change it are not passed over.
func TestSpecFlagsOfFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "g.yaml", goodSpec)
	if code, _, err := call(t, "run", "g.yaml", "--figures", "none"); code != 0 {
		t.Fatal(err)
	}
	for _, verb := range append(judging, struct {
		args string
		code int
	}{args: "status"}) {
		for _, flag := range []string{"-s n=3", "--variant quick", "--name other"} {
			name, rest, _ := strings.Cut(verb.args, " ")
			args := append(append([]string{name, "results/g"}, strings.Fields(rest)...), strings.Fields(flag)...)
			if code, out, err := call(t, args...); code != exitUsage || out != "" || !strings.Contains(err, "results/g is a result folder") {
				t.Errorf("sweep %v: exit status %d\n%s%s", args, code, out, err)
			}
		}
	}
}
