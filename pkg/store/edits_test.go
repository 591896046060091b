package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

// walker is a model with everything that an edit can touch: axes of each kind,
// failures, traces, a state that is handed on, a measure that may be asked for.
func walker(calls *atomic.Int64) *models.Model {
	x := models.Float("x", 1, "a number")
	n := models.Int("n", 2, "length of the list").AtLeast(0).AtMost(9)
	mode := models.Choice("mode", "whether even lists fail", "good", "bad")
	flag := models.Flag("flag", false, "the sign")
	draw := models.NewStream("draw", n)
	value := models.Scalar("value", "", "a number of all of it")
	count := models.Integer("count", "", "n")
	word := models.Label("word", "a word")
	list := models.Series("list", "", "n numbers").Long(models.AsManyAs(n))
	path := models.NewTrace("path", "", "steps", "two numbers at a time")
	load := models.NewTrace("load", "", "steps", "a number at a time")
	half := models.Scalar("half", "", "half of x")
	extra := &models.Measure{Name: "half", Doc: "half of x", Outputs: []models.Output{half}}
	m := &models.Model{
		Name: "walker", Doc: "Package walker is a model for tests.\n\nIt walks.\n", Version: 1,
		Params: []models.Param{x, n, mode, flag}, Streams: []*models.Stream{draw}, Outputs: []models.Output{value, count, word, list},
		Traces: []*models.Trace{path, load}, Measures: []*models.Measure{extra}, Carries: true,
		Run: func(ctx context.Context, t *models.Trial) error {
			calls.Add(1)
			before := 0.0
			if t.Before != nil {
				before = t.Before[0]
			}
			n := n.Of(t)
			if mode.Of(t) == "bad" && n%2 == 0 && x.Of(t) > 2 {
				return fmt.Errorf("no walk of %d", n)
			}
			v := before/2 + x.Of(t) + draw.Of(t).Float64()
			if flag.Of(t) {
				v = -v
			}
			for i := range n {
				if path.Recorded(t) {
					path.Add(t, float64(i), v, v*v)
				}
				if load.Recorded(t) {
					load.Add(t, float64(i), v/2)
				}
			}
			value.Put(t, v)
			count.Put(t, int64(n))
			word.Put(t, strconv.Itoa(n))
			list.Put(t, slices.Repeat([]float64{v}, n))
			if t.Asks(extra) {
				half.Put(t, x.Of(t)/2)
			}
			t.After = append(t.After[:0], v, before)
			return nil
		},
	}
	return m
}

// sketch is a spec as far as edits go.
type sketch struct {
	order      []string
	values     map[string][]string // one is a constant, unless it is in lists
	lists      map[string]bool
	replicates int
	record     string
	derive     []string
	where      string
	carry      string
	measure    string
	block      string // of n in the second of two blocks
	figures    bool
	variant    bool // the spec's variant is run
	set        []string
	about      int
}

func (s *sketch) clone() *sketch {
	c := *s
	c.order, c.derive, c.set = slices.Clone(s.order), slices.Clone(s.derive), slices.Clone(s.set)
	c.values, c.lists = make(map[string][]string), maps.Clone(s.lists)
	for k, v := range s.values {
		c.values[k] = slices.Clone(v)
	}
	return &c
}

var pool = map[string][]string{
	"x": {"0", "0.5", "1", "2", "3", "7/3", "-1"}, "n": {"1", "2", "3", "4"}, "mode": {"good", "bad"}, "flag": {"false", "true"},
}

func newSketch() *sketch {
	return &sketch{
		order:  []string{"x", "n", "mode", "flag"},
		values: map[string][]string{"x": {"1", "2", "3", "0.5"}, "n": {"2", "1"}, "mode": {"good", "bad"}, "flag": {"false"}}, lists: map[string]bool{}, replicates: 3,
	}
}

