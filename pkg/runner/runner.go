// Package runner runs the trials of a plan on a pool of workers and hands their
// records to a store.
//
// [Run] is the whole of it: workers take chunks of trials that are left to do, run
// the model at each and collect records in batches, which go to the store when
// they are full or a fraction of a second old. A panic, an error or a timeout is
// the record of a failed trial, and the run goes on. A chain, along which each
// trial begins with the state that the one before left, is run by one worker.
// [Cost] predicts from trials that have ended how long others take.
package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// Plan is what the runner must know of an experiment's plan.
type Plan interface {
	Setting() *models.Setting
	Point(trial int64, dst *models.Point)
	// ChainLen is how many links each chain has: the trials
	// [c*ChainLen, (c+1)*ChainLen) are chain c. It is 0 if no trial hands a
	// state on.
	ChainLen() int64
}

// Store is where the runner asks what is left to do and puts what was done.
type Store interface {
	// Left leaves of the trials those that have no record, in their order.
	Left(trials []int64) []int64
	// State is the state that a recorded link of a chain left, or how it
	// failed.
	State(trial int64) ([]float64, *models.Failure, error)
	NewBatch() *store.Batch
	Append(*store.Batch) error
	Broken() <-chan struct{}
	Err() error
	// Isolated are trials that are to be run before all others and one at a time,
	// for one of them may have ended an earlier run's process.
	Isolated() []int64
	// Running is where a worker notes what it runs, each trial by itself if single.
	Running(single bool) *store.Running
	// Stopping notes that the run was told to end.
	Stopping()
}

// Options say how to run.
type Options struct {
	Workers int           // GOMAXPROCS if 0
	Timeout time.Duration // of a trial; none if 0
	Retries int           // how often a failed trial is tried again
	// FailFast ends the handing out once so many trials in a row have failed in
	// the same way; 0 is never.
	FailFast int
	// Grace is how long a stop waits for trials to end before it cancels them,
	// and how long one over its timeout has before it is left behind.
	Grace time.Duration
	// Until, if it is not zero, is when the handing out ends as by a stop, on the
	// wall's clock: a machine that sleeps does not put it off. Before, a trial is
	// left out, with the rest of its chain, if it is expected to end after Until
	// and Grace: it would be cancelled then, and what it had done lost. Shorter
	// ones behind it are still run.
	Until time.Time
	// CutBefore says how long trials had run that earlier runs cut off, by
	// identity. One is left out where Until and Grace leave it less than a
	// quarter more than that.
	CutBefore map[models.ID]time.Duration
	// BeginAll leaves no trial out.
	BeginAll bool
	// Outcome, if it is not nil, is told what the run did not end.
	Outcome *Outcome
	// Memory is how many bytes the process may take: trials that pass it when no
	// other runs have failed; no limit if 0. It is less where the system would
	// end the process before.
	Memory int64
	// Beside is what the process does beside the trials; it may be nil.
	Beside *Beside
	// Notice, if it is not nil, is told what people should know of the run.
	Notice func(text string)
	// Costs is told how long trials take; it may know some from before.
	Costs *Costs
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
	// heed is what trials that were told to end have for it before they are left
	// behind, and heedAtOnce what they have where nobody waits any more.
	heed       = time.Second
	heedAtOnce = 200 * time.Millisecond
)

// ErrStopped is the cause that running trials see when a run is stopped.
var ErrStopped = errors.New("the run was stopped")

// pool is the state of one Run.
type pool struct {
	plan    Plan
	store   Store
	options Options
	ctx     context.Context // done when running trials must end

	chain  int64       // links of a chain, 0 if there are no chains
	closed atomic.Bool // nothing more is begun
	// shut is true while the guard lets no trial begin but the crowded one of solo.
	shut   atomic.Bool
	solo   atomic.Pointer[worker]
	strays atomic.Int64 // workers that were left behind and still run
	urgent atomic.Bool  // trials that run have no time to end
	awake  atomic.Int64 // ns that the process has been awake, as of the last tick
	until  time.Time    // Options.Until on the wall's clock
	single bool         // workers note each trial by itself

	mu    sync.Mutex
	queue *queue
	cost  time.Duration // of a trial, smoothed; 0 until one has ended
	err   error         // why the run cannot go on, where it is not the store's
	width int           // how many workers there may be
	count int           // how many there are
	abort context.CancelCauseFunc

	streak streak

	workers sync.WaitGroup
	active  []*worker // guarded by mu
	outcome Outcome   // guarded by mu
}

// Run runs the trials that the order names and the store has no record of.
// Closing stop ends the handing out: trials that run may finish within the grace
// time and are cancelled then. When ctx is done they are cancelled at once, and
// waited for no longer than a moment. Run returns when all workers have ended or
// have been left behind. Time in which the process was suspended counts as none. Whenever it
// ends, however it ends, the order is done from its beginning up to the trials
// that were running then, but for those left out because of Until.
//
// Trials are not sorted by their expected time, longest first, which would bring
// the end of a run nearer by at most the length of one trial: the order is a
// promise about what is there when a run is killed, and is worth more.
func Run(ctx context.Context, stop <-chan struct{}, plan Plan, order Order, st Store, o Options) error {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if suspects := st.Left(st.Isolated()); len(suspects) > 0 {
		alone := o
		alone.Workers = 1
		if err := run(ctx, stop, plan, Listed(suspects), st, alone, true); err != nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		default:
		}
		if o.Outcome != nil {
			before := *o.Outcome
			defer func() { // what was left out is so again
				o.Outcome.Cut = append(o.Outcome.Cut, before.Cut...)
				slices.SortFunc(o.Outcome.Cut, func(a, b Cut) int { return cmp.Compare(a.Trial, b.Trial) })
			}()
		}
	}
	return run(ctx, stop, plan, order, st, o, false)
}

