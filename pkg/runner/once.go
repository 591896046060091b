package runner

import (
	"context"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// Once runs the trial t of m at p as a worker would, outside of any run: it
// begins with the state before, nil if there is none, and has the timeout and the
// memory limit, if those are not 0. The memory is that of the process: what runs
// beside it must take little. It returns how long it took; the error is that of
// [models.Model.Execute]. Unlike a run it waits for a model that ignores that its
// time is over.
func Once(ctx context.Context, m *models.Model, t *models.Trial, p *models.Point, before []float64, timeout time.Duration, memory int64) (time.Duration, error) {
	if timeout > 0 {
		var cancel context.CancelCauseFunc
		ctx, cancel = context.WithCancelCause(ctx)
		defer cancel(nil)
		go expireAwake(ctx, timeout, cancel)
	}
	start := time.Now()
	t.Start(p)
	t.Before = before
	var err error
	if memory > 0 {
		err = execute(ctx, m, t, memory)
	} else {
		err = <-apart(ctx, m, t)
	}
	return time.Since(start), err
}

// apart executes the trial in a goroutine of its own, which a model may end.
func apart(ctx context.Context, m *models.Model, t *models.Trial) <-chan error {
	done := make(chan error, 1)
	go func() {
		err := error(exited())
		defer func() { done <- err }()
		err = m.Execute(ctx, t)
	}()
	return done
}

// expireAwake ends a trial when the process has been awake for the timeout.
func expireAwake(ctx context.Context, timeout time.Duration, cancel context.CancelCauseFunc) {
	every := tickOf(timeout)
	tick := time.NewTicker(every)
	defer tick.Stop()
	last := time.Now()
	for awake := time.Duration(0); awake < timeout; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			now := time.Now()
			awake += awakeBetween(last, now, every)
			last = now
		}
	}
	cancel(timeoutError(timeout))
}
