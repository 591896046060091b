package store

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
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
	mu        sync.Mutex
	k         int
	mode      int
	steps     int
	broken    string           // the step that failed first
	regrouped bool             // that was a step of regrouping
	synced    map[string]int64 // of each file written, how much of it is durable
}

func (b *breaking) disk() *disk {
	b.synced = make(map[string]int64)
	moved := func(from, to string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if size, written := b.synced[from]; written {
			b.synced[to] = size
			delete(b.synced, from)
		}
	}
	return &disk{moved: moved, fault: func(step, path string) error {
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
			b.regrouped = strings.Contains(string(debug.Stack()), ".(*Store).regroup(")
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
	`|(^|: |there is )no such file or directory$` + // what was set aside, and its trials not yet
	`|^goes with no sealed part of this plan; the next run moves it to history$` +
	`|^is not in SHA256SUMS; the next run notes it$`)

// runOn runs the plan's missing trials in dir, some in a batch; those from
// stop on are left out. Where there are several parts a batch has trials of all. It
// returns how many were missing.
func runOn(dir string, plan Plan, run string, stop int64, d *disk) (int, error) {
	s, err := Open(context.Background(), dir, plan, []byte(fmt.Sprintf("%x", plan.Hash())), Options{Run: Run{ID: run}, disk: d})
	if err != nil {
		return 0, err
	}
	missing := add(s, plan, stop, 0)
	return missing, s.Close()
}

// killed is a run that ends as by a kill when all but some left are in the journal:
// what is regrouped at the end of a run is not.
func killed(dir string, plan Plan, left int) error {
	s, err := Open(context.Background(), dir, plan, []byte(fmt.Sprintf("%x", plan.Hash())), Options{Run: Run{ID: "0"}})
	if err != nil {
		return err
	}
	add(s, plan, plan.Len(), left)
	close(s.queue) // as Close does, which waits until all is in the journal
	s.wait.Wait()
	return s.closeFiles()
}

// add records the missing trials before stop but some left, and returns how many
// are missing.
func add(s *Store, plan Plan, stop int64, left int) int {
	var missing []int64
	for trial := int64(0); trial < stop; trial++ {
		missing = append(missing, trial)
	}
	missing = s.Left(missing)
	all := len(missing)
	if int64(len(missing)) > partRows {
		slices.SortFunc(missing, func(a, b int64) int { return cmp.Compare(a*40503%65536, b*40503%65536) })
	}
	for missing = missing[left:]; len(missing) > 0; {
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
	return all
}

// dataOf is the bytes of the sealed data set.
func dataOf(t *testing.T, dir string) string {
	t.Helper()
	all := ""
	for _, folder := range []string{trialsDir, seriesDir} {
		names, err := list(filepath.Join(dir, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(filepath.Join(dir, folder, name))
			if err != nil {
				t.Fatal(err)
			}
			all += name + "\n" + string(text)
		}
	}
	return all
}

// TestBreakingDisk lets the writes, syncs, renames and removals of a run fail,
// one in each run; each of them under make faults, a sample otherwise. The run
// must say so, no record that was there before may be lost, and the next run must
// finish the data set to the same bytes.
func TestBreakingDisk(t *testing.T) { breakDisk(t, 60, 11) }

// TestBreakingDiskRecord does so with a plan that keeps traces.
func TestBreakingDiskRecord(t *testing.T) { breakDisk(t, 60, 17, recorded...) }

// breakDisk does so with a plan of n trials that keeps these traces, at every so many
// steps, and returns how often a step with each file has failed.
func breakDisk(t *testing.T, n int64, every int, record ...models.Kept) map[string]int {
	newPlan := func(n int64) *testPlan { return newTestPlan(n).recording(record...) }
	plan := newPlan(n)
	met := make(map[string]int)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	prepared := func(dir string, plan Plan, stop int64) {
		t.Helper()
		_, err := runOn(dir, plan, "0", stop, nil)
		must(err)
	}
	whole := t.TempDir()
	all := n
	prepared(whole, plan, all)
	want := dataOf(t, whole)
	total := 0
	least := 1000
	if os.Getenv("SWEEP_FAULTS") != "" {
		every = 1
	}
	for _, c := range []struct {
		name    string
		prepare func(dir string)
		stop    int64 // of the run on the breaking disk
	}{
		{"fresh", func(string) {}, all},
		{"left unfinished", func(string) {}, all / 2},
		{"resumed", func(dir string) { prepared(dir, plan, all/2) }, all},
		{"killed", func(dir string) { must(killed(dir, plan, 10)) }, all},
		{"killed, unfinished", func(dir string) { must(killed(dir, plan, 10)) }, min(all, partRows)},
		{"changed spec", func(dir string) { prepared(dir, newPlan(n*2/3), all*2/3) }, all},
		{"changed spec, unfinished", func(dir string) { prepared(dir, newPlan(n*3/2), all*5/6) }, all},
		{"other traces", func(dir string) { prepared(dir, newTestPlan(n).recording(otherwise...), all) }, all},
		{"other traces, unfinished", func(dir string) { prepared(dir, newTestPlan(n).recording(otherwise...), all/2) }, all},
		{"nothing to do", func(dir string) { prepared(dir, plan, all) }, all},
		{"damaged", func(dir string) {
			prepared(dir, plan, all)
			must(os.Truncate(filepath.Join(dir, trialsDir, partName(0)), 100))
		}, all},
	} {
		dir := t.TempDir()
		c.prepare(dir)
		most, err := runOn(dir, plan, "a", all, nil) // are missing on a disk that does not break
		must(err)
		for mode := once; mode <= cut; mode++ {
			for k := 1 + total%every; ; k += every {
				dir := t.TempDir()
				c.prepare(dir)
				b := &breaking{k: k, mode: mode}
				_, err := runOn(dir, plan, "a", c.stop, b.disk())
				if b.broken == "" {
					must(err)
					break
				}
				total++
				_, file, _ := strings.Cut(b.broken, " ")
				if i := strings.Index(file, ".parquet"); i >= 0 {
					file = file[:i+len(".parquet")] // while it is written it has more to its name
				}
				met[file]++
				if b.regrouped {
					met["regrouped"]++
				}
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
				missing, err := runOn(dir, plan, "b", all, nil)
				if err != nil {
					t.Fatalf("%s: the next run: %v", what, err)
				}
				if missing > most {
					t.Fatalf("%s: of %d records that the folder had, %d are lost", what, int(all)-most, missing-most)
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
	if total < least/every {
		t.Errorf("only %d faults were met", total)
	}
	return met
}
