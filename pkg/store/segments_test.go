package store

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// abandon lets go of a store as a kill does.
func abandon(t *testing.T, s *Store) {
	t.Helper()
	close(s.queue) // as Close does, which waits until all is in the journal
	s.wait.Wait()
	if err := s.closeFiles(); err != nil {
		t.Fatal(err)
	}
}

// openCount is how many files of a folder this process has open.
func openCount(t *testing.T, dir string) (n int) {
	t.Helper()
	links, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("there is no /proc to count open files in")
	}
	for _, l := range links {
		if name, err := os.Readlink("/proc/self/fd/" + l.Name()); err == nil && filepath.Dir(filepath.Dir(name)) == dir {
			n++
		}
	}
	return n
}

// TestManyKills: a run that is killed again and again finds what it did, and the
// journal does not grow by a file each time.
func TestManyKills(t *testing.T) {
	t.Parallel()
	kills := int64(100)
	if os.Getenv("SWEEP_FAULTS") != "" {
		kills = 1000
	}
	plan, dir := newTestPlan(3*kills), t.TempDir()
	trials := ascending(plan.trials)
	for i := range kills {
		s := open(t, dir, plan, "a")
		if left := s.Left(slices.Clone(trials)); int64(len(left)) != plan.trials-2*i {
			t.Fatalf("after %d kills %d trials are left, not %d", i, len(left), plan.trials-2*i)
		}
		if n := openCount(t, dir); n > maxOpen {
			t.Fatalf("after %d kills %d files are open", i, n)
		}
		fill(t, s, trials[2*i:2*i+2], 1)
		abandon(t, s)
		names, err := list(filepath.Join(dir, journalDir))
		if err != nil || len(names) > fewSegments+2 {
			t.Fatalf("after %d kills the journal has %d files, %v", i, len(names), err)
		}
	}
	if names, err := list(filepath.Join(dir, historyDir)); err != nil || len(names) > 0 {
		t.Errorf("history has %v, %v", names, err)
	}
	r, err := Status(dir, plan)
	if err != nil || r.Done != 2*kills || len(r.Problems) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	s := open(t, dir, plan, "b")
	fill(t, s, trials[2*kills:], 1)
	mustClose(t, s)
	mustVerify(t, dir, plan)
	whole := t.TempDir()
	s = open(t, whole, plan, "b")
	fill(t, s, trials, 1)
	mustClose(t, s)
	if got, want := sealedSums(t, dir), sealedSums(t, whole); !maps.Equal(got, want) {
		t.Errorf("the data set is\n%v\nand not\n%v", got, want)
	}
}

// TestManySegments: a folder with more segments than may be open is read, and
// written to.
func TestManySegments(t *testing.T) {
	plan, dir := newTestPlan(2000), t.TempDir()
	trials := ascending(plan.trials)
	s := open(t, dir, plan, "a")
	for i := range 100 {
		fill(t, s, trials[10*i:10*i+10], 10)
		for s.Counts().Done < int64(10*i+10) {
			if s.Err() != nil {
				t.Fatal(s.Err())
			}
		}
		s.mu.Lock()
		old := s.active
		s.mu.Unlock()
		// As a segment that is full does, but for the committer, which waits.
		if err := s.rotate(); err != nil {
			t.Fatal(err)
		}
		if old.active {
			t.Fatal("the segment is still written to")
		}
	}
	abandon(t, s)
	rows, err := OpenRows(dir, plan)
	if err != nil {
		t.Fatal(err)
	}
	if n := openCount(t, dir); n > maxOpen {
		t.Errorf("a reader has %d files open", n)
	}
	got := 0
	if err := rows.Each(AllColumns, func(*Record) error { got++; return nil }); err != nil || got != 1000 {
		t.Errorf("%d records, %v", got, err)
	}
	rows.Close()
	if n := openCount(t, dir); n > 0 {
		t.Errorf("%d files are open still", n)
	}
	s = open(t, dir, plan, "b")
	if names, err := list(filepath.Join(dir, journalDir)); err != nil || len(names) > 2 {
		t.Errorf("the journal has %d files, %v", len(names), err)
	}
	fill(t, s, trials[1000:], 100)
	mustClose(t, s)
	mustVerify(t, dir, plan)
}

// TestMergeKeepsRuns: records of a merged segment still say which run computed
// them, and of those of one trial the same stays.
func TestMergeKeepsRuns(t *testing.T) {
	plan, dir := newTestPlan(100), t.TempDir()
	for i := range int64(20) {
		s := open(t, dir, plan, string(rune('a'+i)))
		fill(t, s, []int64{i, i + 30}, 1)
		abandon(t, s)
	}
	rows, err := OpenRows(dir, plan)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	err = rows.Each(FailureColumns, func(r *Record) error {
		if want := string(rune('a' + r.Trial%30)); r.Run != want {
			t.Errorf("trial %d is of run %q, not %q", r.Trial, r.Run, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestEmptySegments: segments without a byte, as a kill leaves, go without a word
// or a copy; what is damaged is kept.
func TestEmptySegments(t *testing.T) {
	plan, dir := newTestPlan(10), t.TempDir()
	s := open(t, dir, plan, "a")
	fill(t, s, []int64{1, 2}, 1)
	abandon(t, s)
	for name, text := range map[string][]byte{"0.journal": nil, "1.journal": make([]byte, 5000)} {
		if err := os.WriteFile(filepath.Join(dir, journalDir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var said []string
	s, err := Open(context.Background(), dir, plan, []byte("spec"), Options{Run: Run{ID: "b"}, Notice: func(text string) { said = append(said, text) }})
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	if names, err := list(filepath.Join(dir, historyDir)); err != nil || len(names) > 0 || len(said) > 0 {
		t.Errorf("history has %v, %v; said: %q", names, err, said)
	}
	if err := os.WriteFile(filepath.Join(dir, journalDir, "2.journal"), []byte("\x05\x00\x00\x00damage"), 0o666); err != nil {
		t.Fatal(err)
	}
	mustClose(t, open(t, dir, plan, "c"))
	if _, err := os.Stat(filepath.Join(dir, historyDir, "c", journalDir, "2.journal")); err != nil {
		t.Error(err)
	}
}

// TestLargeBatch: a batch that a frame cannot hold is written as several.
func TestLargeBatch(t *testing.T) {
	plan, dir := newTestPlan(1000), t.TempDir()
	s := open(t, dir, plan, "a")
	s.writer.most = 20 << 10 // before the committer has a batch
	fill(t, s, ascending(1000)[1:], 999)
	abandon(t, s)
	rows, err := OpenRows(dir, plan)
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	if err := rows.Each(AllColumns, func(*Record) error { got++; return nil }); err != nil || got != 999 {
		t.Errorf("%d records, %v", got, err)
	}
	frames := entriesOf(rows.look.parts.all())
	rows.Close()
	if len(frames) < 4 {
		t.Errorf("%d frames", len(frames))
	}
	s = open(t, dir, plan, "b")
	fill(t, s, []int64{0}, 1)
	mustClose(t, s)
	mustVerify(t, dir, plan)
}
