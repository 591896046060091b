package store

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// filesOf is the content of all files below a folder, by path.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestOtherArch: records of another architecture are taken over by no way: from parts,
// from the journal, from a folder that was copied into history/. A folder that has them
// is refused as it is.
func TestOtherArch(t *testing.T) {
	for name, stop := range map[string]int64{"parts": 60, "journal": 40} {
		t.Run(name, func(t *testing.T) {
			plan, other, dir := newTestPlan(60), t.TempDir(), t.TempDir()
			s := open(t, other, plan, "a")
			s.header.Arch = "z80"
			if err := s.rotate(); err != nil {
				t.Fatal(err)
			}
			add(s, plan, stop, 0)
			mustClose(t, s)
			before := filesOf(t, other)
			if _, err := Open(t.Context(), other, plan, nil, Options{}); err == nil || !strings.Contains(err.Error(), "was computed on z80") {
				t.Error(err)
			}
			if !maps.Equal(filesOf(t, other), before) {
				t.Error("the refused folder has changed")
			}
			if err := os.CopyFS(filepath.Join(dir, historyDir, "copied"), os.DirFS(other)); err != nil {
				t.Fatal(err)
			}
			if found, err := Survey(t.Context(), dir, plan); err != nil || found.FromEarlier != 0 {
				t.Errorf("%+v, %v", found, err)
			}
			said := ""
			s, err := Open(t.Context(), dir, plan, nil, Options{Run: Run{ID: "b"}, Notice: func(text string) { said += text }})
			if err != nil {
				t.Fatal(err)
			}
			if n := missing(t, s); n != 60 || !strings.Contains(said, "was computed on z80") {
				t.Errorf("%d of 60 trials are to be run; said: %s", n, said)
			}
			mustClose(t, s)
			mustVerify(t, dir, plan)
			var p models.Point
			plan.Point(3, &p)
			if found, err := Find(dir, plan, plan.Setting().NewIdentity().Of(&p)); err != nil || found == nil || found.Earlier {
				t.Errorf("%+v, %v", found, err)
			}
			l, err := Garbage(dir, plan, false)
			if err != nil || len(l.Remove) > 0 || len(l.Keep) == 0 {
				t.Errorf("gc removes %+v, %v", l, err)
			}
		})
	}
}

// TestUnknownFormat: a part of a format that is to come is refused, and counted as
// nothing else.
func TestUnknownFormat(t *testing.T) {
	dir, plan := t.TempDir(), newTestPlan(60)
	if _, err := runOn(dir, plan, "a", 60, nil); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := newPartWriter(trialsTable(plan))
	w.begin(&out, map[string]string{"sweep.format": "2", "sweep.plan": "of its own"})
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, trialsDir, partName(0)), out.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	before := filesOf(t, dir)
	if _, err := runOn(dir, plan, "b", 60, nil); err == nil || !strings.Contains(err.Error(), "format 2") {
		t.Error(err)
	}
	if !maps.Equal(filesOf(t, dir), before) {
		t.Error("the refused folder has changed")
	}
}

