package store

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestBlame: of what the runtime says, who is at fault and why.
func TestBlame(t *testing.T) {
	slots := []slot{{trials: []int64{1}, goroutine: 7}, {trials: []int64{2, 3}, goroutine: 8}}
	for _, c := range []struct {
		words, message, stack string
		blamed                []int64
	}{
		{"panic: no such thing at 0xc000123456\n\ngoroutine 8 [running]:\npanic({0x1, 0x2})\n\t/go/src/runtime/panic.go:1 +0x1\ngithub.com/neurosweep/sweep/pkg/models/probe.f(0xc000012)\n\t/src/probe.go:12 +0x1d\ngithub.com/neurosweep/sweep/pkg/models.(*Model).Execute(...)\n\t/src/model.go:3\n",
			"panic: no such thing at 0x…", "github.com/neurosweep/sweep/pkg/models/probe.f probe.go:12\n", []int64{2, 3}},
		{"panic: oh [recovered]\n\ngoroutine 99 [running]:\nmain.f.func1()\n\t/src/m.go:5 +0x1d\ncreated by main.f in goroutine 7\n\t/src/m.go:4 +0x1\n",
			"panic: oh [recovered]", "main.f.func1 m.go:5\nmain.f m.go:4\n", []int64{1}},
		{"\nruntime stack:\nruntime.throw({0x4adfb9?, 0x2?})\n\t/go/panic.go:1229 +0x48\nruntime.newstack()\n\t/go/stack.go:1207 +0x5fd\n\ngoroutine 7 gp=0x2 m=0 mp=0x55 [running]:\nmain.f(0x1?)\n\t/src/m.go:3 +0x4b fp=0x2 sp=0x2 pc=0x4\nmain.f(...)\n\t/src/m.go:3\n",
			"fatal error: stack overflow", "main.f m.go:3\n", []int64{1}},
		{"\ngoroutine 8 [running]:\ninternal/runtime/maps.fatal({0x4?, 0x0?})\n\t/go/panic.go:1181 +0x18\nmain.g()\n\t/src/m.go:9 +0x1\n",
			"fatal error: concurrent use of a map", "main.g m.go:9\n", []int64{2, 3}},
		{"\nruntime stack:\nruntime.throw({0x1?, 0x2?})\n\t/go/panic.go:1 +0x4\nruntime.(*mheap).grow(0x1)\n\t/go/mheap.go:1 +0x4\n\ngoroutine 8 [running]:\nmain.g()\n\t/src/m.go:9 +0x1\n",
			"fatal error: out of memory", "main.g m.go:9\n", []int64{1, 2, 3}},
		{"panic: of the program\n\ngoroutine 5 [running]:\ngithub.com/neurosweep/sweep/pkg/report.draw(0x1)\n\t/src/draw.go:9 +0x1\ncreated by main.main in goroutine 1\n\t/src/m.go:1 +0x1\n",
			"panic: of the program", "github.com/neurosweep/sweep/pkg/report.draw draw.go:9\nmain.main m.go:1\n", nil},
		{"panic: deep down\n\ngoroutine 55 [running]:\ngithub.com/neurosweep/sweep/pkg/models/gcm.f()\n\t/src/gcm.go:9 +0x1\ncreated by github.com/neurosweep/sweep/pkg/models/gcm.g in goroutine 54\n\t/src/gcm.go:1 +0x1\n",
			"panic: deep down", "github.com/neurosweep/sweep/pkg/models/gcm.f gcm.go:9\ngithub.com/neurosweep/sweep/pkg/models/gcm.g gcm.go:1\n", []int64{1, 2, 3}},
		{"\x00\xff", "fatal error", "", []int64{1, 2, 3}},
	} {
		message, stack := headline(c.words)
		if message != c.message || stack != c.stack {
			t.Errorf("%q:\n%q\n%q", c.words, message, stack)
		}
		var blamed []int64
		for _, s := range blame(c.words, slots) {
			blamed = append(blamed, s.trials...)
		}
		if !slices.Equal(blamed, c.blamed) {
			t.Errorf("%q: trials %v are blamed, not %v", c.words, blamed, c.blamed)
		}
	}
}

// TestSuspects: which ends of processes make a trial run alone, and which are held
// to be its doing.
func TestSuspects(t *testing.T) {
	const s = int64(time.Second)
	here := runningHead{Plan: "p", Host: "h", Boot: "b"}
	end := func(after int64, trials ...int64) *death {
		return &death{head: here, beat: after, slots: []slot{{trials: trials}}}
	}
	words := func(trials ...int64) *death {
		d := end(0, trials...)
		d.words = "panic: x\n\ngoroutine 1 [running]:\nmain.f()\n\t/m.go:1 +0x1\n"
		d.slots[0].goroutine = 1
		return d
	}
	stopped, moved := end(5*s, 1), end(5*s, 1)
	stopped.stop = true
	moved.head.Boot = "c"
	other := words(1)
	other.head.Plan = "q"
	for _, c := range []struct {
		name             string
		deaths           []*death
		isolated, guilty bool // trial 1
	}{
		{"once, with a word", []*death{words(1)}, true, false},
		{"twice", []*death{words(1, 2), words(1)}, true, true},
		{"twice, never alone", []*death{words(1, 2), words(1, 2)}, true, false},
		{"of another plan", []*death{other, other}, false, false},
		{"killed once", []*death{end(s, 1)}, false, false},
		{"twice without a word", []*death{end(s, 1), end(s, 1)}, true, false},
		{"three times alone", []*death{end(s, 1), end(s, 1), end(2*s, 1)}, true, true},
		{"three times, not alone at first", []*death{end(s, 1, 2), end(s, 1), end(s, 1)}, true, false},
		{"four times, alone at the end", []*death{end(s, 1, 2), end(s, 1, 2), end(s, 1), end(s, 1)}, true, true},
		{"killed at any time", []*death{end(60*s, 1), end(9*s, 1), end(300*s, 1), end(2*s, 1), end(77*s, 1)}, false, false},
		{"killed when it was told to stop", []*death{stopped, stopped, stopped, stopped}, false, false},
		{"the machine went off", []*death{moved, moved, moved, moved}, false, false},
	} {
		l := &suspects{Plan: "p"}
		for _, d := range c.deaths {
			l.add(d, "h", "b")
		}
		isolated, guilty := false, false
		for _, one := range l.Suspects {
			if one.Trial == 1 {
				isolated, guilty = one.isolated(), one.guilty()
			}
		}
		if isolated != c.isolated || guilty != c.guilty {
			t.Errorf("%s: isolated %v, guilty %v", c.name, isolated, guilty)
		}
	}
}

