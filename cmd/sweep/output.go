package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/store"
)

// output is where the verbs print. It remembers the first error of a write, so
// that a verb need not look at the error of each line that it prints.
type output struct {
	to io.Writer

	mu  sync.Mutex
	err error
}

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err // what follows would stand behind a gap
	}
	n, err := o.to.Write(text)
	if err != nil {
		o.err = err
	}
	return n, err
}

// terminal is the terminal that is printed on, nil if it is something else.
func (o *output) terminal() *os.File {
	if f, ok := o.to.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// lost reports whether an error is that of a write.
func (o *output) lost(err error) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err != nil && errors.Is(err, o.err)
}

// note tells what of a folder could not be read by its own plan. The verb then does
// not end with 0, whatever it says of the rest. Files of another plan are on their
// way while a run goes on.
func (a *app) note(dir string, r *store.Report) {
	for _, p := range r.Unread {
		fmt.Fprintf(a.stderr, "sweep: %s: %s\n", plain.Text(dir), plain.Text(p.String()))
	}
	a.unread += len(r.Unread)
	if r.Earlier > 0 {
		fmt.Fprintf(a.stderr, "sweep: %s: %d files are of another plan than spec.yaml gives and are not looked at\n", plain.Text(dir), r.Earlier)
	}
	if r.Writer == nil {
		a.unread += r.Earlier
	}
}

// flushed is the exit status where the verb would end with code: an answer that did
// not arrive is an error, told unless the verb ended with that error.
func (a *app) flushed(code int, told error) int {
	defer a.stderr.Flush()
	a.stdout.Flush() // the error is kept where it is written
	if code == exitOK && a.unread > 0 {
		fmt.Fprintln(a.stderr, "sweep: what could not be read is missing from this; 'sweep run' of its spec sets it aside and runs its trials again")
		code = exitError
	}
	if a.rawOut.err == nil {
		return code
	}
	if !a.rawOut.lost(told) {
		fmt.Fprintf(a.stderr, "sweep: what should be printed could not be written: %v\n", a.rawOut.err)
	}
	if code == exitOK {
		return exitError
	}
	return code
}
