package report

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// filled are figures of random rows.
func filled(t *testing.T, rows int, figures ...string) (list []*Figure) {
	t.Helper()
	r := anyReport(t)
	r.load = func(names []string) *table {
		s := dice{bytes: bytes.Repeat([]byte("\x80\x80\xa0\x10\x90\x33\xb0\x07\x02\x03"), rows)}
		return s.fill(r.spec, names, rows)
	}
	specs, err := r.Spec().ParseFigures("figures", "- "+strings.Join(figures, "\n- "))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range specs {
		list = append(list, r.Figure(f))
	}
	return list
}

// TestGivenUp: what is drawn heeds its context within a second, and one that was given up
// is drawn when it is asked for again.
func TestGivenUp(t *testing.T) {
	for _, f := range filled(t, 20000, anyFigures...) {
		ctx, cancel := context.WithCancelCause(t.Context())
		reason := errors.New("no more")
		cancel(reason)
		for what, do := range map[string]func() error{
			"caption":  func() error { _, err := f.Caption(ctx); return err },
			"terminal": func() error { _, err := f.Terminal(ctx, 80, 24, true); return err },
			"svg":      func() error { _, err := f.Draw(ctx, "svg"); return err },
		} {
			if err := do(); !errors.Is(err, reason) {
				t.Errorf("%s of %s: %v", what, f.Name(), err)
			}
		}
	}
	// While it goes on: the figure alone takes longer than a test has.
	f := filled(t, 1, "{kind: raster, x: s, y: t}")[0]
	f.report.load = func([]string) *table {
		tab, err := newTable(nil, f.report.spec, []string{"s", "t"})
		if err != nil {
			t.Fatal(err)
		}
		xs := make([]float64, 1<<20)
		for i := range xs {
			xs[i] = float64(i % 1000)
		}
		for range 300 { // one array for all of them
			tab.rows++
			tab.trial = append(tab.trial, 0)
			for _, c := range tab.columns {
				c.flat = xs
				c.end = append(c.end, len(xs))
			}
		}
		// Each row but the first is empty, so that what is read is small and what
		// is computed of it is not: panels of all trials are made again and again.
		return tab
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	begun := time.Now()
	var err error
	for err == nil {
		_, err = f.Draw(ctx, "svg")
	}
	if took := time.Since(begun); !errors.Is(err, context.Canceled) || took > 2*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	if _, err := f.Caption(t.Context()); err != nil {
		t.Errorf("asked for again: %v", err)
	}
}

// TestFault: a fault of the program costs a figure and no more.
func TestFault(t *testing.T) {
	f := filled(t, 10, "{kind: line, x: u, y: v}")[0]
	f.report.load = func([]string) *table { return &table{rows: 1, planned: 1} } // without its columns
	_, err := f.Draw(t.Context(), "png")
	if fault := (*PanicError)(nil); !errors.As(err, &fault) || len(fault.Stack) == 0 || !strings.Contains(err.Error(), "by a fault of this program") {
		t.Errorf("%v", err)
	}
	f.report.load = func([]string) *table {
		var none []int
		return &table{rows: none[1]}
	}
	if _, err := f.Caption(t.Context()); err == nil {
		t.Error("no error")
	}
}

// TestHostileText: no text of data is more than text in a figure, and none is longer
// than a figure can hold.
func TestHostileText(t *testing.T) {
	r := anyReport(t)
	r.load = func(names []string) *table {
		tab, err := newTable(nil, r.spec, names)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range hardTexts {
			tab.rows++
			tab.trial = append(tab.trial, int64(i))
			for _, c := range tab.columns {
				if c.Name == "text" {
					c.addText(text, false)
				} else {
					c.addNumber(float64(i), false)
				}
			}
		}
		return tab
	}
	for _, text := range []string{"{kind: line, x: u, y: v, by: text}", "{kind: phases, x: u, y: v, z: text}", `{kind: line, x: u, y: v, panels: text, label: {x: "\e[2J\u202e"}}`} {
		specs, err := r.Spec().ParseFigures("figures", "- "+text)
		if err != nil {
			t.Fatal(err)
		}
		if err := drawAnything(t, r, specs[0], true); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		shown, err := r.Figure(specs[0]).Terminal(t.Context(), 80, 24, false)
		if err != nil || strings.ContainsAny(shown, "\x1b\u202e") || !strings.Contains(shown, `\x1b[2J`) || strings.Count(shown, "\n") != 24 {
			t.Errorf("%s on a terminal: %v\n%q", text, err, shown)
		}
	}
}
