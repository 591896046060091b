package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// halt hears the signals that end a run: the first ends it in good order, the second
// at once.
type halt struct {
	first, second chan struct{} // closed by them
	end           chan struct{}
	signals       chan os.Signal

	mu     sync.Mutex
	signal syscall.Signal // the first
	at     time.Time      // when it came
	say    func(s syscall.Signal)
}

// hear begins to hear. A hang-up that is ignored, as under nohup, stays ignored; who
// reads what is told may go away.
func hear() *halt {
	h := &halt{first: make(chan struct{}), second: make(chan struct{}), end: make(chan struct{}), signals: make(chan os.Signal, 4)}
	heard := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		heard = append(heard, syscall.SIGHUP)
	}
	signal.Notify(h.signals, heard...)
	// A write to a pipe that nobody reads is then an error of the write, until the
	// process ends.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go h.listen()
	return h
}

func (h *halt) listen() {
	for count := 1; ; count++ {
		select {
		case <-h.end:
			return
		case s := <-h.signals:
			switch count {
			case 1:
				h.mu.Lock()
				h.signal, _ = s.(syscall.Signal)
				h.at = time.Now()
				say := h.say
				h.mu.Unlock()
				close(h.first)
				if say != nil {
					say(h.signal)
				}
			case 2:
				close(h.second)
			}
		}
	}
}

// close ends the hearing.
func (h *halt) close() {
	signal.Stop(h.signals)
	close(h.end)
}

// saying has say called when the first signal comes.
func (h *halt) saying(say func(s syscall.Signal)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.say = say
}

// came reports whether a signal has come, and hurried whether a second has.
func (h *halt) came() bool { return isClosed(h.first) }

func (h *halt) hurried() bool { return isClosed(h.second) }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// since is how long ago the first signal came.
func (h *halt) since() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Since(h.at)
}

// name is that of the first signal.
func (h *halt) name() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.signal.String()
}

// status is the exit status of a program that the first signal ended.
func (h *halt) status() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return status(exitSignal + int(h.signal))
}

// patience is how long work is waited for that was told to end at once.
const patience = 600 * time.Millisecond

// work does what may take long and can be given up: from the first signal on it has
// so much time, then its context is done, as it is after the second signal and when
// ctx is. If it does not end in a moment then it is left behind, which is reported,
// and the process must end soon. A panic is an error.
func (h *halt) work(ctx context.Context, grace time.Duration, do func(ctx context.Context) error) (err error, ended bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panic: %v", p)
			}
		}()
		done <- do(ctx)
	}()
	select {
	case err := <-done:
		return err, true
	case <-ctx.Done():
		grace = 0
	case <-h.first:
	}
	select {
	case err := <-done:
		return err, true
	case <-ctx.Done():
	case <-time.After(max(grace-h.since(), 0)):
	case <-h.second:
	}
	cancel()
	select {
	case err := <-done:
		return err, true
	case <-time.After(patience):
		return nil, false
	}
}
