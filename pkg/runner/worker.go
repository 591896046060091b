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
	point    models.Point
	trial    *models.Trial
	wall     time.Duration // of the last trial
	observed time.Time     // when a trial was last told to the costs
	space    []int64
	last     link
	before   []float64

	identity *models.Identity // nil until it is asked for
	running  *store.Running

	mu      sync.Mutex // guards what follows
	batch   *store.Batch
	chunk   []int64
	at      int       // place in chunk of the trial that runs
	began   time.Time // of that trial; zero between trials
	awoken  int64     // the pool's time awake then
	ctx     context.Context
	cancel  context.CancelCauseFunc
	told    bool // the trial was cancelled, and the worker goes on
	crowded bool // its trial is run again when no other runs
	left    bool // the worker was left behind: what it does counts no more
}

// link is the trial of a chain that a worker ran last.
type link struct {
	trial   int64           // -1 if there is none
	state   []float64       // that it left
	failure *models.Failure // why it left none
}

// renew gives the worker a context for its next trials.
func (w *worker) renew() {
	w.ctx, w.cancel = context.WithCancelCause(w.pool.ctx)
	w.told = false
}

func (w *worker) run() {
	ended := false
	defer func() {
		if !ended { // by the model, and not by a panic, which Execute finds
			if chunk, before, left := w.abandon(time.Now(), exited()); left {
				w.pool.replace(chunk, before)
			}
		}
		w.mu.Lock()
		left := w.left
		w.cancel(nil)
		w.mu.Unlock()
		if left {
			w.pool.strays.Add(-1)
		} else {
			w.pool.workers.Done()
		}
	}()
	// A thread of its own, so that the thread's CPU clock is the trial's.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	w.running = w.pool.store.Running(w.pool.single)
	defer w.running.Chunk(nil)
	var took time.Duration
	for w.take(took) {
		w.running.Chunk(w.chunk)
		start := time.Now()
		if !w.runChunk(start) {
			break
		}
		took = max(time.Since(start)/time.Duration(len(w.chunk)), 1)
	}
	ended = true
}

// take makes sure that the worker has a chunk to run; took is what the trials
// of its last one took on average, 0 if it has had none.
func (w *worker) take(took time.Duration) bool {
	if took == 0 && len(w.chunk) > 0 {
		return true // handed over by a worker that was left behind
	}
	chunk := w.pool.claim(w.space[:0], len(w.chunk), took)
	w.space = chunk
	w.mu.Lock()
	defer w.mu.Unlock()
	w.chunk, w.at = chunk, 0
	return len(chunk) > 0 && !w.left
}

