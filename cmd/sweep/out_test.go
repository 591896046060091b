package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOutTakesOnlyItsOwn: no verb that writes a file replaces one that it would not have
// written, or writes among a result folder's own files.
func TestOutTakesOnlyItsOwn(t *testing.T) {
	t.Chdir(t.TempDir())
	const spec = "about: What is replaced?\nmodel: probe\nparams: {x: [0, 1, 2], n: 3}\nfigures: [{kind: line, x: x, y: square, file: f}]\n"
	writeSpec(t, ".", "g.yaml", spec)
	writeSpec(t, ".", "other.yaml", spec)
	for _, name := range []string{"g.yaml", "other.yaml"} {
		if code, _, err := call(t, "run", name, "--figures", "none"); code != 0 {
			t.Fatal(err)
		}
	}
	writeSpec(t, ".", "notes.html", "<!DOCTYPE html>\n<html><body>my notes</body></html>\n")
	writeSpec(t, ".", "data.csv", "time,potential\n0,1\n")
	writeSpec(t, ".", "settings.json", "{}\n")
	for link, to := range map[string]string{"link.html": "notes.html", "lost.html": "nowhere"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll("mine", 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"f.png", "f.svg", "f.pdf", "f.txt"} {
		writeSpec(t, "mine", name, "mine")
	}
	if err := os.Mkdir("texts", 0o777); err != nil {
		t.Fatal(err)
	}
	writeSpec(t, "texts", "f.txt", "mine")
	before := snapshot(t, ".")
	files := []string{"link.html", "lost.html"}
	for path := range before {
		files = append(files, path)
	}
	files = append(files, "results/g/trials/new", "results/g/journal/new", "results/g/history/a/b/new", "results/g/runs/new", "results/g/.tmp/new", "results", ".")
	for _, path := range files {
		for _, verb := range []string{
			"report g.yaml --out", "export g.yaml --csv --force --out", "export g.yaml --arrow --force --out", "export g.yaml --netcdf --force --out",
			"export g.yaml --notebook --force --out", "replay g.yaml 0 --record walk --out",
		} {
			if code, out, err := call(t, append(strings.Fields(verb), path)...); code != exitError || !strings.Contains(err, filepath.Clean(path)) && !strings.Contains(err, "directory") {
				t.Errorf("sweep %s %s: exit status %d\n%s%s", verb, path, code, out, err)
			}
		}
	}
	for _, dir := range []string{"mine", "texts", "results/g/trials", "results/g/history/new", "results/g/runs/a/b"} {
		if code, out, err := call(t, "plot", "g.yaml", "--out", dir); code != exitError {
			t.Errorf("plot --out %s: exit status %d\n%s%s", dir, code, out, err)
		}
	}
	sameHashes(t, "after verbs that refuse", snapshot(t, "."), before)
	if to, err := os.Readlink("lost.html"); err != nil || to != "nowhere" {
		t.Error(to, err)
	}
	for _, dir := range []string{"results/g/history", "results/g/runs/a"} {
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s has come to be", dir)
		}
	}

	// What sweep wrote it writes again.
	for range 2 {
		for _, args := range []string{
			"report g.yaml", "report g.yaml --out page.html", "export g.yaml --csv --force --out e.csv", "export g.yaml --arrow --force --out e.arrow",
			"export g.yaml --netcdf --force --out e.nc", "export g.yaml --notebook --force --out e.ipynb", "plot g.yaml", "plot g.yaml --out drawn",
			"run g.yaml",
		} {
			if code, out, err := call(t, strings.Fields(args)...); code != 0 || err != "" && !strings.HasPrefix(args, "run") {
				t.Errorf("sweep %s: exit status %d\n%s%s", args, code, out, err)
			}
		}
	}
	// A page of one's own in the folder stays, and the run says so.
	writeSpec(t, "results/g", "report.html", "mine")
	if code, _, err := call(t, "run", "g.yaml"); code != 0 || !strings.Contains(err, "report.html is there and is not a report that sweep wrote") {
		t.Errorf("exit status %d\n%s", code, err)
	}
	if text, err := os.ReadFile("results/g/report.html"); string(text) != "mine" {
		t.Errorf("%q %v", text, err)
	}
}
