package runner

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// worker runs trials, one at a time.
type worker struct {
	pool  *pool
	model *models.Model

	// Its goroutine's own.
	point models.Point
	trial *models.Trial
	wall  time.Duration // of the last trial
	space [maxChunk]int64

	mu      sync.Mutex // guards what follows
	batch   *store.Batch
	chunk   []int64
	at      int       // place in chunk of the trial that runs
	began   time.Time // of that trial; zero between trials
	ctx     context.Context
	cancel  context.CancelCauseFunc
	expired bool // the trial was cancelled for its time
	left    bool // the worker was left behind: what it does counts no more
}

// renew gives the worker a context for its next trials.
func (w *worker) renew() {
	w.ctx, w.cancel = context.WithCancelCause(w.pool.ctx)
	w.expired = false
}

func (w *worker) run() {
	defer func() {
		w.mu.Lock()
		left := w.left
		w.cancel(nil)
		w.mu.Unlock()
		if !left {
			w.pool.workers.Done()
		}
	}()
	// A thread of its own, so that the thread's CPU clock is the trial's.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var took time.Duration
	for w.take(took) {
		start := time.Now()
		if !w.runChunk(start) {
			return
		}
		took = max(time.Since(start)/time.Duration(len(w.chunk)), 1)
	}
}

// take makes sure that the worker has a chunk to run; took is what the trials
// of its last one took on average, 0 if it has had none.
func (w *worker) take(took time.Duration) bool {
	if took == 0 && len(w.chunk) > 0 {
		return true // handed over by a worker that was left behind
	}
	chunk := w.pool.claim(&w.space, len(w.chunk), took)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.chunk, w.at = chunk, 0
	return len(chunk) > 0 && !w.left
}

// runChunk runs the trials of the chunk; it reports whether to go on.
func (w *worker) runChunk(now time.Time) bool {
	for i, trial := range w.chunk {
		w.pool.plan.Point(trial, &w.point)
		for attempt := 1; ; attempt++ {
			w.mu.Lock()
			if w.left || w.ctx.Err() != nil && !w.expired {
				w.mu.Unlock()
				return false
			}
			w.at, w.began = i, now
			ctx := w.ctx
			w.mu.Unlock()

			// Whether to read the CPU clock is guessed from the last trial.
			cpu := int64(-1)
			read := w.wall >= measureCPU
			if read {
				cpu = threadCPU()
			}
			w.trial.Start(&w.point)
			err := w.model.Execute(ctx, w.trial)
			if read && cpu >= 0 {
				cpu = threadCPU() - cpu
			}
			end := time.Now()
			w.wall = end.Sub(now)
			now = end

			var failure *models.Failure
			if err != nil && !errors.As(err, &failure) {
				return false // stopped: there is no result
			}
			again := failure != nil && attempt <= w.pool.options.Retries
			w.mu.Lock()
			if w.left {
				w.mu.Unlock()
				return false
			}
			w.began = time.Time{}
			if w.expired {
				w.renew()
			}
			full := false
			if !again {
				w.batch.Add(&w.point, w.trial, err, store.Timing{Wall: int64(w.wall), CPU: cpu, Attempt: attempt})
				full = w.batch.Len() >= maxChunk || w.batch.Size() >= batchBytes
			}
			w.mu.Unlock()
			if full && !w.flush() {
				return false
			}
			if !again {
				break
			}
		}
	}
	return true
}

// flush sends the batch on; it reports whether the store takes more.
func (w *worker) flush() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.send()
}

// leave flushes the batch for the last time and leaves the worker behind, if it
// has not ended.
func (w *worker) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.send()
	w.left = true
}

// send is flush for a caller that holds mu.
func (w *worker) send() bool {
	if w.batch.Len() == 0 {
		return true
	}
	full := w.batch
	w.batch = w.pool.store.NewBatch()
	return w.pool.store.Append(full) == nil
}

// expire cancels the running trial if it is over its time. If it has ignored
// that for the grace time it is recorded as failed and the worker is left
// behind: expire returns the rest of its chunk and true.
func (w *worker) expire(now time.Time) ([]int64, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.began.IsZero() || w.left {
		return nil, false
	}
	o := w.pool.options
	over := now.Sub(w.began) - o.Timeout
	if over < 0 {
		return nil, false
	}
	if !w.expired {
		w.expired = true
		w.cancel(timeoutError(o.Timeout))
	}
	if over < o.Grace {
		return nil, false
	}
	w.left = true
	var point models.Point
	w.pool.plan.Point(w.chunk[w.at], &point)
	err := &models.Failure{Class: "timeout", Message: timeoutError(o.Timeout).Error() + "; the model ignored that it was stopped"}
	w.batch.Add(&point, w.pool.plan.Setting().NewTrial(), err, store.Timing{Wall: int64(now.Sub(w.began)), CPU: -1, Attempt: 1})
	return append([]int64(nil), w.chunk[w.at+1:]...), true
}