// edit changes one thing.
func (s *sketch) edit(r *rand.Rand) {
	pick := func(texts ...string) string { return texts[r.IntN(len(texts))] }
	name := s.order[r.IntN(len(s.order))]
	v := s.values[name]
	switch r.IntN(17) {
	case 0: // constant <-> axis
		if len(v) > 1 {
			s.values[name] = v[:1]
		} else {
			s.values[name] = slices.Clone(pool[name][:min(len(pool[name]), 2+r.IntN(3))])
		}
	case 1, 2: // longer, or refined
		for _, add := range pool[name] {
			if !slices.Contains(v, add) {
				s.values[name] = slices.Insert(v, r.IntN(len(v)+1), add)
				break
			}
		}
	case 3: // shorter
		if len(v) > 1 {
			at := r.IntN(len(v))
			s.values[name] = slices.Delete(v, at, at+1)
		}
	case 4:
		r.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
	case 5:
		r.Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
	case 6:
		s.lists[name] = !s.lists[name]
	case 7:
		s.replicates = 1 + r.IntN(5)
	case 8, 9:
		s.record = pick("", "[path]", "{path: {every: 2}}", "[path, load]", "{load: {every: 3}}", "{path: {}, load: {every: 3}}")
	case 10:
		s.derive = [][]string{nil, {"d: 2 * x"}, {`d: 'x > 1 ? "high" : "low"'`}, {"d: 2 * x", "e: n + 1"}, {"e: n > 2"}}[r.IntN(5)]
	case 11:
		s.where = pick("", "x != 2", "n < 3 or x > 0", "flag or x > 0")
	case 12:
		s.carry = pick("", "", "{axis: x, direction: both}", "{axis: x, direction: up}", "{axis: x, direction: down}")
	case 13:
		s.measure = pick("", "", "[half]")
	case 14:
		s.block = pick("", "", "1", "[1, 3]")
	case 15:
		s.variant, s.set = r.IntN(3) == 0, nil
		if r.IntN(3) == 0 {
			s.set = []string{pick("x=2", "replicates=2", "n=3", "mode=bad")}
		}
	case 16:
		s.figures, s.about = !s.figures, s.about+1
	}
}

func (s *sketch) yaml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "about: question %d\nmodel: walker\nreplicates: %d\n", s.about, s.replicates)
	for key, text := range map[string]string{"record": s.record, "where": s.where, "carry": s.carry, "measure": s.measure} {
		if text != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, text)
		}
	}
	if len(s.derive) > 0 {
		fmt.Fprintf(&b, "derive:\n  %s\n", strings.Join(s.derive, "\n  "))
	}
	var params []string
	for _, name := range s.order {
		if v := s.values[name]; len(v) > 1 || s.lists[name] {
			params = append(params, fmt.Sprintf("%s: [%s]", name, strings.Join(v, ", ")))
		} else {
			params = append(params, name+": "+v[0])
		}
	}
	if s.block == "" {
		fmt.Fprintf(&b, "params: {%s}\n", strings.Join(params, ", "))
	} else {
		var rest []string
		n := ""
		for _, p := range params {
			if strings.HasPrefix(p, "n:") {
				n = p
			} else {
				rest = append(rest, p)
			}
		}
		fmt.Fprintf(&b, "params: {%s}\nblocks:\n  - params: {%s}\n  - params: {n: %s}\n", strings.Join(rest, ", "), n, s.block)
	}
	if s.figures {
		b.WriteString("figures:\n  - {kind: line, x: x, y: mean(value), file: f}\n")
	}
	b.WriteString("variants:\n  quick: {replicates: 2}\n")
	return b.String()
}

// copyOf is one form in which a record is kept somewhere in the folder.
type copyOf struct {
	failed bool
	class  string
	record string // the traces that were kept with it
	run    string
	timing store.Timing
}

// truth is what is known of an identity.
type truth struct {
	copies  []copyOf
	outputs string
	state   string
	traces  map[string]store.TraceSum
}

// world is the model of a folder: what should be there.
type world struct {
	t     *testing.T
	r     *rand.Rand
	dir   string
	calls atomic.Int64
	model *models.Model
	known map[models.ID]*truth
	runs  int
	log   []string

	computed, taken, records int64
}

func (w *world) fatalf(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("%s\n\n%s", fmt.Sprintf(format, args...), strings.Join(w.log, "\n"))
}

func keptText(record []models.Kept) (names []string) {
	for _, k := range record {
		names = append(names, fmt.Sprintf("%s every %d", k.Trace.Name, k.Every))
	}
	return names
}

// available is the copies that a plan that keeps these traces can take over.
func (k *truth) available(record []models.Kept, retry bool) (copies []copyOf) {
	if k == nil {
		return nil
	}
	for _, c := range k.copies {
		lacks := func(name string) bool { return !slices.Contains(strings.Split(c.record, ", "), name) }
		if c.failed && !retry || !c.failed && !slices.ContainsFunc(keptText(record), lacks) {
			copies = append(copies, c)
		}
	}
	// A measurement goes before a failure.
	if slices.ContainsFunc(copies, func(c copyOf) bool { return !c.failed }) {
		copies = slices.DeleteFunc(copies, func(c copyOf) bool { return c.failed })
	}
	return copies
}