// TestNotes: what workers note is read back, of chunks and of single trials, and
// nothing of a file that is damaged or somebody's.
func TestNotes(t *testing.T) {
	plan, dir := newTestPlan(10_000), t.TempDir()
	s := open(t, dir, plan, "a")
	chunk, single, idle := s.Running(false), s.Running(true), s.Running(false)
	chunk.Chunk([]int64{5, 6, 7, 100, 99, 9999})
	chunk.Trial(8)
	single.Chunk([]int64{50, 51})
	single.Trial(51)
	idle.Chunk([]int64{1})
	idle.Chunk(nil)
	s.Stopping()
	path := filepath.Join(dir, runningDir, "a"+slotsExt)
	d, err := readDeath(filepath.Join(dir, runningDir), "a", plan)
	if err != nil || len(d.slots) != 2 || !d.stop || d.words != "" || d.head.Plan != s.header.Plan {
		t.Fatalf("%+v, %v", d, err)
	}
	if got := d.slots[0]; !slices.Equal(got.trials, []int64{5, 6, 7, 100, 99, 9999}) || got.goroutine == 0 || d.beat-got.began > int64(time.Minute) {
		t.Errorf("%+v", got)
	}
	if got := d.slots[1].trials; !slices.Equal(got, []int64{51}) {
		t.Errorf("%v", got)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	if names, err := list(filepath.Join(dir, runningDir)); err != nil || names != nil {
		t.Errorf("left behind: %v, %v", names, err)
	}
	foreign := t.TempDir()
	for at := range headBytes + slotHead + 64 {
		bad := slices.Clone(text)
		bad[at] ^= 0x81
		if err := os.WriteFile(filepath.Join(foreign, "a"+slotsExt), bad, 0o666); err != nil {
			t.Fatal(err)
		}
		d, err := readDeath(foreign, "a", plan)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range d.slots {
			if len(s.trials) > 6 {
				t.Fatalf("byte %d: %d trials", at, len(s.trials))
			}
		}
	}
	// A hole behind the notes is not read.
	holed := filepath.Join(foreign, "b"+slotsExt)
	if err := os.WriteFile(holed, text, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(holed, 8<<30); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d, err = readDeath(foreign, "b", plan)
	runtime.ReadMemStats(&after)
	if err != nil || len(d.slots) != 2 {
		t.Errorf("%+v, %v", d, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 16<<20 {
		t.Errorf("a file with a hole took %d bytes", took)
	}
}

// TestCrashRecord: a folder with the notes of runs that ended gets the record of a
// failure, once, and only of a trial that has none.
func TestCrashRecord(t *testing.T) {
	plan, dir := newTestPlan(100), t.TempDir()
	// dies is a run that records some trials and ends while it runs others.
	dies := func(run string, done []int64, words string, trials ...int64) {
		t.Helper()
		s := open(t, dir, plan, run)
		fill(t, s, s.Left(done), 10)
		s.Running(false).Chunk(trials)
		s.noted.mu.Lock()
		s.noted.words.WriteString(words)
		s.noted.file, s.noted.words = nil, nil // they stay, as of a process that ends
		s.noted.mu.Unlock()
		abandon(t, s)
	}
	words := "panic: x\n\ngoroutine 1 [running]:\ngithub.com/neurosweep/sweep/pkg/models/probe.f()\n\t/m.go:1 +0x1\n"
	dies("a", ascending(40), words, 30, 50, 51, 52)
	s := open(t, dir, plan, "b")
	if got := s.Isolated(); !slices.Equal(got, []int64{50, 51, 52}) {
		t.Errorf("isolated are %v", got)
	}
	abandon(t, s)
	dies("c", []int64{50}, words, 51)
	dies("d", nil, "", 51) // killed: nothing to do with it
	s = open(t, dir, plan, "e")
	if got := s.Isolated(); !slices.Equal(got, []int64{52}) {
		t.Errorf("isolated are %v", got)
	}
	if c := s.Counts(); c.Failed != 1 || c.Done != 42 {
		t.Errorf("%+v", c)
	}
	abandon(t, s)
	s = open(t, dir, plan, "f")
	fill(t, s, s.Left(ascending(100)), 10)
	s.Running(false)
	mustClose(t, s)
	mustVerify(t, dir, plan)
	rows, err := OpenRows(dir, plan)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	r, err := rows.At(51)
	if err != nil || r == nil || r.Failure == nil || r.Failure.Class != CrashClass || !strings.Contains(r.Failure.Message, "panic: x") || r.Timing.Attempt != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if names, err := list(filepath.Join(dir, runningDir)); err != nil || names != nil {
		t.Errorf("left behind: %v, %v", names, err)
	}
}
