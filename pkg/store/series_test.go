package store

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

var (
	recorded  = []models.Kept{{Trace: path, Every: 1}, {Trace: load, Every: 2}}
	otherwise = []models.Kept{{Trace: path, Every: 1}, {Trace: load, Every: 3}}
)

// numberedTrial adds to its traces numbers that say where they belong, n times.
func numberedTrial(t *testing.T, plan Plan, b *Batch, trial int64, n int) {
	t.Helper()
	tr := plan.Setting().NewTrial()
	tr.Record(models.NewRecording(plan.Setting().Record, 0))
	var p models.Point
	plan.Point(trial, &p)
	tr.Start(&p)
	for _, o := range testModel.Outputs {
		o.Decl().None(tr)
	}
	for time := range n {
		path.Add(tr, float64(time), number(trial, time, 0), number(trial, time, 1))
		load.Add(tr, float64(time), -number(trial, time, 0))
	}
	b.Add(&p, tr, nil, Timing{Wall: 1, Attempt: 1})
}

func number(trial int64, time, i int) float64 {
	return float64(trial) + float64(time)/(1<<20) + float64(i)/4
}

// TestSeries: long and short traces, added in any order, are there by trial, trace by
// trace, as they were added; more rows than a block has, in one row group; trials/ has
// the bytes that it has without.
func TestSeries(t *testing.T) {
	const trials = 40
	lengths := func(trial int64) int { return []int{0, 1, 700, 3 * blockRows}[trial%4] }
	run := func(plan Plan, order []int64, each int) string {
		dir := t.TempDir()
		s := open(t, dir, plan, "a")
		for len(order) > 0 {
			b := s.NewBatch()
			for _, trial := range order[:min(each, len(order))] {
				numberedTrial(t, plan, b, trial, lengths(trial))
			}
			order = order[b.Len():]
			if err := s.Append(b); err != nil {
				t.Fatal(err)
			}
		}
		mustClose(t, s)
		mustVerify(t, dir, plan)
		return dir
	}
	plan := newTestPlan(trials).recording(recorded...)
	dir := run(plan, ascending(trials), 7)
	shuffled := ascending(trials)
	rand.New(rand.NewPCG(1, 2)).Shuffle(trials, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	if dataOf(t, run(plan, shuffled, 3)) != dataOf(t, dir) {
		t.Error("another order of the records gives other bytes")
	}
	without := dataOf(t, run(newTestPlan(trials), ascending(trials), 7))
	if !strings.HasPrefix(dataOf(t, dir), without) {
		t.Error("trials/ has other bytes where traces are kept")
	}

	r, err := openSeries(filepath.Join(dir, seriesDir, partName(0)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	var got, want []string
	for trial := range int64(trials) {
		if err := r.read(trial, func(trace string, b *block, from, to int) error {
			for row := from; row < to; row++ {
				c := b.columns
				got = append(got, fmt.Sprint(int64(c[seriesTrial].bits[row]), trace, math.Float64frombits(c[seriesTime].bits[row]), int64(c[seriesI].bits[row]), math.Float64frombits(c[seriesValue].bits[row])))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for time := range lengths(trial) {
			for i := range 2 {
				want = append(want, fmt.Sprint(trial, "path", float64(time), i, number(trial, time, i)))
			}
		}
		for time := 0; time < lengths(trial); time += 2 {
			want = append(want, fmt.Sprint(trial, "load", float64(time), 0, -number(trial, time, 0)))
		}
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d numbers, not %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("number %d is %s, not %s", i, got[i], want[i])
		}
	}
	if n := len(r.parquet.RowGroups()); n != 1 {
		t.Errorf("%d row groups", n)
	}
}

// TestSeriesConflict: two records of a trial that differ in one number of a trace are
// reported.
func TestSeriesConflict(t *testing.T) {
	plan := newTestPlan(2).recording(recorded...)
	for _, same := range []bool{true, false} {
		dir := t.TempDir()
		s := open(t, dir, plan, "a")
		for i := range 2 {
			b := s.NewBatch()
			numberedTrial(t, plan, b, 1, 5)
			if i == 1 && !same {
				flat := b.block.columns[len(b.block.columns)-1].flat
				flat[len(flat)-1] = math.Nextafter(flat[len(flat)-1], 1)
			}
			if err := s.Append(b); err != nil {
				t.Fatal(err)
			}
		}
		b := s.NewBatch()
		numberedTrial(t, plan, b, 0, 5)
		if err := s.Append(b); err != nil {
			t.Fatal(err)
		}
		err := s.Close()
		var conflict *ConflictError
		if same != (err == nil) || !same && (!errors.As(err, &conflict) || conflict.Trial != 1 || !strings.Contains(conflict.Column, "load")) {
			t.Errorf("same %v: %v", same, err)
		}
	}
}

// TestSeriesReused: a record is taken over with a changed spec if it has what is
// kept now, from sealed parts and from the journal, and what was set aside is found
// again.
func TestSeriesReused(t *testing.T) {
	one := recorded[:1]
	for _, stop := range []int64{60, 40} {
		dir := t.TempDir()
		failed := int64(0)
		for i, c := range []struct {
			record []models.Kept
			trials int64
			reused bool
		}{
			{recorded, 60, false},
			{recorded, 70, true},   // more trials, the same traces
			{one, 60, true},        // one trace less
			{nil, 60, true},        // none
			{otherwise, 60, false}, // kept otherwise
			{recorded, 60, true},   // as at first: history has it
			{nil, 60, true},
		} {
			plan := newTestPlan(c.trials).recording(c.record...)
			s := open(t, dir, plan, fmt.Sprint("run", i))
			before := s.Counts()
			want := failed // which has no traces, whatever is kept
			if c.reused {
				want = stop
			}
			if before.Done != want || before.Failed != failed {
				t.Errorf("stop %d, step %d: there are %+v at the beginning, not %d", stop, i, before, want)
			}
			add(s, plan, stop, 0)
			mustClose(t, s)
			if failed = s.Counts().Failed; failed == 0 {
				t.Fatal("no trial has failed")
			}
			fresh := t.TempDir()
			if _, err := runOn(fresh, plan, "0", stop, nil); err != nil {
				t.Fatal(err)
			}
			if dataOf(t, dir) != dataOf(t, fresh) {
				t.Errorf("stop %d, step %d: the data set has other bytes than a fresh one", stop, i)
			}
			report, err := Verify(dir, plan)
			if err != nil || stop == c.trials && !report.Complete() || report.Done != stop {
				t.Errorf("stop %d, step %d: %+v, %v", stop, i, report, err)
			}
		}
	}
}

// TestSeriesOfOthers: traces in history that are of another plan than the trials
// beside them are not taken over.
func TestSeriesOfOthers(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	long, short := newTestPlan(60).recording(recorded...), newTestPlan(50).recording(recorded...)
	for _, r := range []struct {
		dir  string
		plan Plan
	}{{dir, long}, {dir, newTestPlan(10)}, {other, short}} {
		if _, err := runOn(r.dir, r.plan, fmt.Sprint(r.plan.Len()), r.plan.Len(), nil); err != nil {
			t.Fatal(err)
		}
	}
	aside := filepath.Join(dir, historyDir, "10", seriesDir, partName(0))
	if _, err := os.Stat(aside); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(other, seriesDir, partName(0)), aside); err != nil {
		t.Fatal(err)
	}
	if missing, err := runOn(dir, long, "a", 60, nil); err != nil || missing != 60-6 { // 6 have failed, and no traces
		t.Errorf("%d trials were run, %v", missing, err)
	}
	mustVerify(t, dir, long)
}

// TestSeriesDamage: whichever bit of a sealed part of the traces is flipped, verify
// names the file; one that is cut, gone or another's is set aside or made again by the
// next run.
func TestSeriesDamage(t *testing.T) {
	plan, dir := newTestPlan(60).recording(recorded...), t.TempDir()
	if _, err := runOn(dir, plan, "0", 60, nil); err != nil {
		t.Fatal(err)
	}
	want := dataOf(t, dir)
	name := filepath.Join(dir, seriesDir, partName(0))
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	named := func(what string) {
		t.Helper()
		report, err := Verify(dir, plan)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range report.Problems {
			if strings.HasPrefix(p.File, seriesDir) {
				return
			}
		}
		t.Errorf("%s: verify finds %v", what, report.Problems)
	}
	write := func(path string, text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for bit := 0; bit < 8*len(whole); bit += 97 {
		damaged := bytes.Clone(whole)
		damaged[bit/8] ^= 1 << (bit % 8)
		write(name, damaged)
		named(fmt.Sprint("bit ", bit))
	}
	// A whole file with right checksums whose rows are not those of the trials.
	for fault, change := range map[string]func(c []column){
		"another trial": func(c []column) { c[seriesTrial].bits[0] = 59 },
		"before":        func(c []column) { c[seriesTrial].bits[len(c[0].bits)-1] = 0 },
		"another trace": func(c []column) { c[seriesTrace].text[3] = "other" },
		"counts": func(c []column) { // the last number of one trace is the first of the next
			trace, trial := c[seriesTrace].text, c[seriesTrial].bits
			for i := 0; ; i++ {
				if trial[i] == trial[i+1] && trace[i] != trace[i+1] {
					trace[i] = trace[i+1]
					return
				}
			}
		},
		"negative": func(c []column) { c[seriesI].bits[3] = math.MaxUint64 },
		"fewer": func(c []column) {
			for i := range c {
				c[i].null, c[i].bits, c[i].text = c[i].null[1:], c[i].bits[min(1, len(c[i].bits)):], c[i].text[min(1, len(c[i].text)):]
			}
		},
	} {
		write(name, whole)
		r, err := openSeries(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.next(r.block); err != nil {
			t.Fatal(err)
		}
		metadata := make(map[string]string)
		for _, key := range []string{"sweep.plan", recordKey, tracesKey, recordedKey} {
			metadata[key] = r.metadata(key)
		}
		r.close()
		change(r.block.columns)
		var out bytes.Buffer
		w := newPartWriter(seriesTable())
		w.begin(&out, metadata)
		if err := errors.Join(w.write(r.block), w.close()); err != nil {
			t.Fatal(err)
		}
		write(name, out.Bytes())
		sums, err := readSums(dir)
		if err != nil {
			t.Fatal(err)
		}
		if sums[seriesDir+"/"+partName(0)], err = hashFile(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		old, _ := os.ReadFile(filepath.Join(dir, sumsFile))
		var text string
		for file, sum := range sums {
			text += sum + "  " + file + "\n"
		}
		write(filepath.Join(dir, sumsFile), []byte(text))
		named(fault)
		write(filepath.Join(dir, sumsFile), old)
	}
	for _, damage := range []func(){
		func() { write(name, whole[:len(whole)/2]) },
		func() {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		},
	} {
		write(name, whole)
		damage()
		named("gone")
		if missing, err := runOn(dir, plan, "b", 60, nil); err != nil || missing != 60-6 { // 6 have failed, and no traces
			t.Errorf("%d trials run again, %v", missing, err)
		}
		if dataOf(t, dir) != want {
			t.Error("the part was not made again")
		}
		mustVerify(t, dir, plan)
	}
	write(filepath.Join(dir, seriesDir, "copy.parquet"), whole)
	named("a file of somebody's")
}

// TestSeriesTail: a run that ends with work left leaves the traces that no part has
// in a tail, a killed one leaves none, and the tail goes when the part comes.
func TestSeriesTail(t *testing.T) {
	plan, dir := newTestPlan(60).recording(recorded...), t.TempDir()
	tail := filepath.Join(dir, seriesDir, tailName)
	if err := killed(dir, plan, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tail); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := runOn(dir, plan, "a", 5, nil); err != nil {
		t.Fatal(err)
	}
	rows := func() (trials []int64) {
		r, err := openSeries(tail)
		if err != nil {
			t.Fatal(err)
		}
		defer r.close()
		for {
			trial, err := r.peek()
			if err == io.EOF {
				return trials
			}
			if err != nil {
				t.Fatal(err)
			}
			trials = append(trials, trial)
			if err := r.read(trial, func(string, *block, int, int) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := rows(); len(got) < 45 || got[0] > 4 || got[len(got)-1] != 59 {
		t.Errorf("the tail has the trials %v", got)
	}
	report, err := Verify(dir, plan)
	if err != nil || len(report.Problems) != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	// Another plan's tail goes.
	if _, err := runOn(dir, newTestPlan(60), "b", 30, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tail); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := runOn(dir, plan, "c", 60, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tail); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	mustVerify(t, dir, plan)
}

// TestHostileTraces: lists in the journal that are no traces, behind right checksums,
// are an error of verify and of the run that would seal them.
func TestHostileTraces(t *testing.T) {
	plan := newTestPlan(20).recording(recorded...)
	for name, change := range map[string]func(c *column){
		"cut":       func(c *column) { c.flat = c.flat[:len(c.flat)-1]; c.end[len(c.end)-1]-- },
		"not a row": func(c *column) { c.flat[1] = math.NaN() },
		"half":      func(c *column) { c.flat[1] = 0.5 },
		"negative":  func(c *column) { c.flat[1] = -1 },
		"far":       func(c *column) { c.flat[1] = 1e300 },
		"none":      func(c *column) { c.null[0] = true },
	} {
		dir := t.TempDir()
		s := open(t, dir, plan, "a")
		b := s.NewBatch()
		for trial := range int64(10) {
			numberedTrial(t, plan, b, trial, 3)
		}
		change(&b.block.columns[len(b.block.columns)-2])
		if err := s.Append(b); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err == nil {
			t.Errorf("%s: a tail was written", name)
		}
		report, err := Verify(dir, plan)
		if err != nil || len(report.Problems) != 2 || !strings.Contains(report.Problems[0].Message, "trace path") {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

// FuzzSeries reads files of traces.
func FuzzSeries(f *testing.F) {
	plan := newTestPlan(7).recording(recorded...)
	var out bytes.Buffer
	w := newPartWriter(seriesTable())
	hash := plan.Hash()
	w.begin(&out, map[string]string{"sweep.plan": hex.EncodeToString(hash[:]), recordKey: recordText(recorded), recordedKey: `{"load":{"trials":1,"numbers":2},"path":{"trials":1,"numbers":1}}`})
	b := newBlock(seriesTable())
	for i, trace := range []string{"path", "load", "load"} {
		b.columns[seriesTrial].addInt(int64(i / 2))
		b.columns[seriesTrace].addText(trace)
		b.columns[seriesTime].addFloat(float64(i))
		b.columns[seriesI].addInt(int64(i))
		b.columns[seriesValue].addFloat(math.NaN())
	}
	if err := errors.Join(w.write(b), w.close()); err != nil {
		f.Fatal(err)
	}
	whole := out.Bytes()
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(bytes.Replace(whole, []byte(`"numbers":2`), []byte(`"numbers":9`), 1))
	file := filepath.Join(f.TempDir(), "part")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
		bounded(t, func() {
			r, err := openSeries(file)
			if err != nil {
				return
			}
			defer r.close()
			sameSeries(file, plan, "")
			for trial := range int64(7) {
				if r.verify(trial, false, recorded) != nil {
					return
				}
			}
			r.end()
		})
	})
}

// TestPlaceChanged: bytes of the journal that have changed since their checksum was
// looked at are not sealed.
func TestPlaceChanged(t *testing.T) {
	plan, file := newTestPlan(1).recording(recorded[:1]...), filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(file, make([]byte, 2*tripleBytes), 0o666); err != nil {
		t.Fatal(err)
	}
	g := &segment{path: file, files: &openFiles{}}
	defer g.files.closeAll()
	w := newTraceWriter(plan)
	right := maphash.Bytes(printSeed, make([]byte, 2*tripleBytes))
	for sum, fine := range map[uint64]bool{right: true, right + 1: false} {
		w.begin()
		if err := w.addTrace(0, "path", &place{segment: g, len: 6, sum: sum}, nil); (err == nil) != fine {
			t.Errorf("fine %v: %v", fine, err)
		}
	}
}