// read is the records that the folder has of the plan.
func (w *world) read(plan *experiment.Plan) (map[models.ID]*store.Record, error) {
	rows, err := store.OpenRows(w.dir, plan)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[models.ID]*store.Record)
	err = rows.Each(store.TraceColumns, func(r *store.Record) error {
		if found[r.ID] != nil {
			return fmt.Errorf("%v is there twice", r.ID)
		}
		found[r.ID] = r.Clone()
		return nil
	})
	return found, err
}

// learn takes note of a record, whose numbers must be those known.
func (w *world) learn(plan *experiment.Plan, r *store.Record) {
	w.t.Helper()
	k := w.known[r.ID]
	if k == nil {
		k = &truth{traces: make(map[string]store.TraceSum)}
		w.known[r.ID] = k
	}
	c := copyOf{record: strings.Join(keptText(plan.Setting().Record), ", "), run: r.Run, timing: r.Timing}
	if c.failed = r.Failure != nil; c.failed {
		c.class = r.Failure.Class
	} else {
		outputs, state := fmt.Sprintf("%+v", r.Outputs), fmt.Sprint(r.State)
		if k.outputs != "" && (k.outputs != outputs || k.state != state) {
			w.fatalf("%v has %s and %s, and had %s and %s", r.ID, outputs, state, k.outputs, k.state)
		}
		k.outputs, k.state = outputs, state
		for i, name := range keptText(plan.Setting().Record) {
			if old, ok := k.traces[name]; ok && old != r.Traces[i] {
				w.fatalf("%v has another trace %s", r.ID, name)
			}
			k.traces[name] = r.Traces[i]
		}
	}
	if !slices.Contains(k.copies, c) {
		k.copies = append(k.copies, c)
	}
}

// The ways in which a run ends.
const (
	closed = iota
	killed
	broken
	endings
)

