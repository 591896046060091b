package runner_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/runner"
)

// TestCutOff: a trial that the end of a run cuts off is told with how long it had
// run, and a run that leaves it hardly longer does not begin it again.
func TestCutOff(t *testing.T) {
	m := sleeper(nil)
	p := &sizes{models.NewSetting(m, 1, nil), []float64{1, 60_000, 1, 1}}
	dir := t.TempDir()
	const grace = 200 * time.Millisecond
	var outcome runner.Outcome
	run := func(window time.Duration, before map[models.ID]time.Duration, all bool) {
		t.Helper()
		outcome = runner.Outcome{}
		runAll(t, dir, p, inOrder(p.Len()), nil, runner.Options{
			Workers: 1, Grace: grace, Until: time.Now().Add(window - grace), CutBefore: before, BeginAll: all, Outcome: &outcome,
		}, false)
	}
	run(600*time.Millisecond, nil, false)
	if len(outcome.Cut) != 1 || outcome.Cut[0].Trial != 1 || outcome.LeftOut != 0 {
		t.Fatalf("%+v", outcome)
	}
	cut := outcome.Cut[0]
	if cut.Ran < 100*time.Millisecond || cut.Ran > 10*time.Second {
		t.Errorf("it is said to have run for %v", cut.Ran)
	}
	before := map[models.ID]time.Duration{cut.ID: cut.Ran}
	begun := time.Now()
	run(cut.Ran, before, false)
	if len(outcome.Cut) != 0 || outcome.LeftOut != 1 || outcome.Needs != cut.Ran+cut.Ran/4 {
		t.Errorf("known to be too long: %+v", outcome)
	}
	if done := recorded(t, dir); len(done) != 3 {
		t.Errorf("done are %v", done)
	}
	if took := time.Since(begun); took > cut.Ran {
		t.Errorf("it took %v to find that there is nothing to begin", took)
	}
	run(cut.Ran, before, true)
	if len(outcome.Cut) != 1 || outcome.LeftOut != 0 {
		t.Errorf("all were to be begun: %+v", outcome)
	}
	run(2*cut.Ran, before, false)
	if len(outcome.Cut) != 1 || outcome.Cut[0].Ran < cut.Ran {
		t.Errorf("in a longer window: %+v", outcome)
	}
}

// TestCutOffDeaf: a trial that ignores that it is cancelled is told too, and nobody
// waits for it where the caller does not.
func TestCutOffDeaf(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	stop := make(chan struct{})
	m := hooked(func(ctx context.Context, tr *models.Trial) error {
		if x.Of(tr) == 1 {
			close(stop)
			time.AfterFunc(100*time.Millisecond, cancel)
			<-release
		}
		return nil
	})
	var outcome runner.Outcome
	begun := time.Now()
	report, counts := runSpec(t, m, 1, 100, stop, ctx, runner.Options{Workers: 1, Grace: time.Hour, Outcome: &outcome})
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v to stop at once", took)
	}
	if counts.Done != 1 || report.Done != 1 || len(outcome.Cut) != 1 || outcome.Cut[0].Trial != 1 || outcome.Cut[0].Ran < 50*time.Millisecond {
		t.Errorf("%d done, %+v", counts.Done, outcome)
	}
}

// TestCensored: a trial that was cut off counts for more time than it had, in what is
// expected of its like.
func TestCensored(t *testing.T) {
	m := sleeper(nil)
	costs := runner.NewCosts(m)
	point := func(ms float64) *models.Point { return &models.Point{Values: []models.Value{models.FloatValue(ms)}} }
	for range 20 {
		for _, ms := range []float64{10, 20, 40} {
			costs.Observe(point(ms), time.Duration(ms*float64(time.Millisecond)))
		}
	}
	wall := func(ms float64) float64 { return costs.Fit().Wall(runner.Traits(m, point(ms), nil)) }
	before := wall(80)
	costs.Censor(point(20), 5*time.Millisecond) // less than is known
	if got := wall(80); got != before {
		t.Errorf("what was cut off early changes what is expected from %v to %v", before, got)
	}
	for range 20 {
		costs.Censor(point(80), 10*time.Second)
	}
	if got := wall(80); got < 2 {
		t.Errorf("%v s are expected of trials that were cut off after 10 s; it was %v s", got, before)
	}
}

// TestMemoryBeside: what is done beside the trials is given up when memory is short,
// and no trial is blamed for it.
func TestMemoryBeside(t *testing.T) {
	var said notices
	var beside runner.Beside
	over := make(chan struct{})
	work := make(chan error)
	var taken atomic.Bool
	limit := above(100 * mebibyte)
	go func() {
		work <- beside.Do(context.Background(), func(ctx context.Context) {
			var all [][]byte
			for len(all) < 2000 && ctx.Err() == nil {
				all = append(all, fill(mebibyte))
			}
			taken.Store(len(all) > 50)
			time.Sleep(50 * time.Millisecond) // it does not end in no time
			runtime.KeepAlive(all)
		})
		close(over)
	}()
	m := hooked(func(ctx context.Context, tr *models.Trial) error {
		select {
		case <-over:
			return nil
		case <-ctx.Done():
			t.Error("a trial was cancelled for what is done beside it")
			return ctx.Err()
		case err := <-work:
			if err != runner.ErrGivenUp {
				t.Errorf("the work ended with %v", err)
			}
			return nil
		}
	})
	report, counts := runSpec(t, m, 1, 20, nil, t.Context(), runner.Options{Workers: 2, Memory: limit, Grace: time.Minute, Notice: said.add, Beside: &beside})
	if !report.Complete() || counts.Failed != 0 || len(said.texts) != 0 || !taken.Load() {
		t.Errorf("%d failed of %d; said %q", counts.Failed, counts.Done, said.texts)
	}
	if err := beside.Do(t.Context(), func(context.Context) {}); err != nil {
		t.Errorf("nothing may be done beside the trials any more: %v", err)
	}
}
