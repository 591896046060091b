package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// walked keeps traces; 24 trials, some of which fail.
const walked = `about: What becomes of the folder?
model: probe
replicates: 2
record: [walk]
params:
  x: [0, 1.5, 2, 7]
  n: 30
  mode: [ok, error, nan]
`

// carried hands a state on.
const carried = `about: What becomes of the folder?
model: neuron
params:
  w: [4, 8]
  b: {linspace: [-6, -1, 5]}
carry: {axis: b, direction: both}
`

// runSpec runs a spec of that name in the folder dir, and returns its result folder.
func runSpec(t *testing.T, dir, name, text string, more ...string) string {
	t.Helper()
	writeSpec(t, dir, name+".yaml", text)
	args := append([]string{"run", filepath.Join(dir, name+".yaml"), "--results", filepath.Join(dir, "results"), "--figures", "none"}, more...)
	if code, out, err := call(t, args...); code != exitOK && code != exitFailed && code != exitWorkLeft {
		t.Fatalf("run %s: %d\n%s%s", name, code, out, err)
	}
	return filepath.Join(dir, "results", name)
}

// contents is every file and link below dir by its path, with what is in it.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			all[path] = "link to " + to
			return err
		case e.Type().IsRegular():
			text, err := os.ReadFile(path)
			all[path] = string(text)
			return err
		}
		all[path] = e.Type().String()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sameContents says what has changed.
func sameContents(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if _, ok := got[path]; !ok {
			t.Errorf("%s: %s is gone", what, path)
		} else if got[path] != want[path] {
			t.Errorf("%s: %s is not what it was", what, path)
		}
	}
	for path := range got {
		if _, ok := want[path]; !ok {
			t.Errorf("%s: %s has come up", what, path)
		}
	}
}