// run is Run; single says that the trials are to be noted one by one.
func run(ctx context.Context, stop <-chan struct{}, plan Plan, order Order, st Store, o Options, single bool) error {
	caller := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(ErrStopped)
	if o.Costs == nil {
		o.Costs = NewCosts(plan.Setting().Model)
	}
	chain := plan.ChainLen()
	p := &pool{plan: plan, store: st, options: o, ctx: ctx, chain: chain, queue: newQueue(order, st.Left, chain), abort: cancel, width: o.Workers, until: o.Until.Round(0), single: single}
	p.mu.Lock()
	for range o.Workers {
		p.start(nil, link{trial: -1})
	}
	p.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		p.workers.Wait()
		close(ended)
	}()
	var guarding sync.WaitGroup
	if o.Memory > 0 {
		notice := o.Notice
		if notice == nil {
			notice = func(string) {}
		}
		limit, hard := limits(o.Memory, notice)
		guarding.Go(func() { (&guard{p, limit, hard, notice}).run(ended) })
	}
	p.watch(caller, ended, stop, cancel)
	guarding.Wait()
	for _, w := range p.snapshot() {
		w.leave(time.Now())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if o.Outcome != nil {
		*o.Outcome = p.outcome
	}
	return errors.Join(p.err, st.Err())
}

// fail ends the run for a reason that is not the store's own.
func (p *pool) fail(err error) {
	p.mu.Lock()
	p.err = errors.Join(p.err, err)
	p.mu.Unlock()
	p.abort(ErrStopped)
}

// watch flushes batches, ends trials that take too long and carries out stops,
// until all workers have ended.
func (p *pool) watch(caller context.Context, ended, stop <-chan struct{}, cancel context.CancelCauseFunc) {
	every := p.tick()
	tick := time.NewTicker(every)
	defer tick.Stop()
	last := time.Now()
	flushed := last
	// Moments of the time that the process has been awake.
	const never = time.Duration(math.MaxInt64)
	graceEnds, leaveAt := never, never
	awake := func() time.Duration { return time.Duration(p.awake.Load()) }
	over := false
	shut := func() {
		p.closed.Store(true)
		graceEnds = min(graceEnds, awake()+p.options.Grace)
	}
	done := p.ctx.Done()
	hurry := caller.Done()
	broken := p.store.Broken()
	noted := false
	for {
		if !noted && p.closed.Load() {
			noted = true
			p.store.Stopping()
		}
		select {
		case <-ended:
			return
		case <-stop:
			stop = nil
			shut()
		case <-broken:
			broken = nil
			cancel(ErrStopped)
		case <-hurry:
			hurry = nil
			p.closed.Store(true)
			leaveAt = min(leaveAt, awake()+heedAtOnce)
		case <-done:
			done = nil
			p.closed.Store(true)
			if p.urgent.Load() {
				return
			}
			leaveAt = min(leaveAt, awake()+heed)
		case <-tick.C:
			// Not the tick's own time: after a sleep that is one of before.
			now := time.Now()
			p.awake.Add(int64(awakeBetween(last, now, every)))
			last = now
			if !over && p.timeOver(now) {
				over = true
				shut()
			}
			if awake() > graceEnds {
				graceEnds = never
				cancel(ErrStopped)
			}
			if awake() > leaveAt {
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

// awakeBetween is how long the process was awake between two ticks. A tick that
// comes late tells that it was stopped, or its machine asleep, and counts as two.
func awakeBetween(last, now time.Time, every time.Duration) time.Duration {
	return min(now.Sub(last), 2*every)
}

// timeOver reports whether the run's time is over. The clock of the wall is asked
// each time: a timer would stand still with a machine that sleeps.
func (p *pool) timeOver(now time.Time) bool {
	return !p.until.IsZero() && !now.Round(0).Before(p.until)
}

// tick is how often the pool looks at its workers.
func (p *pool) tick() time.Duration { return tickOf(p.options.Timeout) }

func tickOf(timeout time.Duration) time.Duration {
	if timeout > 0 {
		return min(max(timeout/10, time.Millisecond), flushEvery/3)
	}
	return flushEvery / 3
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
		if chunk, before, left := w.expire(now); left {
			p.replace(chunk, before)
		}
	}
}

// replace starts a worker in the place of one that was left behind.
func (p *pool) replace(chunk []int64, last link) {
	p.mu.Lock()
	p.start(chunk, last)
	p.count--
	p.mu.Unlock()
	p.workers.Done() // after the other has begun: at zero the run is over
}

// start adds a worker, which begins with chunk, before which the last link was
// run. The caller holds mu.
func (p *pool) start(chunk []int64, last link) {
	setting := p.plan.Setting()
	trial := setting.NewTrial()
	if len(setting.Record) > 0 {
		trial.Record(models.NewRecording(setting.Record, store.MaxSamples))
	}
	w := &worker{pool: p, model: setting.Model, trial: trial, wall: measureCPU, batch: p.store.NewBatch(), chunk: chunk, last: last}
	w.renew()
	p.active = append(p.active, w)
	p.count++
	p.workers.Add(1)
	go w.run()
}

// claim appends trials to run to dst, none if there are none left. The worker's
// last chunk had that many trials, which took that long on average.
func (p *pool) claim(dst []int64, last int, took time.Duration) []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed.Load() {
		return nil
	}
	if p.count > p.width {
		p.count-- // the worker ends
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
	return p.queue.next(dst, size)
}

// timeoutError is why a trial's context ends after the timeout.
func timeoutError(after time.Duration) error {
	return fmt.Errorf("no result after %s: %w", after, context.DeadlineExceeded)
}
