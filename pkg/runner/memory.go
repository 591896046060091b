package runner

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// memoryClass is the class of the failures of trials that took more memory than
// the limit.
const memoryClass = "memory"

const (
	// lookEvery is how often the guard looks at the memory in use, which costs
	// some microseconds. A core fills about 20 MB in it.
	lookEvery = 10 * time.Millisecond
	// heedTime is what trials have to end in once the process is beyond its
	// hard limit.
	heedTime = 500 * time.Millisecond
	// collectEvery bounds how often the guard has garbage collected while it
	// waits for trials to end.
	collectEvery = time.Second
)

// pressure is where, for a limit, the garbage collector begins to work harder, so
// that what is above the limit is in use.
func pressure(limit int64) int64 { return limit - limit/8 }

// hardLimit is where, for a limit and a machine, the run ends itself: halfway to
// where the system would end it, and at twice the limit.
func hardLimit(limit, machine int64) int64 {
	if machine <= limit { // or not known
		return limit + limit/8
	}
	return min(2*limit, limit+(machine-limit)/2)
}

// limits are the limit that counts and the hard one where the setting is a limit:
// one that the system would not let the process come to is none.
func limits(setting int64, notice func(string)) (limit, hard int64) {
	machine := MachineMemory()
	if most := machine - machine/16; machine > 0 && setting > max(most, min(machine, 64<<20)) {
		notice(fmt.Sprintf("memory: the limit of %s is more than the process can have, %s by the machine, its control group or ulimit; it is %s", Bytes(setting), Bytes(machine), Bytes(most)))
		setting = most
	}
	return setting, hardLimit(setting, machine)
}

// errCrowded is why a trial is cancelled that is not known to take too much
// memory: it has no result and is run again alone.
var errCrowded = errors.New("the process took more memory than it may; the trial is run again alone")

// memoryFailure is how a trial failed that took more memory than the limit. It
// names no memory but the limit, so that it is the same each time.
func memoryFailure(limit int64) *models.Failure {
	return &models.Failure{Class: memoryClass, Message: fmt.Sprintf("took more memory than the limit of %s; make the trial smaller, or raise --memory and run again with --retry-failed", Bytes(limit))}
}

// inUse is the memory that the process has from the system, in bytes, as the
// garbage collector's limit counts it.
func inUse() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64() - s[1].Value.Uint64())
}

// press makes the garbage collector work harder from the limit's pressure on,
// and returns what undoes that.
func press(limit int64) (release func()) {
	old := debug.SetMemoryLimit(-1) // GOMEMLIMIT, if it is given
	debug.SetMemoryLimit(min(old, pressure(limit)))
	return func() { debug.SetMemoryLimit(old) }
}

// guard ends trials that take the process above its memory limit.
//
// The runtime does not say whose memory is whose. So when the process is above
// the limit, nothing more is begun, all trials that run are cancelled, without a
// record, and run again one at a time: the one that passes the limit alone has
// failed, whatever ran beside it before. If none does, they were too many at once,
// and from then on half as many are run at the same time.
//
// A model that ignores that it is cancelled is left behind after the grace time
// if the memory is still taken. Nobody can be blamed while such a one runs; if the
// memory then grows beyond the hard limit the run ends.
type guard struct {
	*pool
	limit  int64
	hard   int64 // limit; see hardLimit
	notice func(text string)
}

// errOver ends a guard whose run is over.
var errOver = errors.New("the run is over")

// run guards until the pool has ended.
func (g *guard) run(ended <-chan struct{}) {
	defer press(g.limit)()
	for {
		err := g.look(ended)
		if err == nil && g.over() {
			err = g.giveWay(ended)
			if err == nil && g.over() {
				err = g.relieve(ended)
			}
			g.options.Beside.unbar()
		}
		switch {
		case errors.Is(err, errOver):
			return
		case err != nil:
			g.urgent.Store(true)
			g.fail(err)
			return
		}
	}
}

// look waits until it is time to look again.
func (g *guard) look(ended <-chan struct{}) error {
	select {
	case <-ended:
		return errOver
	case <-g.ctx.Done():
		return errOver
	case <-time.After(lookEvery):
	}
	if g.strays.Load() > 0 && inUse() > g.hard {
		return g.endError("a trial that was left behind because it ignored that it was cancelled still takes memory")
	}
	return nil
}

// over reports whether trials that run must have taken too much memory.
func (g *guard) over() bool { return g.strays.Load() == 0 && inUse() > g.limit }

// endError is why the run ends itself.
func (g *guard) endError(why string) error {
	return &MemoryError{InUse: inUse(), Limit: g.limit, Why: why}
}

// MemoryError says that a run was ended because it took too much memory.
type MemoryError struct {
	InUse, Limit int64 // bytes
	Why          string
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("the run took %s of memory, where the limit is %s: %s", Bytes(e.InUse), Bytes(e.Limit), e.Why)
}