// runChunk runs the trials of the chunk; it reports whether to go on.
func (w *worker) runChunk(now time.Time) bool {
	skipped := int64(-1) // chain
	for i, trial := range w.chunk {
		if w.pool.closed.Load() {
			return false
		}
		chained := w.pool.chain > 0
		if chained && trial/w.pool.chain == skipped {
			continue
		}
		if w.pool.timeOver(now) {
			w.pool.closed.Store(true)
			return false
		}
		w.pool.plan.Point(trial, &w.point)
		if needs, long := w.tooLong(now); long {
			left := int64(1)
			if chained {
				skipped = trial / w.pool.chain
				for left < int64(len(w.chunk)-i) && w.chunk[i+int(left)]/w.pool.chain == skipped {
					left++
				}
			}
			w.pool.leaveOut(left, needs)
			continue
		}
		begin, broken, err := w.begin(trial)
		if err != nil {
			w.pool.fail(err)
			return false
		}
		if broken != nil {
			w.last = link{trial: trial, failure: broken}
			w.mu.Lock()
			more := w.record(broken, store.Timing{CPU: -1, Attempt: 1})
			w.mu.Unlock()
			if !more {
				return false
			}
			continue
		}
		if chained {
			now = time.Now() // the state may have come from the disk
		}
		for attempt := 1; ; attempt++ {
			w.mu.Lock()
			for w.pool.shut.Load() && !(w.crowded && w.pool.solo.Load() == w) {
				w.mu.Unlock()
				time.Sleep(lookEvery)
				if w.pool.closed.Load() {
					return false
				}
				now = time.Now()
				w.mu.Lock()
			}
			if w.left || w.ctx.Err() != nil && !w.told {
				w.mu.Unlock()
				return false
			}
			w.at, w.began, w.awoken = i, now, w.pool.awake.Load()
			ctx := w.ctx
			w.mu.Unlock()

			// Whether to read the CPU clock is guessed from the last trial.
			cpu := int64(-1)
			read := w.wall >= measureCPU
			if read {
				cpu = threadCPU()
			}
			w.running.Trial(trial)
			w.trial.Start(&w.point)
			if begin != nil {
				w.before = append(w.before[:0], begin...)
				w.trial.Before = w.before
			}
			err := w.model.Execute(ctx, w.trial)
			if read && cpu >= 0 {
				cpu = threadCPU() - cpu
			}
			end := time.Now()
			w.wall = w.took(now, end)
			now = end

			var failure *models.Failure
			if err != nil && !errors.As(err, &failure) {
				// Stopped: there is no result.
				if !errors.Is(err, errCrowded) {
					w.cutOff(end)
					return false
				}
				if !w.afresh() {
					return false
				}
				attempt--
				continue
			}
			if failure == nil && now.Sub(w.observed) >= observeEvery {
				w.observed = now
				w.pool.options.Costs.Observe(&w.point, w.wall)
			}
			again := failure != nil && attempt <= w.pool.options.Retries
			if chained && !again {
				w.last = link{trial: trial, state: append(w.last.state[:0], w.trial.After...), failure: failure}
			}
			w.mu.Lock()
			if w.left {
				w.mu.Unlock()
				return false
			}
			w.began = time.Time{}
			w.crowded = w.crowded && again
			if w.told {
				w.renew()
			}
			more := again || w.record(err, store.Timing{Wall: int64(w.wall), CPU: cpu, Attempt: attempt})
			w.mu.Unlock()
			if !more {
				return false
			}
			if !again {
				break
			}
		}
	}
	return true
}

// record adds the record of the trial just run; it reports whether to go on. The
// caller holds mu.
func (w *worker) record(err error, timing store.Timing) bool {
	if w.left {
		return false
	}
	w.batch.Add(&w.point, w.trial, err, timing)
	w.pool.judge(err)
	if w.batch.Len() >= maxChunk || w.batch.Size() >= batchBytes {
		return w.send()
	}
	return true
}

// tooLong reports whether the trial at w.point is expected to be cut off by the
// end of the run, and the time that it is taken to need.
func (w *worker) tooLong(now time.Time) (needs time.Duration, long bool) {
	p := w.pool
	if p.until.IsZero() || p.options.BeginAll {
		return 0, false
	}
	needs = p.options.Costs.wall(&w.point)
	if len(p.options.CutBefore) > 0 {
		if w.identity == nil {
			w.identity = p.plan.Setting().NewIdentity()
		}
		needs = max(needs, afterCut(p.options.CutBefore[w.identity.Of(&w.point)]))
	}
	return needs, needs > p.until.Sub(now.Round(0))+p.options.Grace
}

// begin is the state that a trial begins with, nil if it begins a chain or
// there are none; or why it cannot be run, since the link before it has failed.
func (w *worker) begin(trial int64) (state []float64, broken *models.Failure, err error) {
	if w.pool.chain == 0 || trial%w.pool.chain == 0 {
		return nil, nil, nil
	}
	if w.last.trial != trial-1 {
		// A chain that was begun by an earlier run.
		state, failure, err := w.pool.store.State(trial - 1)
		if err != nil {
			return nil, nil, err
		}
		w.last = link{trial - 1, state, failure}
	}
	switch f := w.last.failure; {
	case f == nil:
		return w.last.state, nil, nil
	case f.Class == carryClass:
		return nil, f, nil
	}
	return nil, store.Broken(trial - 1), nil
}

// carryClass is the class of the failures of links behind one that failed.
const carryClass = store.CarryClass

// flush sends the batch on; it reports whether the store takes more.
func (w *worker) flush() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.send()
}

