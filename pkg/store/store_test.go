package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/neurosweep/sweep/pkg/models"
)

var (
	x      = models.Float("x", 0, "a number")
	label  = models.Label("word", "a word")
	scalar = models.Scalar("scalar", "mV", "a measurement")
	whole  = models.Integer("whole", "", "a count")
	yes    = models.Bool("yes", "whether")
	series = models.Series("list", "s", "a list")
	path   = models.NewTrace("path", "mV", "ms", "two numbers at a time")
	load   = models.NewTrace("load", "", "steps", "a number at a time")
)

var testModel = &models.Model{
	Name: "test", Doc: "Package test is a model for tests.\n\nIt has every kind of output.\n", Version: 1,
	Params: []models.Param{x}, Outputs: []models.Output{series, label, scalar, whole, yes}, Traces: []*models.Trace{path, load},
	Run: func(context.Context, *models.Trial) error { return nil },
}

// testPlan has trials trials with x = trial.
type testPlan struct {
	setting *models.Setting
	trials  int64
	chain   int64
	length  int // of every list, 0 if they differ
}

func newTestPlan(trials int64) *testPlan {
	return &testPlan{setting: models.NewSetting(testModel, 1, nil), trials: trials}
}

// recording makes the plan keep these traces.
func (p *testPlan) recording(record ...models.Kept) *testPlan {
	p.setting.Record = record
	return p
}

func (p *testPlan) Setting() *models.Setting { return p.setting }
func (p *testPlan) Len() int64               { return p.trials }
func (p *testPlan) ChainLen() int64          { return p.chain }
func (p *testPlan) Swept() []int             { return []int{0} }
func (p *testPlan) Lengths() []int           { return []int{p.length, 0, 0, 0, 0} }
func (p *testPlan) Derived() []models.Column {
	return []models.Column{{Name: "half", Kind: models.FloatKind, Doc: "half of x"}, {Name: "parity", Kind: models.TextKind, Doc: "of x"}}
}
func (p *testPlan) Hash() (h [32]byte) {
	binary.LittleEndian.PutUint64(h[:], uint64(p.trials))
	return h
}

func (p *testPlan) Point(trial int64, dst *models.Point) {
	*dst = models.Point{Trial: trial, Values: append(dst.Values[:0], models.FloatValue(float64(trial))), Index: append(dst.Index[:0], trial),
		Derived: append(dst.Derived[:0], models.FloatValue(float64(trial)/2), models.TextValue([]string{"even", "odd"}[trial%2]))}
}

// strange are the numbers that formats get wrong.
var strange = []float64{
	0, math.Copysign(0, -1), 1, -1.5, math.NaN(), math.Float64frombits(0x7ff8000000000abc), math.Float64frombits(0xfff0000000000001),
	math.Inf(1), math.Inf(-1), math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, math.MaxFloat64, 0x1p-1022, math.Pi,
}

// records adds a record for each of the trials to b.
func records(b *Batch, plan Plan, trials []int64, pick func(n int) int) {
	t := plan.Setting().NewTrial()
	t.Record(models.NewRecording(plan.Setting().Record, 0))
	var p models.Point
	for _, trial := range trials {
		plan.Point(trial, &p)
		t.Start(&p)
		path.Add(t, 0, 1, 2)
		if pick(10) == 0 {
			b.Add(&p, t, &models.Failure{Class: "panic", Message: "at \xff " + strings.Repeat("é", pick(3)), Stack: "f x.go:1\n"}, Timing{Wall: 5, CPU: -1, Attempt: 1})
			continue
		}
		number := func() float64 { return strange[pick(len(strange))] }
		scalar.Put(t, number())
		whole.Put(t, []int64{0, -1, math.MaxInt64, math.MinInt64}[pick(4)])
		yes.Put(t, pick(2) == 0)
		label.Put(t, []string{"", "a", "Bogdanov–Takens", "\x00", strings.Repeat("long ", 100)}[pick(5)])
		xs := make([]float64, cmp.Or(plan.Lengths()[0], pick(4)))
		for i := range xs {
			xs[i] = number()
		}
		series.Put(t, xs)
		for _, o := range testModel.Outputs {
			if pick(5) == 0 {
				o.Decl().None(t)
			}
		}
		if len(plan.Setting().Record) > 0 { // the rest is the same without
			for time := range pick(6) {
				path.Add(t, float64(time)+0.5, number(), number())
				load.Add(t, float64(time), number())
			}
		}
		b.Add(&p, t, nil, Timing{Wall: 1, CPU: 2, Attempt: 1})
	}
}