// giveWay ends what the process does beside the trials, whose memory is not theirs.
func (g *guard) giveWay(ended <-chan struct{}) error {
	for waited := false; g.options.Beside.bar(); waited = true {
		if waited && inUse() > g.hard {
			if debug.FreeOSMemory(); inUse() > g.hard {
				return g.endError("what is done beside the trials did not end when it was given up, and whose memory it is cannot be told; run it again with --figures none")
			}
		}
		if err := g.look(ended); err != nil {
			return err
		}
	}
	if g.options.Beside != nil {
		debug.FreeOSMemory()
	}
	return nil
}

// relieve finds out which of the trials that run takes too much memory.
func (g *guard) relieve(ended <-chan struct{}) error {
	was := inUse()
	g.shut.Store(true)
	defer g.shut.Store(false)
	var crowd []*worker
	for _, w := range g.snapshot() {
		if w.tell(errCrowded) {
			crowd = append(crowd, w)
		}
	}
	if err := g.settle(ended, crowd); err != nil {
		return err
	}
	found := false
	for _, w := range crowd {
		blamed, err := g.alone(ended, w)
		if err != nil {
			return err
		}
		found = found || blamed
	}
	if !found && len(crowd) > 1 {
		width := len(crowd) / 2
		g.mu.Lock()
		g.width = width
		g.mu.Unlock()
		g.notice(fmt.Sprintf("memory: %d trials took %s together, where the limit is %s, and none of them alone; from here on %d run at the same time", len(crowd), Bytes(was), Bytes(g.limit), width))
	}
	return nil
}

// alone has w run its trial again while no other runs, and cancels it as failed
// if that takes too much memory, which it reports.
func (g *guard) alone(ended <-chan struct{}, w *worker) (blamed bool, err error) {
	debug.FreeOSMemory()
	before := inUse()
	g.solo.Store(w)
	defer g.solo.Store(nil)
	for w.waits() { // it may be tried again
		if err := g.look(ended); err != nil {
			return blamed, err
		}
		was := inUse()
		if !g.over() || !w.tell(memoryFailure(g.limit)) {
			continue
		}
		g.notice(fmt.Sprintf("memory: trial %d took the process from %s to %s, where the limit is %s; it is recorded as failed", w.trialNow(), Bytes(before), Bytes(was), Bytes(g.limit)))
		blamed = true
		if err := g.settle(ended, []*worker{w}); err != nil {
			return true, err
		}
	}
	return blamed, nil
}

// settle waits until the trials of the workers, which were told to end, have
// ended. The last that does not, while the memory is taken, is left behind.
func (g *guard) settle(ended <-chan struct{}, told []*worker) error {
	begin, awoken := time.Now(), g.awake.Load()
	collected := begin
	for {
		var running []*worker
		for _, w := range told {
			if w.runs() {
				running = append(running, w)
			}
		}
		if len(running) == 0 {
			break
		}
		if err := g.look(ended); err != nil {
			return err
		}
		now := time.Now()
		hard := now.Sub(begin) >= heedTime && inUse() > g.hard
		if !hard && (time.Duration(g.awake.Load()-awoken) < g.options.Grace || now.Sub(collected) < collectEvery) {
			continue
		}
		collected = now
		if debug.FreeOSMemory(); inUse() <= g.limit {
			continue // they take their time, and do no harm
		}
		if len(running) > 1 {
			return g.endError("trials ignored that they were cancelled, and which of them takes the memory cannot be told; run it again with --workers 1 to have that one recorded as failed")
		}
		// What the others took has been given back: it is this one's.
		f := memoryFailure(g.limit)
		f.Message += ignored
		trial := running[0].trialNow()
		if chunk, before, left := running[0].abandon(now, f); left {
			g.replace(chunk, before)
			g.notice(fmt.Sprintf("memory: trial %d ignored that it was cancelled and still takes memory, %s in all; it is recorded as failed", trial, Bytes(inUse())))
		}
		if hard {
			return g.endError(fmt.Sprintf("trial %d, which is recorded as failed, ignored that it was cancelled; run it again to go on with the others", trial))
		}
	}
	debug.FreeOSMemory()
	if g.over() {
		return g.endError("that is what the run takes without any trial; raise --memory")
	}
	return nil
}

// execute runs a trial outside of a run, alone in its process: it fails when the
// process takes more memory than the limit, and is not waited for when it has
// ignored that up to the hard limit.
func execute(ctx context.Context, m *models.Model, t *models.Trial, limit int64) error {
	limit, hard := limits(limit, func(string) {})
	defer press(limit)()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := apart(ctx, m, t)
	var told time.Time
	for {
		select {
		case err := <-done:
			return err
		case now := <-time.After(lookEvery):
			used := inUse()
			switch {
			case used > limit && told.IsZero():
				told = now
				cancel(memoryFailure(limit))
			case used > hard && now.Sub(told) >= heedTime:
				f := memoryFailure(limit)
				f.Message += ignored
				return f
			}
		}
	}
}

// Bytes is an amount of memory for people, as 300 MiB or 1.5 GiB.
func Bytes(n int64) string {
	x, unit := float64(n), "B"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if x < 1024 {
			break
		}
		x, unit = x/1024, next
	}
	return strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0") + " " + unit
}
