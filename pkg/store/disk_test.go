package store

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
)

// The ways in which a disk breaks at a step: once; from then on; from then on,
// and what was written and not synced is lost, as in a power cut.
const (
	once = iota
	full
	cut
)

// breaking is a disk whose k-th step fails.
type breaking struct {
	mu     sync.Mutex
	k      int
	mode   int
	steps  int
	broken string           // the step that failed first
	synced map[string]int64 // of each file written, how much of it is durable
}

func (b *breaking) disk() *disk {
	b.synced = make(map[string]int64)
	return &disk{fault: func(step, path string) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.steps++
		if b.steps < b.k || b.steps > b.k && b.mode == once {
			if info, err := os.Stat(path); step == "sync" && err == nil {
				b.synced[path] = info.Size()
			} else if step == "write" { // nothing of it is durable so far
				b.synced[path] += 0
			}
			return nil
		}
		if b.broken == "" {
			b.broken = step + " " + filepath.Base(path)
			for path, size := range b.synced {
				if b.mode == cut && filepath.Base(path) != lockFile {
					os.Truncate(path, size) // if it is still there
				}
			}
		}
		if step == "write" || step == "create" {
			return syscall.ENOSPC
		}
		return syscall.EIO
	}}
}

// afterFault is what Verify may say of a folder on such a disk.
var afterFault = regexp.MustCompile(`^\d+ of \d+ trials have no record$` +
	`|^\d+ files belong to an earlier plan` +
	`|^the last \d+ bytes are not whole records; the next run leaves them out$` +
	`|^torn frame$` + // a segment whose header was being written
	`|^is not in SHA256SUMS; the next run notes it$`)

// record runs the plan's missing trials in dir, some in a batch; those from
// stop on are left out.
func record(dir string, plan Plan, run string, stop int64, d *disk) error {
	s, err := Open(dir, plan, []byte(fmt.Sprintf("%x", plan.Hash())), Options{Run: Run{ID: run}, disk: d})
	if err != nil {
		return err
	}
	var missing []int64
	for trial := int64(0); trial < stop; trial++ {
		missing = append(missing, trial)
	}
	missing = s.Left(missing)
	for len(missing) > 0 {
		n := min(7, len(missing))
		b := s.NewBatch()
		for _, trial := range missing[:n] {
			state := int(trial)
			records(b, plan, []int64{trial}, func(n int) int { state = (state*31 + 7) % 1000; return state % n })
		}
		missing = missing[n:]
		if s.Append(b) != nil {
			break // Close says why
		}
	}
	return s.Close()
}

// dataOf is the bytes of the sealed data set.
func dataOf(t *testing.T, dir string) string {
	t.Helper()
	names, err := list(filepath.Join(dir, trialsDir))
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, trialsDir, name))
		if err != nil {
			t.Fatal(err)
		}
		all += name + "\n" + string(text)
	}
	return all
}

// TestBreakingDisk lets the writes, syncs, renames and removals of a run fail,
// one in each run; each of them under make faults, a sample otherwise. The run
// must say so, and the next must finish the data set to the same bytes.
func TestBreakingDisk(t *testing.T) {
	plan := newTestPlan(60)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	whole := t.TempDir()
	must(record(whole, plan, "a", 60, nil))
	want := dataOf(t, whole)
	total := 0
	every := 11
	if os.Getenv("SWEEP_FAULTS") != "" {
		every = 1
	}
	for _, c := range []struct {
		name    string
		prepare func(dir string)
		stop    int64 // of the run on the breaking disk
	}{
		{"fresh", func(string) {}, 60},
		{"left unfinished", func(string) {}, 30},
		{"resumed", func(dir string) { must(record(dir, plan, "0", 30, nil)) }, 60},
		{"changed spec", func(dir string) { must(record(dir, newTestPlan(40), "0", 40, nil)) }, 60},
		{"changed spec, unfinished", func(dir string) { must(record(dir, newTestPlan(90), "0", 50, nil)) }, 60},
		{"nothing to do", func(dir string) { must(record(dir, plan, "0", 60, nil)) }, 60},
		{"damaged", func(dir string) {
			must(record(dir, plan, "0", 60, nil))
			must(os.Truncate(filepath.Join(dir, trialsDir, partName(0)), 100))
		}, 60},
	} {
		for mode := once; mode <= cut; mode++ {
			for k := 1 + total%every; ; k += every {
				dir := t.TempDir()
				c.prepare(dir)
				b := &breaking{k: k, mode: mode}
				err := record(dir, plan, "a", c.stop, b.disk())
				if b.broken == "" {
					must(err)
					break
				}
				total++
				what := fmt.Sprintf("%s: step %d, %s (mode %d)", c.name, k, b.broken, mode)
				if err == nil {
					t.Fatalf("%s: no error", what)
				}
				if report, err := Verify(dir, plan); err == nil && c.name != "damaged" {
					for _, p := range report.Problems {
						if !afterFault.MatchString(p.Message) {
							t.Errorf("%s: Verify finds %v", what, p)
						}
					}
				}
				if err := record(dir, plan, "b", 60, nil); err != nil {
					t.Fatalf("%s: the next run: %v", what, err)
				}
				if dataOf(t, dir) != want {
					t.Fatalf("%s: the data set has other bytes", what)
				}
				report, err := Verify(dir, plan)
				if err != nil || !report.Complete() {
					t.Fatalf("%s: afterwards %+v, %v", what, report, err)
				}
				os.RemoveAll(dir)
			}
		}
	}
	t.Logf("%d faults", total)
	if total < 1000/every {
		t.Errorf("only %d faults were met", total)
	}
}