func testBatch(plan Plan) *Batch {
	return newBatch(plan, journalTable(plan))
}

func sameBlocks(t testing.TB, got, want *block) {
	t.Helper()
	if got.rows() != want.rows() {
		t.Fatalf("%d rows, not %d", got.rows(), want.rows())
	}
	for c := range want.columns {
		for r := range want.rows() {
			if !got.columns[c].sameRow(r, &want.columns[c], r) {
				t.Fatalf("row %d of column %d differs", r, c)
			}
		}
	}
}

// TestPart writes and reads blocks of every kind of value: the bits come back,
// and the bytes are the same each time.
func TestPart(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plan := newTestPlan(rapid.SampledFrom([]int64{1, 2, 7, 50, 50, 200, 200, 200, 200, blockRows, blockRows + 1}).Draw(rt, "trials"))
		plan.length = rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(rt, "length")
		seed := rapid.Uint64().Draw(rt, "seed")
		var first []byte
		for range 2 {
			state := seed
			pick := func(n int) int {
				state = state*6364136223846793005 + 1442695040888963407
				return int(state>>33) % n
			}
			l := newLayout(plan)
			var out bytes.Buffer
			w := newPartWriter(trialsTable(plan))
			w.begin(&out, map[string]string{"b": "1", "a": "2", "c": "3"})
			var blocks []*block
			for from := int64(0); from < plan.trials; from += blockRows {
				b := testBatch(plan)
				var trials []int64
				for trial := from; trial < min(from+blockRows, plan.trials); trial++ {
					trials = append(trials, trial)
				}
				records(b, plan, trials, pick)
				var refs []ref
				for i, trial := range trials {
					refs = append(refs, ref{trial, b.block, i})
				}
				l.trials = newBlock(trialsTable(plan))
				l.fill(refs)
				blocks = append(blocks, l.trials)
				if err := w.write(l.trials); err != nil {
					rt.Fatal(err)
				}
			}
			if err := w.close(); err != nil {
				rt.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "part")
			if err := os.WriteFile(path, out.Bytes(), 0o666); err != nil {
				rt.Fatal(err)
			}
			if err := w.check(path); err != nil {
				rt.Fatal(err)
			}
			r, err := openPart(path, trialsTable(plan), true)
			if err != nil {
				rt.Fatal(err)
			}
			got := newBlock(trialsTable(plan))
			for _, want := range blocks {
				if err := r.next(got); err != nil {
					rt.Fatal(err)
				}
				sameBlocks(t, got, want)
			}
			if err := r.next(got); err != io.EOF {
				rt.Fatalf("after the last row: %v", err)
			}
			r.close()
			if first == nil {
				first = bytes.Clone(out.Bytes())
			} else if !bytes.Equal(first, out.Bytes()) {
				rt.Fatal("the same rows gave other bytes")
			}
		}
	})
}

