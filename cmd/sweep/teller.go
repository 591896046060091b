package main

import (
	"io"
	"strings"
	"time"
)

// teller writes what a run tells while it goes on, beside it: who reads that may
// go away, or stop to read as a terminal does that is held, and then something is
// not told, which is nothing to the run. A bar that is drawn in place gives way to
// lines, and stands below them again when it is drawn next.
type teller struct {
	to    io.Writer
	told  chan told
	ended chan struct{}
}

// told is a text to write, or, without one, a mark that all before it is written.
type told struct {
	text    string
	bar     bool
	below   bool // the bar that stands there stays
	reached chan struct{}
}

func newTeller(to io.Writer) *teller {
	t := &teller{to: to, told: make(chan told, 1024), ended: make(chan struct{})}
	go t.write()
	return t
}

func (t *teller) write() {
	defer close(t.ended)
	drawn := 0 // characters of the bar that stands there
	for next := range t.told {
		text := next.text
		switch {
		case next.reached != nil:
			close(next.reached)
			continue
		case next.bar:
			text = "\r" + text
			drawn = len(next.text)
		case next.below:
			drawn = 0
		case drawn > 0:
			text = "\r" + strings.Repeat(" ", drawn) + "\r" + text
			drawn = 0
		}
		io.WriteString(t.to, text) // whoever does not read does not want to know
	}
}

// Write is that of an [io.Writer]; it never waits.
func (t *teller) Write(text []byte) (int, error) {
	t.tell(told{text: string(text)})
	return len(text), nil
}

// bar draws a bar, of ASCII and as wide as there is room, in the place of the last.
func (t *teller) bar(text string) { t.tell(told{text: text, bar: true}) }

// keepBar goes on below the bar.
func (t *teller) keepBar() { t.tell(told{text: "\n", below: true}) }

func (t *teller) tell(next told) {
	select {
	case t.told <- next:
	default:
	}
}

// tellTime bounds how long is waited for what was told to be written.
const tellTime = 300 * time.Millisecond

// flush waits until what was told is written, or for a moment.
func (t *teller) flush() {
	reached := make(chan struct{})
	t.tell(told{reached: reached})
	select {
	case <-reached:
	case <-time.After(tellTime):
	}
}