// step runs a spec, some or all of it, and compares what is there with the model.
func (w *world) step(spec *experiment.Spec, whole bool, ending int, retry bool) {
	w.t.Helper()
	plan := spec.Plan()
	w.runs++
	run := fmt.Sprintf("r%04d", w.runs)
	identity := plan.Setting().NewIdentity()
	trials := make(map[models.ID]int64)
	expected := make(map[models.ID][]copyOf)
	var p models.Point
	for trial := range plan.Len() {
		plan.Point(trial, &p)
		id := identity.Of(&p)
		trials[id] = trial
		if copies := w.known[id].available(plan.Setting().Record, retry); len(copies) > 0 {
			expected[id] = copies
		}
	}
	wanted := make([]int64, plan.Len())
	for i := range wanted {
		wanted[i] = int64(i)
	}
	if !whole {
		if plan.ChainLen() == 0 {
			w.r.Shuffle(len(wanted), func(i, j int) { wanted[i], wanted[j] = wanted[j], wanted[i] })
		}
		wanted = wanted[:w.r.IntN(len(wanted)+1)]
	}
	w.log = append(w.log, fmt.Sprintf("%s: %d of %d trials, %d expected, ending %d, retry %v, plan %x", run, len(wanted), plan.Len(), len(expected), ending, retry, plan.Hash()))
	if !retry {
		found, err := store.Survey(w.t.Context(), w.dir, plan)
		if err != nil || found.Done+found.FromEarlier != int64(len(expected)) || found.Moves < 0 {
			w.fatalf("the survey finds %+v, %v", found, err)
		}
	}
	o := store.Options{Run: store.Run{ID: run}, RetryFailed: retry, Notice: func(text string) { w.log = append(w.log, "  "+text) }}
	fault := int64(0)
	var steps atomic.Int64
	if ending == broken {
		fault = 1 + w.r.Int64N(20)*(1+w.r.Int64N(10))
		o = o.WithFault(func(step, path string) error {
			if steps.Add(1) >= fault {
				return syscall.EIO
			}
			return nil
		})
	}
	w.calls.Store(0)
	s, err := store.Open(w.t.Context(), w.dir, plan, spec.Resolved(), o)
	opened := err == nil
	var before store.Counts
	if opened {
		if before = s.Counts(); before.Done != int64(len(expected)) {
			w.fatalf("%+v when it was opened, not %d", before, len(expected))
		}
		if m := s.Moved(); m.Back > m.Records || m.Back > before.Reused || (m.Records > 0) != (m.To != "") {
			w.fatalf("moved %+v", m)
		}
		err = runner.Run(w.t.Context(), nil, plan, runner.Listed(slices.Clone(wanted)), s, runner.Options{Workers: 1 + w.r.IntN(2), Grace: time.Second})
		if ending == killed {
			err = errors.Join(err, s.Kill())
		} else {
			err = errors.Join(err, s.Close())
		}
	}
	// A run may go on without some of its last steps, and then is as any other.
	if hit := fault > 0 && steps.Load() >= fault; err != nil && !hit {
		w.fatalf("%v", err)
	} else if err != nil {
		w.log = append(w.log, fmt.Sprintf("  step %d: %v", fault, err))
		if !opened {
			return // nothing was run, and the data set may be half moved
		}
		// What was run and can be read is there for good; the rest may be.
		found, err := w.read(plan)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			w.fatalf("after a fault: %v", err)
		}
		for _, r := range found {
			if r.Run == run {
				w.learn(plan, r)
			}
		}
		return
	}
	found, err := w.read(plan)
	if err != nil {
		w.fatalf("%v", err)
	}
	fresh := int64(0) // records of trials that were run
	for id, r := range found {
		trial, planned := trials[id]
		if !planned || r.Trial != trial {
			w.fatalf("%v is a record of trial %d", id, r.Trial)
		}
		copies := expected[id]
		switch {
		case r.Run == run && len(copies) > 0:
			w.fatalf("trial %d was run again: there is %+v", trial, copies)
		case r.Run == run:
			if r.Failure == nil || r.Failure.Class != store.CarryClass {
				fresh++
			}
			w.computed++
		default:
			w.taken++
			if retry && r.Failure != nil { // a failure that was not run again is still there
				copies = w.known[id].available(plan.Setting().Record, false)
			}
			if !slices.ContainsFunc(copies, func(c copyOf) bool {
				return c.run == r.Run && c.timing == r.Timing && c.failed == (r.Failure != nil)
			}) {
				w.fatalf("trial %d is of run %q, %+v, and there were %+v", trial, r.Run, r.Timing, copies)
			}
		}
		if f := r.Failure; f != nil && f.Class == store.CarryClass {
			var root int64
			if _, err := fmt.Sscanf(f.Message, "trial %d failed", &root); err != nil || root >= trial || root/plan.ChainLen() != trial/plan.ChainLen() {
				w.fatalf("trial %d: %s", trial, f.Message)
			}
		}
		w.learn(plan, r)
	}
	w.records += int64(len(found))
	if fresh != w.calls.Load() {
		w.fatalf("%d trials were run for %d records", w.calls.Load(), fresh)
	}
	for id, copies := range expected {
		if found[id] == nil {
			w.fatalf("trial %d is lost: there was %+v", trials[id], copies)
		}
	}
	if plan.ChainLen() == 0 {
		identities := make(map[int64]models.ID)
		for id, trial := range trials {
			identities[trial] = id
		}
		for _, trial := range wanted {
			if found[identities[trial]] == nil {
				w.fatalf("trial %d was not run", trial)
			}
		}
	}
	report, err := store.Verify(w.dir, plan)
	if err != nil {
		w.fatalf("%v", err)
	}
	for _, p := range report.Problems {
		if ending != killed && !strings.HasSuffix(p.Message, "trials have no record") || ending == killed && !strings.Contains(p.Message, "no record") && !strings.Contains(p.Message, "next run") {
			w.fatalf("verify: %v", p)
		}
	}
	if report.Done != int64(len(found)) || whole && ending == closed && !report.Complete() {
		w.fatalf("verify: %+v", report)
	}
	if whole && ending == closed && w.r.IntN(8) == 0 {
		w.sameAsFresh(spec, plan)
	}
	if ending == closed && w.r.IntN(6) == 0 {
		l, err := store.RemoveGarbage(w.dir, plan, false, store.LockedError{})
		if err == nil {
			w.log = append(w.log, fmt.Sprintf("  gc removes %d and leaves %d files", len(l.Remove), len(l.Keep)))
		}
	}
}