// writeSegment makes a segment of batches of random records.
func writeSegment(t *testing.T, plan Plan, batches int) (path string, want []*block) {
	t.Helper()
	dir := t.TempDir()
	w, g, err := createSegment(&disk{}, dir, segmentHeader{Format: segmentFormat, Run: "r"}, journalTable(newTestPlan(1)))
	if err != nil {
		t.Fatal(err)
	}
	state := uint64(7)
	pick := func(n int) int {
		state = state*6364136223846793005 + 1442695040888963407
		return int(state>>33) % n
	}
	for i := range batches {
		b := testBatch(plan)
		records(b, plan, []int64{int64(3 * i), int64(3*i + 1), int64(3*i + 2)}, pick)
		if err := w.append(b.block); err != nil {
			t.Fatal(err)
		}
		// A reader gives the records the run that the segment names.
		runs := &b.block.columns[journalRun]
		for i := range runs.null {
			runs.null[i], runs.text[i] = false, "r"
		}
		want = append(want, b.block)
	}
	if err := w.file.Close(); err != nil {
		t.Fatal(err)
	}
	return g.path, want
}

// readSegment returns the batches of the segment that text is.
func readSegment(t *testing.T, path string, text []byte) (got []*block, lost int64, err error) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	g, _, r, err := openSegment(path)
	if err != nil {
		return nil, 0, err
	}
	var files openFiles
	files.keep(g)
	defer files.closeAll()
	table := journalTable(newTestPlan(1))
	lost, err = g.scan(r, table, func(e entry, b *block) error {
		again := newBlock(table)
		if _, err := e.load(table, again, nil); err != nil {
			return err
		}
		sameBlocks(t, again, b)
		got = append(got, again)
		return nil
	})
	return got, lost, err
}

// TestTornSegment cuts a segment at every byte, and fills its tail with zeros,
// as file systems do: exactly the whole batches before are read.
func TestTornSegment(t *testing.T) {
	plan := newTestPlan(100)
	path, want := writeSegment(t, plan, 4)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var ends []int // of the frames
	for at := 0; at < len(text); {
		at += frameHead + int(binary.LittleEndian.Uint32(text[at:]))
		ends = append(ends, at)
	}
	for cut := range len(text) + 1 {
		zeros := append(bytes.Clone(text[:cut]), make([]byte, 50)...)
		for name, damaged := range map[string][]byte{"cut": text[:cut], "zeros": zeros} {
			frames := 0 // whole ones, be it that the zeros are right
			for _, end := range ends {
				if end <= len(damaged) && bytes.Equal(damaged[:end], text[:end]) {
					frames++
				}
			}
			got, lost, err := readSegment(t, path+".damaged", damaged)
			if frames < 2 {
				if !errors.Is(err, errTorn) {
					t.Fatalf("%s at %d: no error for a header that is not whole: %v", name, cut, err)
				}
				continue
			}
			if err != nil {
				t.Fatalf("%s at %d: %v", name, cut, err)
			}
			if len(got) != frames-2 {
				t.Fatalf("%s at %d: %d batches, not %d", name, cut, len(got), frames-2)
			}
			if wantLost := int64(len(damaged) - ends[frames-1]); lost != wantLost {
				t.Fatalf("%s at %d: %d bytes lost, not %d", name, cut, lost, wantLost)
			}
			for i := range got {
				sameBlocks(t, got[i], want[i])
			}
		}
	}
}

// TestFlippedBits flips each bit of a segment: what is read was written.
func TestFlippedBits(t *testing.T) {
	plan := newTestPlan(100)
	path, want := writeSegment(t, plan, 2)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for bit := 0; bit < 8*len(text); bit += 7 {
		damaged := bytes.Clone(text)
		damaged[bit/8] ^= 1 << (bit % 8)
		got, lost, err := readSegment(t, path+".damaged", damaged)
		if err == nil && lost == 0 {
			t.Fatalf("bit %d: nothing was noticed", bit)
		}
		for i := range got {
			sameBlocks(t, got[i], want[i])
		}
	}
}

