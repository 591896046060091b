package runner_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

// hooked is a model that calls f in every trial.
func hooked(f func(ctx context.Context, t *models.Trial) error) *models.Model {
	m := *empty
	m.Run = func(ctx context.Context, t *models.Trial) error {
		if err := f(ctx, t); err != nil {
			return err
		}
		return empty.Run(ctx, t)
	}
	return &m
}

// runSpec runs a spec of m with the given replicates and axis x in a new folder.
func runSpec(t *testing.T, m *models.Model, replicates, xs int, stop <-chan struct{}, ctx context.Context, o runner.Options) (*store.Report, store.Counts) {
	t.Helper()
	spec, err := experiment.Parse("empty.yaml", fmt.Appendf(nil, "about: runner\nmodel: empty\norder: row\nreplicates: %d\nparams:\n  x: {linspace: [0, %d, %d]}\n", replicates, xs-1, xs),
		experiment.Options{Models: []*models.Model{m}})
	if err != nil {
		t.Fatal(err)
	}
	dir, plan := t.TempDir(), spec.Plan()
	st, err := store.Open(t.Context(), dir, plan, spec.Resolved(), store.Options{Run: store.Run{ID: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Run(ctx, stop, plan, plan.Sequence(), st, o); err != nil {
		t.Error(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := store.Verify(dir, plan)
	if err != nil {
		t.Fatal(err)
	}
	return report, st.Counts()
}

func TestEachTrialOnce(t *testing.T) {
	for _, workers := range []int{1, 3, 16} {
		var mu sync.Mutex
		seen := make(map[float64]int)
		m := hooked(func(ctx context.Context, tr *models.Trial) error {
			mu.Lock()
			defer mu.Unlock()
			seen[x.Of(tr)]++
			return nil
		})
		report, _ := runSpec(t, m, 7, 501, nil, t.Context(), runner.Options{Workers: workers})
		if !report.Complete() || report.Done != 7*501 {
			t.Errorf("%d workers: %+v", workers, report)
		}
		for at, n := range seen {
			if n != 7 {
				t.Errorf("%d workers: %d trials at x = %v, not 7", workers, n, at)
			}
		}
	}
}

func TestFailuresAreRecords(t *testing.T) {
	m := hooked(func(ctx context.Context, tr *models.Trial) error {
		switch int(x.Of(tr)) % 4 {
		case 1:
			return errors.New("no")
		case 2:
			panic("no")
		case 3:
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	})
	report, counts := runSpec(t, m, 1, 40, nil, t.Context(), runner.Options{Workers: 4, Timeout: 20 * time.Millisecond})
	if !report.Complete() || counts.Failed != 30 {
		t.Errorf("%d failed of %d", counts.Failed, counts.Done)
	}
}

func TestRetries(t *testing.T) {
	var mu sync.Mutex
	tries := make(map[float64]int)
	m := hooked(func(ctx context.Context, tr *models.Trial) error {
		mu.Lock()
		defer mu.Unlock()
		tries[x.Of(tr)]++
		if tries[x.Of(tr)] < 3 {
			panic("not yet")
		}
		return nil
	})
	if report, counts := runSpec(t, m, 1, 50, nil, t.Context(), runner.Options{Retries: 2}); !report.Complete() || counts.Failed != 0 {
		t.Errorf("with two retries %d failed", counts.Failed)
	}
	clear(tries)
	if report, counts := runSpec(t, m, 1, 50, nil, t.Context(), runner.Options{Retries: 1}); !report.Complete() || counts.Failed != 50 {
		t.Errorf("with one retry %d failed", counts.Failed)
	}
}

// TestLeftBehind: a model that ignores its context costs its trial and no other.
func TestLeftBehind(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	m := hooked(func(ctx context.Context, tr *models.Trial) error {
		if x.Of(tr) == 13 {
			<-release
		}
		return nil
	})
	report, counts := runSpec(t, m, 1, 2000, nil, t.Context(), runner.Options{Workers: 1, Timeout: 30 * time.Millisecond, Grace: 30 * time.Millisecond})
	if !report.Complete() || counts.Failed != 1 {
		t.Errorf("%d failed, %d of %d done, %v", counts.Failed, counts.Done, counts.Planned, report.Problems)
	}
}

// TestStop: after a stop nothing more is handed out, what runs may finish within
// the grace time, and what does not has no record.
func TestStop(t *testing.T) {
	for _, c := range []struct {
		name     string
		grace    time.Duration
		recorded int64
	}{{"within the grace time", time.Minute, 2}, {"cancelled", 0, 0}} {
		t.Run(c.name, func(t *testing.T) {
			stop := make(chan struct{})
			var running atomic.Int64
			m := hooked(func(ctx context.Context, tr *models.Trial) error {
				if running.Add(1) == 2 {
					close(stop)
				}
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(700 * time.Millisecond):
					return nil
				}
			})
			report, counts := runSpec(t, m, 1, 100, stop, t.Context(), runner.Options{Workers: 2, Grace: c.grace})
			if counts.Done != c.recorded || counts.Failed != 0 || running.Load() != 2 {
				t.Errorf("%d done, %d failed, %d begun", counts.Done, counts.Failed, running.Load())
			}
			if report.Done != c.recorded || report.Complete() {
				t.Errorf("verify: %+v", report)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := hooked(func(ctx context.Context, tr *models.Trial) error {
		if x.Of(tr) == 5 {
			cancel()
		}
		<-ctx.Done()
		return ctx.Err()
	})
	time.AfterFunc(200*time.Millisecond, cancel)
	start := time.Now()
	_, counts := runSpec(t, m, 1, 100, nil, ctx, runner.Options{Workers: 2, Grace: time.Hour})
	if counts.Done != 0 || time.Since(start) > 30*time.Second {
		t.Errorf("%d done after %v", counts.Done, time.Since(start))
	}
}
