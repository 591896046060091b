package report

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// beat looks now and then whether what is computed is still wanted. What takes
// long ticks: the computation of a figure that is given up ends by a panic that
// guard makes an error of, from whatever depth.
type beat struct {
	ctx   context.Context
	count uint
}

// stopped is the panic of a beat.
type stopped struct{ err error }

func (b *beat) tick() {
	if b == nil { // nobody gives up
		return
	}
	if b.count++; b.count&0x3ff == 0 {
		b.look()
	}
}

func (b *beat) look() {
	if b != nil && b.ctx.Err() != nil {
		panic(stopped{context.Cause(b.ctx)})
	}
}

// A PanicError is a fault of this program that a figure met. It costs nothing but
// the figure.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("it cannot be drawn, by a fault of this program: %v", e.Value)
}

// ErrNothing is the error of a figure whose data have nothing that it shows.
var ErrNothing = errors.New("there is nothing to show")

// nothingError says what of a figure has no value.
type nothingError struct{ text string }

func (e *nothingError) Error() string        { return e.text }
func (e *nothingError) Is(target error) bool { return target == ErrNothing }

func nothingf(format string, args ...any) error {
	return &nothingError{fmt.Sprintf(format, args...)}
}

// guard does a part of a figure: neither a fault in it nor the end of its context
// is more than its error.
func guard(ctx context.Context, do func(*beat) error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case stopped:
			err = r.err
		default:
			err = &PanicError{r, debug.Stack()}
		}
	}()
	b := &beat{ctx: ctx}
	b.look()
	return do(b)
}
