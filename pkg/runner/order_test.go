package runner_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

var (
	size = models.Float("size", 1, "how long a trial takes").In("ms")
	took = models.Scalar("took", "ms", "how long it took")
)

// sleeper takes size milliseconds.
func sleeper(before func()) *models.Model {
	return &models.Model{
		Name: "sleeper", Doc: "Package sleeper is a model that waits.\n\nFor tests.\n", Version: 1,
		Params: []models.Param{size}, Outputs: []models.Output{took}, Size: []models.Param{size},
		Run: func(ctx context.Context, t *models.Trial) error {
			if before != nil {
				before()
			}
			select {
			case <-time.After(time.Duration(size.Of(t) * float64(time.Millisecond))):
			case <-ctx.Done():
				return ctx.Err()
			}
			took.Put(t, size.Of(t))
			return nil
		},
	}
}

// sizes is a plan of one trial for each size.
type sizes struct {
	setting *models.Setting
	ms      []float64
}

func (p *sizes) Setting() *models.Setting { return p.setting }
func (p *sizes) Len() int64               { return int64(len(p.ms)) }
func (p *sizes) ChainLen() int64          { return 0 }
func (p *sizes) Lengths() []int           { return make([]int, len(p.setting.Model.Outputs)) }
func (p *sizes) Derived() []models.Column { return nil }
func (p *sizes) Swept() []int             { return []int{0} }
func (p *sizes) Hash() [32]byte           { return sha256.Sum256(fmt.Append(nil, p.ms)) }
func (p *sizes) Point(trial int64, dst *models.Point) {
	// The place tells trials of one size apart.
	*dst = models.Point{Trial: trial, Replicate: trial, Values: append(dst.Values[:0], models.FloatValue(p.ms[trial])), Index: append(dst.Index[:0], trial)}
}

func recorded(t *testing.T, dir string) []int64 {
	t.Helper()
	var done []int64
	for _, r := range readRows(t, dir, "tail.parquet") {
		done = append(done, r.Trial)
	}
	return done
}

// TestOrderIsKept: a run that ends after a quarter of a grid that is refined in
// steps has all of the coarser grid.
func TestOrderIsKept(t *testing.T) {
	const side = 24
	var order []int64
	for _, step := range []int{4, 2, 1} {
		for i := 0; i < side; i += step {
			for j := 0; j < side; j += step {
				if trial := int64(i*side + j); !slices.Contains(order, trial) {
					order = append(order, trial)
				}
			}
		}
	}
	const coarse, workers = side * side / 4, 3
	var runs atomic.Int64
	ctx, cancel := context.WithCancel(context.Background())
	p := &sizes{models.NewSetting(sleeper(func() {
		// Trials of 2 ms come in chunks of at most ten.
		if runs.Add(1) == coarse+10*workers {
			cancel()
		}
	}), 1, nil), slices.Repeat([]float64{2}, side*side)}
	dir := t.TempDir()
	st, err := store.Open(t.Context(), dir, p, []byte("spec"), store.Options{Run: store.Run{ID: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Run(ctx, nil, p, runner.Listed(order), st, runner.Options{Workers: workers}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	done := recorded(t, dir)
	if len(done) == len(order) {
		t.Fatal("the run was not ended")
	}
	for _, trial := range order[:coarse] {
		if !slices.Contains(done, trial) {
			t.Errorf("trial %d of the coarse grid is missing", trial)
		}
	}
}

// TestChunksKeepOrder: trials that take microseconds, which come in chunks of
// thousands, are run in the order that was asked for too.
func TestChunksKeepOrder(t *testing.T) {
	var ran, order []int64
	m := sleeper(nil)
	m.Run = func(ctx context.Context, t *models.Trial) error {
		ran = append(ran, int64(size.Of(t)))
		took.Put(t, 0)
		return nil
	}
	p := &sizes{setting: models.NewSetting(m, 1, nil)}
	for trial := range int64(100_000) {
		p.ms = append(p.ms, float64(trial))
		order = append(order, trial)
	}
	slices.Reverse(order)
	runAll(t, t.TempDir(), p, runner.Listed(slices.Clone(order)), nil, runner.Options{Workers: 1}, true)
	if !slices.Equal(ran, order) {
		t.Error("trials were run in another order")
	}
}

// TestUntil: at the deadline nothing more is begun and what runs may end.
func TestUntil(t *testing.T) {
	p := &sizes{models.NewSetting(sleeper(nil), 1, nil), slices.Repeat([]float64{50}, 100)}
	dir, begun := t.TempDir(), time.Now()
	c := runAll(t, dir, p, inOrder(p.Len()), nil, runner.Options{Workers: 2, Grace: 10 * time.Second, Until: begun.Add(400 * time.Millisecond)}, false)
	if took := time.Since(begun); took < 400*time.Millisecond || took > time.Minute {
		t.Errorf("the run took %v", took)
	}
	if c.Done < 1 || c.Done > 20 {
		t.Errorf("%d trials of 50 ms in 400 ms on 2 workers", c.Done)
	}
}

// TestUntilLeavesOut: what would be cut off is not begun, and shorter trials
// behind it are.
func TestUntilLeavesOut(t *testing.T) {
	ms := slices.Repeat([]float64{1, 2, 4, 8}, 6)
	long := int64(len(ms))
	ms = append(ms, 60_000, 1, 1)
	var ran atomic.Bool
	m := sleeper(nil)
	inner := m.Run
	m.Run = func(ctx context.Context, t *models.Trial) error {
		if size.Of(t) > 1000 {
			ran.Store(true)
		}
		return inner(ctx, t)
	}
	p := &sizes{models.NewSetting(m, 1, nil), ms}
	// What earlier runs have told, so that the machine's other work does not
	// decide what is expected.
	costs := runner.NewCosts(m)
	for range 100 {
		for ms := 1.0; ms < 1e6; ms *= 10 {
			costs.Observe(&models.Point{Values: []models.Value{models.FloatValue(ms)}}, time.Duration(ms*float64(time.Millisecond)))
		}
	}
	dir, begun := t.TempDir(), time.Now()
	runAll(t, dir, p, inOrder(p.Len()), nil, runner.Options{Workers: 1, Grace: 5 * time.Second, Until: begun.Add(10 * time.Second), Costs: costs}, false)
	done := recorded(t, dir)
	if ran.Load() || slices.Contains(done, long) || len(done) != len(ms)-1 {
		t.Errorf("done are %v; the long trial, %d, was begun: %v", done, long, ran.Load())
	}
}

// TestStopIsHeeded: after a stop no trial of a chunk is begun.
func TestStopIsHeeded(t *testing.T) {
	stop := make(chan struct{})
	var runs atomic.Int64
	p := &sizes{models.NewSetting(sleeper(func() {
		if runs.Add(1) == 200 {
			close(stop)
			time.Sleep(50 * time.Millisecond)
		}
	}), 1, nil), slices.Repeat([]float64{0.1}, 10_000)}
	c := runAll(t, t.TempDir(), p, inOrder(p.Len()), stop, runner.Options{Workers: 1, Grace: time.Minute}, false)
	if c.Done != runs.Load() || c.Done > 201 {
		t.Errorf("%d records, %d trials begun", c.Done, runs.Load())
	}
}
