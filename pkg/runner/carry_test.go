package runner_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/neuron"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

// loops is a plan of chains of the neuron along b, up and down in turn, for
// each of some weights.
type loops struct {
	setting  *models.Setting
	weights  []float64
	low, gap float64
	links    int64
}

func newLoops(m *models.Model, links int64, weights ...float64) *loops {
	return &loops{models.NewSetting(m, 1, nil), weights, -6, 5 / float64(links-1), links}
}

func (p *loops) Setting() *models.Setting { return p.setting }
func (p *loops) Len() int64               { return 2 * int64(len(p.weights)) * p.links }
func (p *loops) ChainLen() int64          { return p.links }
func (p *loops) Lengths() []int           { return make([]int, len(p.setting.Model.Outputs)) }
func (p *loops) Derived() []models.Column { return nil }

func (p *loops) Swept() []int { return []int{0, 1} }
func (p *loops) Hash() [32]byte {
	return sha256.Sum256(fmt.Append(nil, p.weights, p.low, p.gap, p.links))
}

func (p *loops) Point(trial int64, dst *models.Point) {
	chain, at := trial/p.links, trial%p.links
	dst.Trial, dst.Direction = trial, 1
	h := sha256.New()
	for i := range at {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(i)))
	}
	dst.Chain = [32]byte{}
	if at > 0 {
		h.Sum(dst.Chain[:0])
	}
	if chain%2 == 1 {
		dst.Direction, at = -1, p.links-1-at
	}
	dst.Values, dst.Index = dst.Values[:0], dst.Index[:0]
	for _, param := range p.setting.Model.Params {
		dst.Values, dst.Index = append(dst.Values, param.Decl().Default), append(dst.Index, 0)
	}
	dst.Values[0], dst.Index[0] = models.FloatValue(p.weights[chain/2]), chain/2
	dst.Values[1], dst.Index[1] = models.FloatValue(p.low+p.gap*float64(at)), at
}

// inOrder is all trials of a plan, ascending.
func inOrder(length int64) runner.Order {
	trials := make([]int64, length)
	for i := range trials {
		trials[i] = int64(i)
	}
	return runner.Listed(trials)
}

type testPlan interface {
	runner.Plan
	store.Plan
}

// runAll runs what is left of the plan in dir, until stop is closed.
func runAll(t *testing.T, dir string, p testPlan, order runner.Order, stop <-chan struct{}, o runner.Options, retry bool) store.Counts {
	t.Helper()
	st, err := store.Open(t.Context(), dir, p, []byte("spec"), store.Options{Run: store.Run{ID: fmt.Sprintf("r%019d", time.Now().UnixNano())}, RetryFailed: retry})
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Run(context.Background(), stop, p, order, st, o); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return st.Counts()
}

// sums is the text of SHA256SUMS without the timings, which are no function of
// the plan.
func sums(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "  timings/") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// wrapped is the neuron with something done before each run.
func wrapped(before func(ctx context.Context, t *models.Trial) error) *models.Model {
	m := *neuron.Model
	m.Run = func(ctx context.Context, t *models.Trial) error {
		if err := before(ctx, t); err != nil {
			return err
		}
		return neuron.Model.Run(ctx, t)
	}
	return &m
}

type row struct {
	Trial      int64    `parquet:"trial"`
	B          float64  `parquet:"b"`
	X          *float64 `parquet:"x"`
	Status     string   `parquet:"status"`
	ErrorClass *string  `parquet:"error_class"`
	Error      *string  `parquet:"error"`
}