// sameAsFresh compares the bytes of the data set with those of a run that took nothing
// over.
func (w *world) sameAsFresh(spec *experiment.Spec, plan *experiment.Plan) {
	w.t.Helper()
	dir := w.t.TempDir()
	s, err := store.Open(w.t.Context(), dir, plan, spec.Resolved(), store.Options{Run: store.Run{ID: "fresh"}})
	if err == nil {
		err = runner.Run(w.t.Context(), nil, plan, plan.Sequence(), s, runner.Options{Workers: 2, Grace: time.Second})
		err = errors.Join(err, s.Close())
	}
	if err != nil {
		w.fatalf("%v", err)
	}
	for _, folder := range []string{"trials", "series", "states"} {
		want, _ := os.ReadDir(filepath.Join(dir, folder)) // none where there is no such folder
		got, _ := os.ReadDir(filepath.Join(w.dir, folder))
		if len(got) != len(want) {
			w.fatalf("%s has %v, not %v", folder, got, want)
		}
		for _, f := range want {
			a, err1 := os.ReadFile(filepath.Join(dir, folder, f.Name()))
			b, err2 := os.ReadFile(filepath.Join(w.dir, folder, f.Name()))
			if err1 != nil || err2 != nil || string(a) != string(b) {
				w.fatalf("%s/%s has other bytes than after a fresh run", folder, f.Name())
			}
		}
	}
	os.RemoveAll(dir)
}

// most trials that a spec of a history has.
const mostTrials = 5 * 64

// history runs a spec and edits of it, forth and back.
func history(t *testing.T, seed uint64) *world {
	w := &world{t: t, r: rand.New(rand.NewPCG(seed, 7)), known: make(map[models.ID]*truth)}
	w.dir = filepath.Join(t.TempDir(), "data")
	defer os.RemoveAll(w.dir)
	w.model = walker(&w.calls)
	w.log = []string{fmt.Sprintf("SWEEP_EDITS_SEED=%d", seed)}
	file := filepath.Join(t.TempDir(), "e.yaml")
	now := newSketch()
	var all []*sketch
	for range 2 + w.r.IntN(4) {
		var spec *experiment.Spec
		for spec == nil {
			next := now.clone()
			if len(all) > 0 && w.r.IntN(4) == 0 {
				next = all[w.r.IntN(len(all))].clone()
			} else {
				for range 1 + w.r.IntN(3) {
					next.edit(w.r)
				}
			}
			if err := os.WriteFile(file, []byte(next.yaml()), 0o666); err != nil {
				t.Fatal(err)
			}
			o := experiment.Options{Models: []*models.Model{w.model}, Set: next.set}
			if next.variant {
				o.Variant = "quick"
			}
			read, err := experiment.Read(file, o)
			if err != nil || read.Plan().Len() > mostTrials {
				continue // no such spec, or too long a one
			}
			spec, now = read, next
		}
		all = append(all, now)
		w.log = append(w.log, now.yaml()+fmt.Sprint("variant ", now.variant, " set ", now.set))
		for range 1 + w.r.IntN(2) {
			ending := closed
			if w.r.IntN(3) == 0 {
				ending = w.r.IntN(endings)
			}
			w.step(spec, w.r.IntN(3) > 0, ending, w.r.IntN(8) == 0)
		}
	}
	return w
}

// TestEdits runs random histories of edits of a spec, with records sealed, in the
// journal or half each, with kills and with disks that break, and compares each with a
// model of what should be there: a run computes the identities that no record can be
// taken over of, each once; nothing is lost of the others: their run, their times,
// their state, their traces; and verify finds nothing. SWEEP_EDITS is how many
// histories, SWEEP_EDITS_SEED that of the first.
func TestEdits(t *testing.T) {
	histories, first := 12, uint64(1)
	if text := os.Getenv("SWEEP_EDITS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		histories = n
	}
	if text := os.Getenv("SWEEP_EDITS_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first = n
	}
	var runs int
	var computed, taken int64
	for i := range histories {
		w := history(t, first+uint64(i))
		runs, computed, taken = runs+w.runs, computed+w.computed, taken+w.taken
	}
	t.Logf("%d histories, %d runs: %d records computed and %d taken over or found again", histories, runs, computed, taken)
	if histories > 10 && (computed == 0 || taken == 0) {
		t.Error("nothing was taken over, or nothing computed")
	}
}
