// Package runner runs the trials of a plan on a pool of workers and hands their
// records to a store.
//
// [Run] is the whole of it: workers take chunks of pending trials, run the model
// at each and collect records in batches, which go to the store when they are
// full or a fraction of a second old. A panic, an error or a timeout is the
// record of a failed trial, and the run goes on.
package runner

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// Plan is what the runner must know of an experiment's plan.
type Plan interface {
	Setting() *models.Setting
	Point(trial int64, dst *models.Point)
}

// Store is where the runner asks what is left to do and puts what was done.
type Store interface {
	// Pending appends trials at or after from that have no record to dst, up
	// to its capacity, and returns where to go on.
	Pending(from int64, dst []int64) ([]int64, int64)
	NewBatch() *store.Batch
	Append(*store.Batch) error
	Broken() <-chan struct{}
	Err() error
}

// Options say how to run.
type Options struct {
	Workers int           // GOMAXPROCS if 0
	Timeout time.Duration // of a trial; none if 0
	Retries int           // how often a failed trial is tried again
	// Grace is how long a stop waits for trials to end before it cancels them,
	// and how long a cancelled trial has before it is left behind.
	Grace time.Duration
}

const (
	// flushEvery bounds how long a record waits in a worker's batch; with the
	// store's sync it stays under the second that a kill may cost.
	flushEvery = 300 * time.Millisecond
	// chunkTime is how long a chunk should take: long beside the cost of
	// handing it out, short beside a run.
	chunkTime = 20 * time.Millisecond
	maxChunk  = 4096
	// batchBytes sends a batch on whose series have grown to this size.
	batchBytes = 8 << 20
	// measureCPU is the length from which a trial's CPU time is read, which
	// costs about 0.2 us at either end.
	measureCPU = 20 * time.Microsecond
)

// ErrStopped is the cause that running trials see when a run is stopped.
var ErrStopped = errors.New("the run was stopped")

// pool is the state of one Run.
type pool struct {
	plan    Plan
	store   Store
	options Options
	ctx     context.Context // done when running trials must end

	mu     sync.Mutex
	cursor int64
	cost   time.Duration // of a trial, smoothed; 0 until one has ended
	closed bool          // nothing more is handed out

	workers sync.WaitGroup
	active  []*worker // guarded by mu
}

// Run runs every pending trial of the plan. Closing stop ends the handing out:
// trials that run may finish within the grace time and are cancelled then. When
// ctx is done they are cancelled at once. Run returns when all workers have
// ended or have been left behind; the error is the store's.
func Run(ctx context.Context, stop <-chan struct{}, plan Plan, st Store, o Options) error {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(ErrStopped)
	p := &pool{plan: plan, store: st, options: o, ctx: ctx}
	p.mu.Lock()
	for range o.Workers {
		p.start(nil)
	}
	p.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		p.workers.Wait()
		close(ended)
	}()
	p.watch(ended, stop, cancel)
	for _, w := range p.snapshot() {
		w.leave()
	}
	return st.Err()
}

// watch flushes batches, ends trials that take too long and carries out stops,
// until all workers have ended.
func (p *pool) watch(ended, stop <-chan struct{}, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(p.tick())
	defer tick.Stop()
	flushed := time.Now()
	var graceEnds, leaveAt time.Time
	done := p.ctx.Done()
	broken := p.store.Broken()
	for {
		select {
		case <-ended:
			return
		case <-stop:
			stop = nil
			p.close()
			graceEnds = time.Now().Add(p.options.Grace)
		case <-broken:
			broken = nil
			cancel(ErrStopped)
		case <-done:
			done = nil
			p.close()
			leaveAt = time.Now().Add(max(p.options.Grace/2, time.Second))
		case now := <-tick.C:
			if !graceEnds.IsZero() && now.After(graceEnds) {
				graceEnds = time.Time{}
				cancel(ErrStopped)
			}
			if !leaveAt.IsZero() && now.After(leaveAt) {
				return
			}
			p.expire(now)
			if now.Sub(flushed) >= flushEvery {
				flushed = now
				p.flushAll()
			}
		}
	}
}

// tick is how often the pool looks at its workers.
func (p *pool) tick() time.Duration {
	if t := p.options.Timeout; t > 0 {
		return min(max(t/10, time.Millisecond), flushEvery/3)
	}
	return flushEvery / 3
}

func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
}

func (p *pool) snapshot() []*worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*worker(nil), p.active...)
}

func (p *pool) flushAll() {
	for _, w := range p.snapshot() {
		w.flush()
	}
}

// expire cancels trials that are over their time, and leaves workers behind
// whose trial has ignored that for the grace time.
func (p *pool) expire(now time.Time) {
	if p.options.Timeout == 0 {
		return
	}
	for _, w := range p.snapshot() {
		if chunk, left := w.expire(now); left {
			p.mu.Lock()
			p.start(chunk)
			p.mu.Unlock()
			p.workers.Done() // for w, which may never end; after start, so that the count is not 0 between
		}
	}
}

// start adds a worker, which begins with chunk. The caller holds mu.
func (p *pool) start(chunk []int64) {
	setting := p.plan.Setting()
	w := &worker{pool: p, model: setting.Model, trial: setting.NewTrial(), wall: measureCPU, batch: p.store.NewBatch(), chunk: chunk}
	w.renew()
	p.active = append(p.active, w)
	p.workers.Add(1)
	go w.run()
}

// claim fills space with trials to run, none if there are none left. The
// worker's last chunk had that many trials, which took that long on average.
func (p *pool) claim(space *[maxChunk]int64, last int, took time.Duration) []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	// At most twice as many as last time, so that one quick trial does not
	// commit a worker to thousands of slow ones.
	size := 1
	if took > 0 {
		if p.cost == 0 {
			p.cost = took
		}
		p.cost += (took - p.cost) / 4
		size = max(min(int(chunkTime/max(p.cost, 1)), 2*last, maxChunk), 1)
	}
	for {
		chunk, next := p.store.Pending(p.cursor, space[:0:size])
		if len(chunk) > 0 || next == p.cursor {
			p.cursor = next
			return chunk
		}
		p.cursor = next
	}
}

// timeoutError is why a trial's context ends after the timeout.
func timeoutError(after time.Duration) error {
	return fmt.Errorf("no result after %s: %w", after, context.DeadlineExceeded)
}