// TestConflict: two records of a trial that agree are one; two that do not are
// reported; a measurement replaces a failure.
func TestConflict(t *testing.T) {
	plan := newTestPlan(3)
	add := func(b *Batch, trial int64, value float64, failed bool) {
		tr := plan.setting.NewTrial()
		var p models.Point
		plan.Point(trial, &p)
		tr.Start(&p)
		for _, o := range testModel.Outputs {
			o.Decl().None(tr)
		}
		scalar.Put(tr, value)
		var err error
		if failed {
			err = errors.New("broken")
		}
		b.Add(&p, tr, err, Timing{Wall: int64(value), Attempt: 1})
	}
	for _, c := range []struct {
		name           string
		first, second  float64
		failed, refail bool
		want           float64
		conflict       bool
	}{
		{"agree", 2, 2, false, false, 2, false},
		{"disagree", 2, math.Nextafter(2, 3), false, false, 0, true},
		{"replaced", 0, 2, true, false, 2, false},
		{"not replaced", 2, 0, false, true, 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := Open(context.Background(), dir, plan, []byte("spec"), Options{Run: Run{ID: "a"}})
			if err != nil {
				t.Fatal(err)
			}
			b := s.NewBatch()
			add(b, 1, c.first, c.failed)
			if err := s.Append(b); err != nil {
				t.Fatal(err)
			}
			b = s.NewBatch()
			add(b, 1, c.second, c.refail)
			add(b, 0, 1, false)
			add(b, 2, 1, false)
			if err := s.Append(b); err != nil {
				t.Fatal(err)
			}
			err = s.Close()
			var conflict *ConflictError
			if errors.As(err, &conflict) != c.conflict {
				t.Fatalf("Close: %v", err)
			}
			if c.conflict {
				if conflict.Trial != 1 || !strings.Contains(conflict.Error(), "scalar") {
					t.Errorf("the conflict is %v", conflict)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r, err := openPart(filepath.Join(dir, trialsDir, partName(0)), trialsTable(plan), true)
			if err != nil {
				t.Fatal(err)
			}
			defer r.close()
			rows := newBlock(trialsTable(plan))
			if err := r.next(rows); err != nil {
				t.Fatal(err)
			}
			got := rows.columns[trialsTable(plan).place("scalar")]
			if rows.rows() != 3 || math.Float64frombits(got.bits[1]) != c.want {
				t.Errorf("%d rows, %v", rows.rows(), math.Float64frombits(got.bits[1]))
			}
			if report, err := Verify(dir, plan); err != nil || !report.Complete() {
				t.Errorf("Verify: %+v, %v", report, err)
			}
		})
	}
}

// TestForeignNames: nothing outside the result folder is read or written for a
// link that somebody put there.
func TestForeignNames(t *testing.T) {
	plan := newTestPlan(3)
	outside := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(outside, []byte("precious"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{lockFile, "trials/part-000000.parquet", "journal/x.journal", "SHA256SUMS"} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(context.Background(), dir, plan, []byte("spec"), Options{Run: Run{ID: "a"}}); err == nil {
			s.Close()
		}
		if text, err := os.ReadFile(outside); err != nil || string(text) != "precious" {
			t.Errorf("%s: the file outside is now %q, %v", name, text, err)
		}
	}
}

// TestHold: what is being read stays where it is when its part is sealed
// meanwhile, and goes when it has been read.
func TestHold(t *testing.T) {
	plan, dir := newTestPlan(1000), t.TempDir()
	s := open(t, dir, plan, "a")
	fill(t, s, ascending(900), 100)
	mustClose(t, s)
	s = open(t, dir, plan, "b") // writes to a segment of its own
	parts, release := s.hold(0, 1)
	fill(t, s, ascending(1000)[900:], 100)
	for s.Counts().Sealed < 1000 && s.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	timed, err := readTimings(dir, s.tables, slices.Values(parts))
	if err != nil || len(timed) != 900 {
		t.Errorf("%d timings, %v", len(timed), err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(parts[0].entries[0].segment.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a segment that nothing needs is still there: %v", err)
	}
	if timed, err = s.Timings(); err != nil || len(timed) != 1000 {
		t.Errorf("%d timings, %v", len(timed), err)
	}
	mustClose(t, s)
	mustVerify(t, dir, plan)
}
