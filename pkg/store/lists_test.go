package store

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// lists appends records of the trials whose lists have as many numbers as length
// says: none at every fifth trial, and every seventh failed.
func lists(t *testing.T, s *Store, trials []int64, length func(trial int64) int) {
	t.Helper()
	fillWith(t, s, trials, blockRows, func(trial int64, tr *models.Trial) error {
		if trial%5 > 0 {
			series.Put(tr, make([]float64, length(trial)))
			tr.Slots[0].Series[0] = float64(trial)
		}
		if trial%7 == 0 {
			return errors.New("every seventh")
		}
		return nil
	})
}

// missing runs the trials without a record.
func missing(t *testing.T, s *Store) (ran int64) {
	t.Helper()
	left := s.Left(ascending(s.plan.Len()))
	lists(t, s, left, two)
	return int64(len(left))
}

func two(int64) int { return 2 }

// plans are one plan as an earlier version saw it, which knew no lengths, and as
// this one does.
func plans(trials int64) (earlier, now *testPlan) {
	earlier, now = newTestPlan(trials), newTestPlan(trials)
	now.length = 2
	return earlier, now
}

// TestEarlierLists: a folder that an earlier version wrote, whose lists have no
// length, is read as it is; a run takes its records over, so that files of both kinds
// never stand side by side, and leaves the bytes of a run by this version alone.
func TestEarlierLists(t *testing.T) {
	earlier, now := plans(partRows + 3000)
	want := t.TempDir()
	s := open(t, want, now, "a")
	lists(t, s, ascending(now.trials), two)
	mustClose(t, s)

	for name, stop := range map[string]int64{"whole": now.trials, "with a tail": partRows + 1000, "no part": 1000} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, earlier, "a")
			lists(t, s, ascending(stop), two)
			mustClose(t, s)
			before, err := Verify(dir, now)
			if err != nil || before.Earlier > 0 || before.Done != stop || stop == now.trials && !before.Complete() {
				t.Fatalf("Verify before the run: %+v, %v", before, err)
			}
			if n := countRows(t, dir, now); n != stop {
				t.Errorf("%d rows are read before the run, not %d", n, stop)
			}

			s = open(t, dir, now, "b")
			if _, err := os.Stat(filepath.Join(dir, trialsDir, tailName)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the earlier version's tail is still there: %v", err)
			}
			if ran := missing(t, s); ran != now.trials-stop {
				t.Errorf("%d trials ran, not %d", ran, now.trials-stop)
			}
			mustClose(t, s)
			mustVerify(t, dir, now)
			if got, want := sealedSums(t, dir), sealedSums(t, want); !maps.Equal(got, want) || len(want) != 2 {
				t.Errorf("the data set is\n%v\nand not\n%v", got, want)
			}
			s = open(t, dir, now, "c")
			if c := s.Counts(); c.Sealed != now.trials || c.Reused > 0 {
				t.Errorf("the next run has %+v", c)
			}
			mustClose(t, s)
		})
	}

	// A part that the earlier version has put in again.
	mixed, old := t.TempDir(), t.TempDir()
	s = open(t, old, earlier, "a")
	lists(t, s, ascending(partRows), two)
	mustClose(t, s)
	if err := errors.Join(os.CopyFS(mixed, os.DirFS(want)), os.Remove(filepath.Join(mixed, trialsDir, partName(0))),
		os.CopyFS(filepath.Join(mixed, trialsDir), os.DirFS(filepath.Join(old, trialsDir)))); err != nil {
		t.Fatal(err)
	}
	const message = "what reads the folder as one table may fail"
	if r, err := Verify(mixed, now); err != nil || !strings.Contains(problems(r), partName(0)+": its lists") || !strings.Contains(problems(r), message) {
		t.Errorf("Verify of a mixed folder: %+v, %v", r, err)
	}
}

func problems(r *Report) string {
	var b strings.Builder
	for _, p := range r.Problems {
		b.WriteString(p.String() + "\n")
	}
	return b.String()
}

func countRows(t *testing.T, dir string, plan Plan) (n int64) {
	t.Helper()
	_, err := Scan(dir, plan, []string{"list"}, func(c *Chunk) error { n += int64(c.Rows()); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestMisfits: a list that has not the length of its column's lists is in no file
// that says so, however it came about.
func TestMisfits(t *testing.T) {
	earlier, now := plans(300)
	odd := func(trial int64) int {
		if trial == 143 {
			return 3
		}
		return 2
	}
	const said = "trial 143, column list: a list of 3 numbers where each has 2"

	// A record of the journal is not sealed.
	dir := t.TempDir()
	s := open(t, dir, now, "a")
	lists(t, s, ascending(300), odd)
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), said) {
		t.Errorf("the part was sealed: %v", err)
	}
	if names, err := list(filepath.Join(dir, trialsDir)); err != nil || len(names) > 0 {
		t.Errorf("there are %v, %v", names, err)
	}
	if r, err := Verify(dir, now); err != nil || !strings.Contains(problems(r), said) {
		t.Errorf("Verify of the journal: %+v, %v", r, err)
	}
	rows, err := OpenRows(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if err := rows.WriteArrow(t.Context(), new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), said) {
		t.Errorf("it was exported: %v", err)
	}

	// One of a part is found, by whoever reads it, and its trial runs again.
	dir = t.TempDir()
	s = open(t, dir, earlier, "a")
	lists(t, s, ascending(300), odd)
	mustClose(t, s)
	if r, err := Verify(dir, now); err != nil || !strings.Contains(problems(r), said) {
		t.Errorf("Verify of the part: %+v, %v", r, err)
	}
	if _, err := Scan(dir, now, []string{"list"}, func(*Chunk) error { return nil }); err == nil || !strings.Contains(err.Error(), "column list: a list of 3 numbers where each has 2") {
		t.Errorf("Scan: %v", err)
	}
	s = open(t, dir, now, "b")
	if left := s.Left([]int64{142, 143, 144}); len(left) != 1 || left[0] != 143 {
		t.Errorf("the trials %v of 142 to 144 are left", left)
	}
	missing(t, s)
	mustClose(t, s)
	mustVerify(t, dir, now)
}
