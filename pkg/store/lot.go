package store

import (
	"context"
	"hash/maphash"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/neurosweep/sweep/pkg/models"
)

// lot is records of some sources and the trials of a plan that have their
// identities.
type lot struct {
	spans  []lotSpan
	ids    []models.ID
	failed []bool
	trials []int64 // of each record, -1 if the plan has none that wants it
	// slots is a hash table: 1 and the place of the first record of an identity, 0
	// where there is none; same is that of the next with the same identity.
	slots []uint32
	same  []uint32
	kinds int // how many identities there are
}

// lotSpan is the records of a source, in its order.
type lotSpan struct {
	*held
	first, rows int
}

// fill reads the identities of the first of the sources, so many that there are
// about as many records as said, and returns how many sources these are.
func (l *lot) fill(ctx context.Context, sources []*held, records int) (int, error) {
	seen := seenTable()
	n := 0
	for ; n < len(sources) && len(l.ids) < records; n++ {
		h := sources[n]
		first := len(l.ids)
		err := h.read(seen, false, func(_ int, b *block) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			l.ids = append(l.ids, b.columns[journalID].id...)
			for _, status := range b.columns[journalStatus].text {
				h.failed = h.failed || status == statusFailed
				l.failed = append(l.failed, status == statusFailed)
			}
			return nil
		})
		if ctx.Err() != nil {
			return n, context.Cause(ctx)
		}
		if h.err == nil {
			h.err = err
		}
		h.rows = len(l.ids) - first
		l.spans = append(l.spans, lotSpan{h, first, h.rows})
	}
	return n, nil
}

// slot is where the identity begins to be looked for.
func (l *lot) slot(id *models.ID) int {
	// A file can have identities that somebody chose, but not for this seed.
	return int(maphash.Bytes(printSeed, id[:]) & uint64(len(l.slots)-1))
}

func (l *lot) index() {
	size := 16
	for size < 2*len(l.ids) {
		size *= 2
	}
	l.slots, l.same = make([]uint32, size), make([]uint32, len(l.ids))
	l.trials = make([]int64, len(l.ids))
	for i := range l.ids {
		l.trials[i] = -1
		at := l.slot(&l.ids[i])
		for l.slots[at] != 0 && l.ids[l.slots[at]-1] != l.ids[i] {
			at = (at + 1) & (size - 1)
		}
		if l.slots[at] == 0 {
			l.kinds++
		}
		l.same[i], l.slots[at] = l.slots[at], uint32(i+1)
	}
}

// find looks for the records' trials, but for those that there is a record of.
func (l *lot) find(ctx context.Context, plan Plan, has func(trial int64) bool) error {
	l.index()
	var wait sync.WaitGroup
	var next, found atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			identity := plan.Setting().NewIdentity()
			var p models.Point
			for found.Load() < int64(l.kinds) && ctx.Err() == nil {
				from := next.Add(blockRows) - blockRows
				if from >= plan.Len() {
					return
				}
				for trial := from; trial < min(from+blockRows, plan.Len()); trial++ {
					if has(trial) {
						continue
					}
					plan.Point(trial, &p)
					id := identity.Of(&p)
					at := l.slot(&id)
					for l.slots[at] != 0 && l.ids[l.slots[at]-1] != id {
						at = (at + 1) & (len(l.slots) - 1)
					}
					if l.slots[at] == 0 {
						continue
					}
					// A plan has a point once, so nobody else writes to these.
					found.Add(1)
					for i := l.slots[at]; i != 0; i = l.same[i-1] {
						l.trials[i-1] = trial
					}
				}
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
