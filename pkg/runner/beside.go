package runner

import (
	"context"
	"errors"
	"sync"
)

// ErrGivenUp is the cause that work beside the trials sees when it is given up,
// since the process takes more memory than it may.
var ErrGivenUp = errors.New("given up: the run took more memory than it may")

// Beside is work that a process does beside the trials of a run, such as drawing
// figures. Its memory is not theirs: when the process is above its limit the work is
// given up before a trial is blamed, and none is begun while it is looked for who
// takes the memory.
type Beside struct {
	mu     sync.Mutex
	cancel context.CancelCauseFunc // of the work that goes on, nil if none does
	barred bool
}

// Do does the work, which must end soon when its context does; it is not begun at a
// time when none may be. The error is [ErrGivenUp] then, and if it was given up.
func (b *Beside) Do(ctx context.Context, work func(ctx context.Context)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	b.mu.Lock()
	if b.barred {
		b.mu.Unlock()
		return ErrGivenUp
	}
	b.cancel = cancel
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.cancel = nil
		b.mu.Unlock()
	}()
	work(ctx)
	if errors.Is(context.Cause(ctx), ErrGivenUp) {
		return ErrGivenUp
	}
	return nil
}

// bar gives up the work that goes on and lets none begin until unbar; it reports
// whether some still goes on. Without a Beside there is none.
func (b *Beside) bar() bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.barred = true
	if b.cancel == nil {
		return false
	}
	b.cancel(ErrGivenUp)
	return true
}

func (b *Beside) unbar() {
	if b != nil {
		b.mu.Lock()
		b.barred = false
		b.mu.Unlock()
	}
}