// TestRetryLeavesNothing: parts whose failures are run again leave no copy behind,
// also where the run is stopped at some step, and then neither loses a record.
func TestRetryLeavesNothing(t *testing.T) {
	plan, dir := newTestPlan(60), t.TempDir()
	if _, err := runOn(dir, plan, "a", 60, nil); err != nil {
		t.Fatal(err)
	}
	want := dataOf(t, dir)
	for range 3 {
		s, err := Open(t.Context(), dir, plan, []byte("spec"), Options{Run: Run{ID: "b"}, RetryFailed: true})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(s.Left(ascending(60))); n != 6 {
			t.Fatalf("%d trials have failed", n)
		}
		add(s, plan, 60, 0)
		mustClose(t, s)
		mustVerify(t, dir, plan)
		if dataOf(t, dir) != want {
			t.Error("other bytes")
		}
		if left, _ := filepath.Glob(filepath.Join(dir, historyDir, "*", "*", "*")); len(left) > 0 {
			t.Fatalf("there are %v", left)
		}
	}
	for k := 1; ; k++ {
		stopped := t.TempDir()
		if err := os.CopyFS(stopped, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		b := &breaking{k: k, mode: full}
		s, err := Open(context.Background(), stopped, plan, []byte("spec"), Options{Run: Run{ID: "c"}, RetryFailed: true, disk: b.disk()})
		if err == nil {
			add(s, plan, 60, 0)
			err = s.Close()
		}
		if b.broken == "" {
			break
		}
		if err == nil {
			t.Fatalf("step %d: no error", k)
		}
		// The failures that were there are there again.
		if missing, err := runOn(stopped, plan, "d", 60, nil); err != nil || missing != 0 {
			t.Fatalf("step %d, %s: %d records are lost, %v", k, b.broken, missing, err)
		}
		if dataOf(t, stopped) != want {
			t.Fatalf("step %d, %s: other bytes", k, b.broken)
		}
		mustVerify(t, stopped, plan)
		os.RemoveAll(stopped)
	}
}

// TestRetryOtherTraces: what has other traces than are asked for now stays, also where
// its failures are run again.
func TestRetryOtherTraces(t *testing.T) {
	plan, dir := newTestPlan(60).recording(recorded...), t.TempDir()
	if _, err := runOn(dir, plan, "a", 60, nil); err != nil {
		t.Fatal(err)
	}
	other := newTestPlan(60).recording(otherwise...)
	s, err := Open(t.Context(), dir, other, []byte("spec"), Options{Run: Run{ID: "b"}, RetryFailed: true})
	if err != nil {
		t.Fatal(err)
	}
	add(s, other, 60, 0)
	mustClose(t, s)
	if missing, err := runOn(dir, plan, "c", 60, nil); err != nil || missing != 0 {
		t.Errorf("%d records are lost, %v", missing, err)
	}
	mustVerify(t, dir, plan)
}

// TestBesideOfOthers: files beside trials/ that are of another plan are said by verify,
// and moved away, never removed, by the next run.
func TestBesideOfOthers(t *testing.T) {
	dir, other, plan := t.TempDir(), t.TempDir(), newTestPlan(60).recording(recorded...)
	for d, p := range map[string]Plan{dir: plan, other: newTestPlan(50).recording(recorded...)} {
		if _, err := runOn(d, p, "a", p.Len(), nil); err != nil {
			t.Fatal(err)
		}
	}
	want := dataOf(t, dir)
	for _, folder := range []string{timingsDir, seriesDir, statesDir} {
		from := cmpFolder(folder)
		text, err := os.ReadFile(filepath.Join(other, from, partName(0)))
		if err != nil {
			t.Fatal(err)
		}
		stray := filepath.Join(dir, folder, partName(1))
		if err := errors.Join(os.MkdirAll(filepath.Dir(stray), 0o777), os.WriteFile(stray, text, 0o666)); err != nil {
			t.Fatal(err)
		}
		report, err := Verify(dir, plan)
		if err != nil || report.Complete() || report.Problems[0].File != folder+"/"+partName(1) {
			t.Errorf("%s: %+v, %v", folder, report, err)
		}
		if missing, err := runOn(dir, plan, "b"+folder, 60, nil); err != nil || missing != 0 {
			t.Errorf("%s: %d trials run, %v", folder, missing, err)
		}
		mustVerify(t, dir, plan)
		moved, err := os.ReadFile(filepath.Join(dir, historyDir, "b"+folder, folder, partName(1)))
		if err != nil || !bytes.Equal(moved, text) || dataOf(t, dir) != want {
			t.Errorf("%s: %v", folder, err)
		}
	}
	// Timings of other trials in the place of those of a part: the part is made again
	// without running anything.
	text, err := os.ReadFile(filepath.Join(other, timingsDir, partName(0)))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, timingsDir, partName(0)), text, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	if missing, err := runOn(dir, plan, "c", 60, nil); err != nil || missing != 0 || dataOf(t, dir) != want {
		t.Errorf("%d trials run, %v", missing, err)
	}
	mustVerify(t, dir, plan)
}

// cmpFolder is a folder that a plan without chains has a file of.
func cmpFolder(folder string) string {
	if folder == statesDir {
		return timingsDir
	}
	return folder
}

// TestUnreadable: a file of a sealed part that this version cannot read, though its
// checksum is right, does not count as done: what can be read is taken over, and the
// rest runs again.
func TestUnreadable(t *testing.T) {
	plan := newTestPlan(60).recording(recorded...)
	for folder, again := range map[string]int{trialsDir: 60, timingsDir: 0, seriesDir: 60 - 6} { // 6 have failed, and no traces
		dir := t.TempDir()
		if _, err := runOn(dir, plan, "a", 60, nil); err != nil {
			t.Fatal(err)
		}
		want := dataOf(t, dir)
		path := filepath.Join(dir, folder, partName(0))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		before, err := hashFile(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		copy(text[len(magic):], "\x15\x7f\x15") // the header of the first page
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		after, err := hashFile(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		sums, err := os.ReadFile(filepath.Join(dir, sumsFile))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, sumsFile), bytes.ReplaceAll(sums, []byte(before), []byte(after)), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		s, err := Open(t.Context(), dir, plan, nil, Options{Run: Run{ID: "b"}, Notice: func(text string) { said += text }})
		if err != nil {
			t.Fatal(err)
		}
		if n := add(s, plan, 60, 0); n != again || !strings.Contains(said, filepath.Join(folder, partName(0))) {
			t.Errorf("%s: %d trials run, not %d; said: %s", folder, n, again, said)
		}
		mustClose(t, s)
		mustVerify(t, dir, plan)
		if dataOf(t, dir) != want {
			t.Errorf("%s: other bytes", folder)
		}
	}
}

// onceThere is done when a file is there.
type onceThere struct {
	context.Context
	path string
}

func (c onceThere) Err() error {
	if _, err := os.Stat(c.path); err == nil {
		return context.Canceled
	}
	return nil
}

// TestStoppedTakeover: a run that is told to end while it takes records over has ended,
// and was not killed.
func TestStoppedTakeover(t *testing.T) {
	dir := t.TempDir()
	if _, err := runOn(dir, newTestPlan(60), "a", 60, nil); err != nil {
		t.Fatal(err)
	}
	plan := newTestPlan(90)
	ctx := onceThere{t.Context(), filepath.Join(dir, runsDir, "b.json")}
	if _, err := Open(ctx, dir, plan, nil, Options{Run: Run{ID: "b"}}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	r, err := Status(dir, plan)
	if err != nil {
		t.Fatal(err)
	}
	if l := r.LastRun; l == nil || l.ID != "b" || l.Ended.IsZero() || l.Error != "" {
		t.Errorf("the run is kept as %+v", l)
	}
}