// annex moves every plain file of a result folder to another place and puts a link to
// it in its stead, as git-annex and DVC do.
func annex(t *testing.T, dir, to string) {
	t.Helper()
	for path := range contents(t, dir) {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if !info.Mode().IsRegular() {
			continue
		}
		there := filepath.Join(to, strings.ReplaceAll(strings.TrimPrefix(path, dir), string(filepath.Separator), "-"))
		link, err := filepath.Rel(filepath.Dir(path), there)
		if err == nil {
			err = os.Rename(path, there)
		}
		if err == nil {
			err = os.Chmod(there, 0o444)
		}
		if err == nil {
			err = os.Symlink(link, path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestFilesThatAreLinks: a folder whose files are all links to plain files elsewhere
// is read as any other and is complete; a spec that is edited moves links, says so,
// and takes over what they lead to.
func TestFilesThatAreLinks(t *testing.T) {
	for name, spec := range map[string]string{"walked": walked, "carried": carried} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			folder := runSpec(t, dir, name, spec)
			_, plain, _ := call(t, "export", folder, "--csv")
			away := filepath.Join(dir, "annex")
			if err := os.Mkdir(away, 0o777); err != nil {
				t.Fatal(err)
			}
			annex(t, folder, away)
			kept := contents(t, away)
			for _, verb := range []string{"status", "verify", "export", "failures", "run"} {
				args := []string{verb, folder}
				switch verb {
				case "export":
					args = append(args, "--csv")
				case "run":
					args = []string{verb, filepath.Join(dir, name+".yaml"), "--results", filepath.Dir(folder), "--figures", "none"}
				}
				code, out, err := call(t, args...)
				if want := map[bool]int{true: exitFailed}[verb == "run" && name == "walked"]; code != want {
					t.Errorf("%s: exit status %d\n%s%s", verb, code, out, err)
				}
				if verb == "export" && out != plain {
					t.Errorf("the export is another:\n%s", out)
				}
			}
			for path := range contents(t, filepath.Join(folder, "trials")) {
				if info, err := os.Lstat(path); err != nil || !info.IsDir() && info.Mode()&fs.ModeSymlink == 0 {
					t.Errorf("%s is no link any more (%v)", path, err)
				}
			}
			longer := map[string]string{
				"walked":  strings.Replace(spec, "7]", "7, 9]", 1),
				"carried": strings.Replace(spec, "[4, 8]", "[4, 8, 9]", 1),
			}[name]
			writeSpec(t, dir, name+".yaml", longer)
			code, out, said := call(t, "run", filepath.Join(dir, name+".yaml"), "--results", filepath.Dir(folder), "--figures", "none", "--json")
			if code != exitOK && code != exitFailed {
				t.Fatalf("the longer spec: %d\n%s%s", code, out, said)
			}
			if n, want := computed(t, out), map[string]int64{"walked": 6, "carried": 10}[name]; n != want {
				t.Errorf("%d trials were computed, not %d", n, want)
			}
			if !strings.Contains(said, "the link moves to ") {
				t.Errorf("that links move is not said:\n%s", said)
			}
			sameContents(t, "what the links lead to", contents(t, away), kept)
			if code, out, err := call(t, "verify", folder); code != exitOK {
				t.Errorf("verify: %d\n%s%s", code, out, err)
			}
		})
	}
}

// TestDanglingLinks: a link whose content is not here is named by all who need it,
// and nothing is moved or computed.
func TestDanglingLinks(t *testing.T) {
	dir := t.TempDir()
	folder := runSpec(t, dir, "walked", walked)
	for _, file := range []string{"trials/part-000000.parquet", "series/part-000000.parquet", "timings/part-000000.parquet"} {
		path := filepath.Join(folder, file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(path)
		if err := os.Symlink("../annex/gone", path); err != nil {
			t.Fatal(err)
		}
		before := contents(t, folder)
		for _, args := range [][]string{
			{"verify", folder}, {"run", filepath.Join(dir, "walked.yaml"), "--results", filepath.Dir(folder), "--figures", "none"}, {"status", folder}, {"export", folder, "--csv"},
		} {
			if args[0] != "run" && args[0] != "verify" && !strings.HasPrefix(file, "trials") {
				continue // they do not need it
			}
			code, out, err := call(t, args...)
			if code == exitOK && args[0] != "status" || !strings.Contains(out+err, "a link to ../annex/gone, where there is nothing") {
				t.Errorf("%s, %s: exit status %d\n%s%s", file, args[0], code, out, err)
			}
		}
		sameContents(t, file, contents(t, folder), before)
		os.Remove(path)
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFoldersThatAreLinks: a result folder with a link to a folder in the place of one
// of its own is read; nothing writes or removes there.
func TestFoldersThatAreLinks(t *testing.T) {
	for _, name := range []string{"trials", "timings", "series", "states", "journal", "runs", "history", ".tmp", "figures", "traces", "history/*", "history/*/trials"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			runSpec(t, dir, "walked", walked)
			folder := runSpec(t, dir, "walked", strings.Replace(walked, "7]", "7, 9]", 1)) // there is history
			path := filepath.Join(folder, name)
			if found, err := filepath.Glob(path); err == nil && len(found) > 0 {
				path = found[0]
			}
			away := filepath.Join(dir, "away")
			if err := os.Rename(path, away); err != nil { // there is none of that name
				if err := os.Mkdir(away, 0o777); err != nil {
					t.Fatal(err)
				}
			}
			writeSpec(t, away, "precious.txt", "somebody's")
			if err := os.Symlink(away, path); err != nil {
				t.Fatal(err)
			}
			inside, outside := contents(t, folder), contents(t, away)
			for _, args := range [][]string{{"status", folder}, {"export", folder, "--csv"}, {"failures", folder}} {
				if code, out, err := call(t, args...); code != exitOK {
					t.Errorf("%s: %d\n%s%s", args[0], code, out, err)
				}
			}
			for _, args := range [][]string{
				{"run", filepath.Join(dir, "walked.yaml"), "--results", filepath.Dir(folder), "--figures", "none"},
				{"gc", folder, "--yes"},
			} {
				code, out, err := call(t, args...)
				if code == exitOK || code == exitFailed || !strings.Contains(err, path+" is a link to "+away) {
					t.Errorf("%s: %d\n%s%s", args[0], code, out, err)
				}
			}
			if name == "traces" {
				if code, _, err := call(t, "replay", folder, "1", "--record", "walk"); code == exitOK || !strings.Contains(err, "is a link") {
					t.Errorf("replay: %d\n%s", code, err)
				}
			}
			sameContents(t, "the folder", contents(t, folder), inside)
			sameContents(t, "outside", contents(t, away), outside)
		})
	}
}

// TestFilesThatAreNotPlain: a pipe, a folder or a socket in the place of any file of a
// result folder keeps no verb waiting, and no message lacks its reason.
func TestFilesThatAreNotPlain(t *testing.T) {
	dir := t.TempDir()
	folder := runSpec(t, dir, "walked", walked)
	files := []string{"lock"}
	for _, file := range []string{"SHA256SUMS", "README.md", "trials/*", "timings/*", "series/*", "runs/*"} {
		found, err := filepath.Glob(filepath.Join(folder, file))
		if err != nil || len(found) == 0 {
			t.Fatalf("no %s (%v)", file, err)
		}
		name, _ := filepath.Rel(folder, found[0])
		files = append(files, name)
	}
	for what, put := range map[string]func(path string) error{
		"pipe":   pipe,
		"folder": func(path string) error { return os.Mkdir(path, 0o777) },
	} {
		for _, file := range files {
			path := filepath.Join(folder, file)
			if err := os.Rename(path, filepath.Join(dir, "kept")); err != nil {
				t.Fatal(err)
			}
			if err := put(path); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{
				{"status", folder}, {"verify", folder}, {"export", folder, "--csv"}, {"failures", folder}, {"gc", folder, "--yes"}, {"why", folder, "1"},
				{"run", filepath.Join(dir, "walked.yaml"), "--results", filepath.Dir(folder), "--figures", "none"},
			} {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				done := make(chan string, 1)
				go func() {
					code, out, err := call(t, args...)
					needs := strings.HasPrefix(file, "trials") || file == "lock" && args[0] != "why"
					if needs && args[0] != "status" && code == exitOK {
						done <- fmt.Sprintf("exit status 0\n%s%s", out, err)
					} else if strings.Contains(out+err, "<nil>") || code != exitOK && code != exitFailed && out+err == "" {
						done <- fmt.Sprintf("%d\n%s%s", code, out, err)
					}
					close(done)
				}()
				select {
				case wrong := <-done:
					if wrong != "" {
						t.Errorf("%s in the place of %s: %s: %s", what, file, args[0], wrong)
					}
				case <-ctx.Done():
					t.Fatalf("%s in the place of %s: %s hangs", what, file, args[0])
				}
				cancel()
			}
			os.RemoveAll(path)
			if err := os.Rename(filepath.Join(dir, "kept"), path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestFolderTakenAway: a run whose lock is removed or replaced, or whose folder is
// moved or replaced, while it goes on ends with an error that says so, and another
// that has begun meanwhile is not disturbed.
func TestFolderTakenAway(t *testing.T) {
	slow := "about: Whose is the folder?\nmodel: probe\nreplicates: 400\nparams: {x: [1, 2], work: 20e-3}\n"
	for name, c := range map[string]struct {
		take func(folder string) error
		said string
	}{
		"lock removed":    {func(folder string) error { return os.Remove(filepath.Join(folder, "lock")) }, "its file lock was removed or replaced"},
		"folder moved":    {func(folder string) error { return os.Rename(folder, folder+"-moved") }, "the folder was moved, removed or replaced"},
		"another's begun": {func(folder string) error { return os.Remove(filepath.Join(folder, "lock")) }, "its file lock was removed or replaced"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeSpec(t, dir, "slow.yaml", slow)
			first := sweep(t, dir, "run", "slow.yaml", "--workers", "1")
			if err := first.Start(); err != nil {
				t.Fatal(err)
			}
			folder := filepath.Join(dir, "results", "slow")
			for range 500 {
				if found, _ := filepath.Glob(filepath.Join(folder, "journal", "*")); len(found) > 0 {
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
			time.Sleep(300 * time.Millisecond)
			if err := c.take(folder); err != nil {
				t.Fatal(err)
			}
			if name == "another's begun" {
				writeSpec(t, dir, "slow.yaml", "about: Whose is the folder?\nmodel: probe\nreplicates: 40\nparams: {x: [3, 4], work: 1e-3}\n")
				must(t, sweep(t, dir, "run", "slow.yaml"), exitOK)
			}
			first.Wait()
			if code := first.ProcessState.ExitCode(); code != exitError || !strings.Contains(fmt.Sprint(first.Stderr), c.said) {
				t.Errorf("exit status %d\n%s", code, first.Stderr)
			}
			if name == "another's begun" {
				if out := must(t, sweep(t, dir, "verify", "results/slow"), exitOK); !strings.Contains(out, "each of the 80 trials") {
					t.Errorf("verify: %s", out)
				}
			}
		})
	}
}

// TestFoldersAreFolders: what is in the place of a folder that a run uses is refused in
// a sentence, before anything changes, and readers do not take it for an empty one.
func TestFoldersAreFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	outside := filepath.Join(dir, "outside")
	if err := os.Mkdir(outside, 0o777); err != nil {
		t.Fatal(err)
	}
	writeSpec(t, outside, "a.trials", "somebody's")
	for what, place := range map[string]func(path string) error{
		"is a file, where a folder should be":   func(path string) error { return os.WriteFile(path, nil, 0o666) },
		"is a pipe, where a folder should be":   pipe,
		"nothing is written or removed through": func(path string) error { return os.Symlink(outside, path) },
	} {
		for _, of := range []string{"trials", "journal", "running", "timings", ".tmp"} {
			folder := runSpec(t, dir, "walked", walked)
			path := filepath.Join(folder, of)
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			if err := place(path); err != nil {
				t.Fatal(err)
			}
			if code, out, err := call(t, "why", folder, "3"); of == "trials" && !strings.HasPrefix(what, "nothing") && code == exitOK {
				t.Errorf("%s %s: why: %d\n%s%s", of, what, code, out, err)
			}
			before := contents(t, dir)
			code, out, err := call(t, "run", filepath.Join(dir, "walked.yaml"), "--results", filepath.Dir(folder), "--figures", "none")
			if code != exitError || !strings.Contains(err, path+" is ") || !strings.Contains(err, what) {
				t.Errorf("%s %s: run: %d\n%s%s", of, what, code, out, err)
			}
			sameContents(t, of+" "+what, contents(t, dir), before)
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestLargeText: a text of a result folder that claims more than the memory that there
// is, as a file with a hole does, is refused and not read.
func TestLargeText(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := runSpec(t, dir, "walked", walked)
	path := filepath.Join(folder, "spec.yaml")
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Skip(err) // a file system without holes
	}
	program := sweep(t, dir).Path // which takes its time where it is not built yet
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", "ulimit -v 4000000; exec "+program+" run walked.yaml --figures none")
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exitError || !strings.Contains(string(out), "spec.yaml: it is larger than") {
		t.Errorf("%d\n%s", code, out)
	}
}

// TestPicturesThatAreLinks: figures, their captions and the report are written through no
// link and in the place of none; what stands there is said.
func TestPicturesThatAreLinks(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "g.yaml", goodSpec+"figures: [{kind: line, x: x, y: mean(square), file: f}]\n")
	ranNow(t, 0, "g.yaml")
	for _, c := range []struct{ verb, name string }{{"plot", "figures/f.svg"}, {"plot", "figures/f.txt"}, {"report", "report.html"}} {
		if code, _, err := call(t, c.verb, "g.yaml"); code != 0 {
			t.Fatal(err)
		}
		path := filepath.Join("results/g", c.name)
		writeSpec(t, ".", "elsewhere", "mine")
		away, err := filepath.Abs("elsewhere")
		if err := errors.Join(err, os.Remove(path), os.Symlink(away, path)); err != nil {
			t.Fatal(err)
		}
		code, _, said := call(t, c.verb, "g.yaml")
		to, err := os.Readlink(path)
		if text, _ := os.ReadFile("elsewhere"); code == 0 || !strings.Contains(said, path+" is there and is not a plain file") || to != away || string(text) != "mine" {
			t.Errorf("%s: exit status %d, leads to %q, %v, which has %q\n%s", c.name, code, to, err, text, said)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}
