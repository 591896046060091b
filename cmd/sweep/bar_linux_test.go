package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/neurosweep/sweep/pkg/store"
)

// TestBar: the bar is one line of a terminal of any width, whatever it becomes.
func TestBar(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSpec(t, dir, "f.yaml", "about: b\nmodel: probe\nparams: {x: {linspace: [0, 1, 200]}, mode: [ok, error], work: 0.02}\n")
	s := onTerminal(t, sweep(t, dir, "run", "f.yaml", "--figures", "none", "--workers", "2"), 44, 24)
	s.await("(", s.await("400 trials of probe", 0))
	before := len(s.shown())
	time.Sleep(600 * time.Millisecond)
	s.resize(30, 24)
	time.Sleep(300 * time.Millisecond)
	resized := len(s.shown())
	s.cmd.Wait()
	s.await("retry", 0)
	shown := s.shown()
	bars := strings.Split(shown[:strings.Index(shown, "results/f: 400 of 400")], "\r")
	if len(bars) < 8 {
		t.Fatalf("the bar was drawn %d times: %q", len(bars), shown)
	}
	at := 0
	for _, bar := range bars {
		most := 43
		if at > resized {
			most = 29
		}
		at += len(bar) + 1
		if strings.Contains(bar, "trials of probe") {
			continue // a line
		}
		if len(strings.TrimSuffix(bar, "\n")) > most {
			t.Errorf("%q has %d characters, where %d fit", bar, len(bar), most)
		}
	}
	if lines := strings.Count(shown[before:strings.Index(shown, "results/f: 400 of 400")], "\n"); lines > 1 {
		t.Errorf("%d lines while it went on: %q", lines, shown)
	}
}

// TestBarLine: what does not fit is left out, and numbers stay.
func TestBarLine(t *testing.T) {
	c := store.Counts{Planned: 16_000_002, Done: 1_919_652, Failed: 959_826}
	const text = "219166 trials/s, 1m4s left, 959826 failed, 240 MB"
	for columns, want := range map[int]string{
		110: "",
		80:  "11% (1919652/16000002), " + text,
		60:  "11% (1919652/16000002), 219166 trials/s, 1m4s left",
		24:  "11% (1919652/16000002)",
		10:  "11% (1919",
		1:   "",
		0:   "",
	} {
		got := barLine(c, text, columns)
		if len(got) > max(columns-1, 0) {
			t.Errorf("%d columns: %d characters", columns, len(got))
		}
		if columns == 110 {
			if !strings.HasPrefix(got, text+"  11% [==") || !strings.HasSuffix(got, " ] (1919652/16000002)") || len(got) != 109 {
				t.Errorf("110 columns: %q", got)
			}
			continue
		}
		if got != want {
			t.Errorf("%d columns: %q, not %q", columns, got, want)
		}
	}
}

// TestWatchOnceOnTerminal: what watch prints once does not wrap on a narrow terminal.
func TestWatchOnceOnTerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSpec(t, dir, "w.yaml", "about: w\nmodel: probe\nparams: {x: {linspace: [0, 1, 30]}}\n")
	must(t, sweep(t, dir, "run", "w.yaml", "--figures", "none"), 0)
	s := onTerminal(t, sweep(t, dir, "watch", "results/w", "--once"), 40, 24)
	s.cmd.Wait()
	s.await("30 trials", 0)
	for line := range strings.SplitSeq(s.shown(), "\n") {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\r")); n > 40 {
			t.Errorf("%q has %d characters, where 40 fit", line, n)
		}
	}
}