// leave flushes the batch for the last time and leaves the worker behind, if it
// has not ended.
func (w *worker) leave(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.send()
	if !w.began.IsZero() && !w.left {
		w.pool.noteCut(w.chunk[w.at], w.ran(now))
	}
	w.left = true
}

// cutOff notes that the running trial was stopped and has no result.
func (w *worker) cutOff(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.left {
		w.pool.noteCut(w.chunk[w.at], w.ran(now))
		w.began = time.Time{}
	}
}

// ran is how long the running trial has run, but for time in which the process
// was suspended. The caller holds mu.
func (w *worker) ran(now time.Time) time.Duration {
	return min(now.Sub(w.began), time.Duration(w.pool.awake.Load()-w.awoken)+2*w.pool.tick())
}

// took is how long a trial took that has ended. Only of a long one is it asked
// whether the process was suspended meanwhile, since the pool's ticks tell.
func (w *worker) took(began, ended time.Time) time.Duration {
	wall := ended.Sub(began)
	if wall < sleepsFor {
		return wall
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if ran := w.ran(ended); wall-ran > sleepsFor {
		return ran
	}
	return wall
}

// sleepsFor is the shortest suspension that is taken off the time of a trial.
// Ticks of a machine that is busy come late, and count as less than they were.
const sleepsFor = time.Second

// send is flush for a caller that holds mu.
func (w *worker) send() bool {
	if w.batch.Len() == 0 {
		return true
	}
	full := w.batch
	w.batch = w.pool.store.NewBatch()
	return w.pool.store.Append(full) == nil
}

// afresh makes the worker ready to run again a trial that was cancelled; it
// reports whether to go on.
func (w *worker) afresh() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = time.Time{}
	w.renew()
	return !w.left
}

// tell cancels the running trial for want of memory; it reports whether one runs.
func (w *worker) tell(cause error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.began.IsZero() || w.left {
		return false
	}
	w.told, w.crowded = true, true
	w.cancel(cause)
	return true
}

// runs reports whether a trial runs that counts.
func (w *worker) runs() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.began.IsZero() && !w.left
}

// waits reports whether the worker has a trial that is to be run while no other
// runs.
func (w *worker) waits() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.crowded && !w.left && (!w.began.IsZero() || !w.pool.closed.Load())
}

// trialNow is the trial that the worker runs or ran last.
func (w *worker) trialNow() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.chunk[w.at]
}

// expire cancels the running trial if it is over its time, and abandons it if it
// has ignored that for the grace time, as which its caller counts it.
func (w *worker) expire(now time.Time) ([]int64, link, bool) {
	w.mu.Lock()
	o := w.pool.options
	over := w.ran(now) - o.Timeout
	if w.began.IsZero() || w.left || over < 0 {
		w.mu.Unlock()
		return nil, link{}, false
	}
	if !w.told {
		w.told = true
		w.cancel(timeoutError(o.Timeout))
	}
	w.mu.Unlock()
	if over < o.Grace {
		return nil, link{}, false
	}
	return w.abandon(now, &models.Failure{Class: "timeout", Message: timeoutError(o.Timeout).Error() + ignored})
}

// ignored is what the message of a trial says that was abandoned.
const ignored = "; the model ignored that it was stopped"

// exited is how a trial failed whose model ended the goroutine that ran it.
func exited() *models.Failure {
	return &models.Failure{Class: store.CrashClass, Message: "the model ended the goroutine that ran it, as runtime.Goexit does"}
}

// abandon records the running trial, if one runs, as failed and leaves the worker
// behind: it returns the rest of its chunk, what the trial was to that, and true.
func (w *worker) abandon(now time.Time, f *models.Failure) ([]int64, link, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.began.IsZero() || w.left {
		return nil, link{}, false
	}
	w.left = true
	w.pool.strays.Add(1)
	var point models.Point
	w.pool.plan.Point(w.chunk[w.at], &point)
	w.batch.Add(&point, w.pool.plan.Setting().NewTrial(), f, store.Timing{Wall: int64(w.ran(now)), CPU: -1, Attempt: 1})
	w.pool.judge(f)
	return append([]int64(nil), w.chunk[w.at+1:]...), link{trial: point.Trial, failure: f}, true
}
