package runner

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/neurosweep/sweep/pkg/models"
)

// streak counts failures that follow each other and are alike.
type streak struct {
	length atomic.Int64
	mu     sync.Mutex
	kind   string
}

// judge ends the handing out when as many trials in a row as FailFast says have
// failed in the same way: the spec or the model is wrong, and the rest of the
// night would be spent on more of the same.
func (p *pool) judge(err error) {
	most := p.options.FailFast
	if most == 0 {
		return
	}
	var f *models.Failure
	if !errors.As(err, &f) {
		if p.streak.length.Load() > 0 {
			p.streak.length.Store(0)
		}
		return
	}
	if f.Class == carryClass {
		return // not a failure of its own
	}
	p.streak.mu.Lock()
	defer p.streak.mu.Unlock()
	if kind := alike(f); kind != p.streak.kind {
		p.streak.kind = kind
		p.streak.length.Store(0)
	}
	if p.streak.length.Add(1) == int64(most) && !p.closed.Swap(true) {
		p.mu.Lock()
		p.err = errors.Join(p.err, &FailFastError{most, f})
		p.mu.Unlock()
	}
}

// alike is what two failures have in common that differ in numbers only, such as
// the parameters that a message quotes.
func alike(f *models.Failure) string {
	return f.Class + ": " + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || strings.ContainsRune("+-.eE", r) {
			return -1
		}
		return r
	}, f.Message)
}

// FailFastError says that a run was ended because trials failed alike.
type FailFastError struct {
	Count   int
	Failure *models.Failure // the last of them
}

func (e *FailFastError) Error() string {
	return fmt.Sprintf("%d trials in a row have failed in the same way; the last with %v", e.Count, e.Failure)
}
