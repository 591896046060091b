package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
)

// obeyed is text that a terminal would obey, turn about or break into lines.
const obeyed = "\x1b[2J\a\r\nFORGED: verified\tx\u009b2J\u202eback\u200b\u2028FORGED"

// TestHostileTexts: names and messages of others reach the terminal as text, in all
// verbs: nothing that it obeys, and no line that they began.
func TestHostileTexts(t *testing.T) {
	t.Chdir(t.TempDir())
	failing := *all.Find("probe")
	failing.Run = func(context.Context, *models.Trial) error { return errors.New(obeyed) }
	results := "r" + obeyed
	writeSpec(t, ".", "p.yaml", "about: a\nmodel: probe\nparams: {x: [1, 2], n: 3}\n")
	forgeWith(t, []*models.Model{&failing}, "p.yaml", results, func(*models.Point, *models.Trial) bool { return true })
	dir := filepath.Join(results, "p")
	runs, err := filepath.Glob("r*/p/runs/*.json")
	if err != nil {
		t.Fatal(err)
	}
	const escaped = `\u001b[2J\u0007\r\nFORGED: verified\t\u009b\u202e`
	text := `{"id": "test", "experiment": "` + escaped + `", "host": "` + escaped + `", "error": "` + escaped + `", "args": ["` + escaped + `"], "settings": {"` + escaped + `": "` + escaped + `"}, "started": "2026-01-02T03:04:05Z", "ended": "2026-01-02T03:04:06Z"}`
	for _, path := range append(runs, filepath.Join(dir, "runs", "zzz.json")) {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"trials/part-" + obeyed + ".parquet", "history/" + obeyed + "/spec.yaml", "history/" + obeyed + "/trials/part-000000.parquet", ".tmp/" + obeyed} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(obeyed), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const keys = "about: a\nmodel: probe\nparams: {x: 1, \"\\e[2J\\nFORGED\\u009b\\u202e\": 2}\n\"\\aFORGED\\r\\nFORGED\": 1\n"
	writeSpec(t, ".", "k.yaml", keys)
	named := "s" + obeyed + ".yaml"
	writeSpec(t, ".", named, keys)
	writeSpec(t, ".", "b.yaml", "about: a\nmodel: probe\nparams: {x: 1\x1b[2J}\n")
	said := 0
	for _, args := range [][]string{
		{"status", dir}, {"verify", dir}, {"watch", dir, "--once"}, {"failures", dir}, {"why", "p.yaml", "trial=0", "--results", results}, {"replay", dir, "0"},
		{"audit", dir}, {"gc", dir}, {"diff", dir, dir}, {"plan", "p.yaml", "--results", results, "--head", "2"}, {"plot", dir}, {"report", dir}, {"plot", dir, "--term"},
		{"export", dir, "--netcdf", "--out", obeyed}, {"export", dir, "--notebook", "--out", obeyed + "/x"}, {"check", "k.yaml"}, {"check", named}, {"check", "b.yaml"}, {"run", named}, {"plan", "k.yaml"},
		{"run", "p.yaml", "-s", obeyed + "=1"}, {"run", "p.yaml", "-s", "x=" + obeyed}, {"run", "p.yaml", "--variant", obeyed}, {"status", obeyed}, {"why", "p.yaml", obeyed},
		{"replay", dir, obeyed}, {"describe", obeyed}, {obeyed}, {"run", "--" + obeyed}, {"config", "--results", obeyed}, {"config", "--config", obeyed},
		{"plot", dir, "--kind", obeyed}, {"plot", dir, "--figure", obeyed}, {"watch", dir, "--figure", obeyed, "--once"}, {"status", dir, "--json"}, {"failures", dir, "--json"}, {"check", "k.yaml", "--json"},
		{"run", "p.yaml", "--results", results, "--retry-failed"},
	} {
		_, out, stderr := call(t, args...)
		for _, text := range []string{out, stderr} {
			for _, line := range strings.Split(text, "\n") {
				if strings.HasPrefix(line, "FORGED") {
					t.Errorf("%q: a line is\n%s", args, line)
				}
				for _, c := range line {
					if !plain.Shown(c) {
						t.Errorf("%q: %U in\n%q", args, c, line)
						break
					}
				}
			}
			if strings.Contains(text, `\x1b[2J`) {
				said++
			}
		}
	}
	if said < 15 {
		t.Errorf("the text is in %d of the answers", said)
	}
}

// TestHostilePage: what a spec says is text in the report and in captions, too.
func TestHostilePage(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "h.yaml", `about: "a \e[2J \u202e b"
model: probe
params: {x: [1, 2]}
figures:
  - {kind: line, x: x, y: square, title: "t \e[2J \u202e c", label: {x: "\x9b\u202e"}, file: f}
`)
	if code, out, stderr := call(t, "run", "h.yaml"); code != exitOK {
		t.Fatal(code, out, stderr)
	}
	for _, name := range []string{"report.html", "figures/f.txt", "figures/f.svg"} {
		text, err := os.ReadFile(filepath.Join("results/h", name))
		if err != nil {
			t.Fatal(err)
		}
		if made := plain.Lines(string(text)); made != string(text) {
			i := 0
			for text[i] == made[i] {
				i++
			}
			t.Errorf("%s has %q", name, text[i:min(i+20, len(text))])
		}
		if name != "figures/f.svg" && !strings.Contains(string(text), `\x1b[2J`) {
			t.Errorf("%s does not show what the spec says", name)
		}
	}
}