func readRows(t *testing.T, dir, name string) []row {
	t.Helper()
	rows, err := parquet.ReadFile[row](filepath.Join(dir, "trials", name))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func verified(t *testing.T, dir string, p store.Plan) {
	t.Helper()
	r, err := store.Verify(dir, p)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Complete() {
		t.Errorf("Verify: %d of %d, %v", r.Done, r.Planned, r.Problems)
	}
}

// TestHysteresis: along b at w = 8 the state jumps where the fixed points fold,
// within one step; docs/known-answers.md, row 5c.
func TestHysteresis(t *testing.T) {
	dir, p := t.TempDir(), newLoops(neuron.Model, 501, 8)
	runAll(t, dir, p, inOrder(p.Len()), nil, runner.Options{}, false)
	verified(t, dir, p)
	rows := readRows(t, dir, "part-000000.parquet")
	jump := func(rows []row) (from, to float64) {
		for i := 1; i < len(rows); i++ {
			if math.Abs(*rows[i].X-*rows[i-1].X) > 0.3 {
				return rows[i-1].B, rows[i].B
			}
		}
		return math.NaN(), math.NaN()
	}
	if from, to := jump(rows[:p.links]); !(from <= -2.934320 && -2.934320 <= to) {
		t.Errorf("up, the jump lies between b = %v and %v", from, to)
	}
	if from, to := jump(rows[p.links:]); !(from >= -5.065680 && -5.065680 >= to) {
		t.Errorf("down, the jump lies between b = %v and %v", from, to)
	}
}

// copyDir copies what a kill would leave.
func copyDir(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestChainSameBits: the bytes of trials/ and states/ are the same with any
// number of workers, after stops in mid-chain, and from what a kill in mid-chain
// leaves; and a resumed run does not begin chains again.
func TestChainSameBits(t *testing.T) {
	weights := []float64{5, 6, 7, 8, 9}
	whole := t.TempDir()
	p := newLoops(neuron.Model, 300, weights...)
	runAll(t, whole, p, inOrder(p.Len()), nil, runner.Options{Workers: 1}, false)
	verified(t, whole, p)
	want := sums(t, whole)
	if strings.Count(want, "\n") != 2 || !strings.Contains(want, "states/part-000000.parquet") {
		t.Fatalf("the sealed files are\n%s", want)
	}
	four := t.TempDir()
	runAll(t, four, p, inOrder(p.Len()), nil, runner.Options{Workers: 4}, false)
	if got := sums(t, four); got != want {
		t.Errorf("4 workers:\n%s, want\n%s", got, want)
	}

	dir := t.TempDir()
	var runs atomic.Int64
	var stopAt int64
	var stop chan struct{}
	slow := newLoops(wrapped(func(context.Context, *models.Trial) error {
		if runs.Add(1) == stopAt {
			close(stop)
		}
		time.Sleep(20 * time.Microsecond)
		return nil
	}), 300, weights...)
	for _, stopAt = range []int64{137, 801, 1502, 2222} {
		stop = make(chan struct{})
		c := runAll(t, dir, slow, inOrder(p.Len()), stop, runner.Options{Workers: 3, Grace: time.Minute}, false)
		if c.Done != runs.Load() {
			t.Errorf("%d trials were run for %d records", runs.Load(), c.Done)
		}
		if c.Done%300 == 0 {
			t.Errorf("%d done: no chain was stopped in its middle", c.Done)
		}
	}
	runAll(t, dir, slow, inOrder(p.Len()), nil, runner.Options{Workers: 2}, false)
	if runs.Load() != p.Len() {
		t.Errorf("%d trials were run, the plan has %d", runs.Load(), p.Len())
	}
	if got := sums(t, dir); got != want {
		t.Errorf("stopped four times:\n%s, want\n%s", got, want)
	}
	verified(t, dir, p)

	// What lies on the disk in the middle of a run is what a kill leaves.
	busy, taken, over := t.TempDir(), make(chan string), make(chan struct{})
	var begun atomic.Int64
	held := newLoops(wrapped(func(context.Context, *models.Trial) error {
		if begun.Add(1) > 700 {
			<-over
		}
		time.Sleep(20 * time.Microsecond)
		return nil
	}), 300, weights...)
	go func() {
		time.Sleep(1500 * time.Millisecond)
		taken <- copyDir(t, busy)
		close(over)
	}()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runAll(t, busy, held, inOrder(p.Len()), nil, runner.Options{Workers: 2}, false)
	}()
	killed := <-taken
	<-done
	before, err := store.Status(killed, p)
	if err != nil || before.Done == 0 || before.Done > 700 {
		t.Fatalf("the copy has %+v, %v", before, err)
	}
	runAll(t, killed, p, inOrder(p.Len()), nil, runner.Options{Workers: 4}, false)
	if got := sums(t, killed); got != want {
		t.Errorf("after a kill:\n%s, want\n%s", got, want)
	}
}

// TestBrokenChain: a link that fails ends its chain, in every way of failing,
// and a retry goes on from the last state before it.
func TestBrokenChain(t *testing.T) {
	const bad = 57 // in the first chain of 100
	for _, how := range []string{"error", "panic", "timeout", "ignored timeout"} {
		t.Run(how, func(t *testing.T) {
			var broken atomic.Bool
			broken.Store(true)
			var runs atomic.Int64
			p := newLoops(faulty(&broken, &runs, how), 100, 8, 6)
			b := -6 + p.gap*bad
			badB.Store(math.Float64bits(models.FloatValue(b).Float()))
			dir := t.TempDir()
			o := runner.Options{Workers: 2, Timeout: 300 * time.Millisecond, Grace: 50 * time.Millisecond}
			c := runAll(t, dir, p, inOrder(p.Len()), nil, o, false)
			if c.Done != 400 || c.Failed != 100-bad {
				t.Fatalf("%+v", c)
			}
			verified(t, dir, p)
			class, _, _ := strings.Cut(how, " ")
			if class == "ignored" {
				class = "timeout"
			}
			for _, r := range readRows(t, dir, "part-000000.parquet") {
				switch {
				case r.Trial < bad || r.Trial >= 100:
					if r.Status != "ok" {
						t.Fatalf("trial %d: %s", r.Trial, r.Status)
					}
				case r.Trial == bad:
					if *r.ErrorClass != class {
						t.Fatalf("trial %d: class %s", r.Trial, *r.ErrorClass)
					}
				default:
					if *r.ErrorClass != "carry" || !strings.HasPrefix(*r.Error, fmt.Sprintf("trial %d failed", bad)) {
						t.Fatalf("trial %d: class %s, %s", r.Trial, *r.ErrorClass, *r.Error)
					}
				}
			}
			broken.Store(false)
			runs.Store(0)
			if c := runAll(t, dir, p, inOrder(p.Len()), nil, o, false); c.Failed != 100-bad || runs.Load() != 0 {
				t.Errorf("failed trials ran again: %+v", c)
			}
			if c := runAll(t, dir, p, inOrder(p.Len()), nil, o, true); c.Failed != 0 || runs.Load() != 100-bad {
				t.Errorf("a retry ran %d trials: %+v", runs.Load(), c)
			}
			verified(t, dir, p)
			whole := t.TempDir()
			runAll(t, whole, p, inOrder(p.Len()), nil, o, false)
			if got, want := sums(t, dir), sums(t, whole); got != want {
				t.Errorf("after a retry:\n%s, want\n%s", got, want)
			}
		})
	}
}

// badB is the bias at which the model of TestBrokenChain fails, upwards.
var badB atomic.Uint64

// faulty is the neuron that fails at badB at w = 8 while broken is true.
func faulty(broken *atomic.Bool, runs *atomic.Int64, how string) *models.Model {
	w, b := neuron.Model.Params[0].(*models.FloatParam), neuron.Model.Params[1].(*models.FloatParam)
	return wrapped(func(ctx context.Context, t *models.Trial) error {
		runs.Add(1)
		up := t.Before != nil && t.Before[0] < 0.5
		if !broken.Load() || !up || w.Of(t) != 8 || math.Float64bits(b.Of(t)) != badB.Load() {
			return nil
		}
		switch how {
		case "error":
			return errors.New("as asked for")
		case "panic":
			panic("as asked for")
		case "timeout":
			<-ctx.Done()
			return ctx.Err()
		}
		time.Sleep(700 * time.Millisecond)
		return nil
	})
}

// TestMissingStates: without its states a sealed part is no part of a chain's
// plan, and is computed again.
func TestMissingStates(t *testing.T) {
	dir, p := t.TempDir(), newLoops(neuron.Model, 50, 8)
	runAll(t, dir, p, inOrder(p.Len()), nil, runner.Options{}, false)
	want := sums(t, dir)
	if err := os.Remove(filepath.Join(dir, "states/part-000000.parquet")); err != nil {
		t.Fatal(err)
	}
	if r, err := store.Verify(dir, p); err != nil || r.Complete() {
		t.Errorf("Verify did not miss the states: %+v, %v", r, err)
	}
	runAll(t, dir, p, inOrder(p.Len()), nil, runner.Options{}, false)
	verified(t, dir, p)
	if got := sums(t, dir); got != want {
		t.Errorf("computed again:\n%s, want\n%s", got, want)
	}
}

// TestReusedChain: a plan with more chains takes the others over, with their
// states.
func TestReusedChain(t *testing.T) {
	dir := t.TempDir()
	small, large := newLoops(neuron.Model, 50, 8), newLoops(neuron.Model, 50, 8, 6)
	runAll(t, dir, small, inOrder(small.Len()), nil, runner.Options{}, false)
	if c := runAll(t, dir, large, inOrder(large.Len()), nil, runner.Options{}, false); c.Reused != 100 {
		t.Errorf("%+v", c)
	}
	verified(t, dir, large)
	whole := t.TempDir()
	runAll(t, whole, large, inOrder(large.Len()), nil, runner.Options{}, false)
	if got, want := sums(t, dir), sums(t, whole); got != want {
		t.Errorf("reused:\n%s, want\n%s", got, want)
	}
}

// TestChainOfLoneLinks: an order that asks for one link gets those before it.
func TestChainOfLoneLinks(t *testing.T) {
	dir, p := t.TempDir(), newLoops(neuron.Model, 50, 8)
	c := runAll(t, dir, p, runner.Listed([]int64{3, 71}), nil, runner.Options{}, false)
	if c.Done != 4+22 {
		t.Errorf("%+v", c)
	}
	var done []int64
	for _, r := range readRows(t, dir, "tail.parquet") {
		done = append(done, r.Trial)
	}
	if done[0] != 0 || !slices.Contains(done, 71) || slices.Contains(done, 72) {
		t.Errorf("done are %v", done)
	}
}
