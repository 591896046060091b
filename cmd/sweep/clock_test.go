package main

import (
	"strings"
	"testing"
	"time"
)

// TestNextTimeChanges holds nextTime against a look at each minute, over nights on
// which clocks are put forward and back.
func TestNextTimeChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, around string }{
		{"America/Winnipeg", "2024-03-10"},
		{"America/Winnipeg", "2024-11-03"},
		{"Europe/Berlin", "2024-03-31"},
		{"Europe/Berlin", "2026-10-25"},
		{"Australia/Lord_Howe", "2026-04-05"}, // by half an hour
		{"Australia/Lord_Howe", "2026-10-04"},
		{"America/Havana", "2026-03-08"}, // at midnight
		{"America/Havana", "2026-11-01"},
		{"America/Santiago", "2026-09-06"},
		{"Africa/Casablanca", "2026-02-15"},
		{"Pacific/Apia", "2011-12-30"}, // a day that was not
		{"Asia/Kathmandu", "2026-01-01"},
		{"UTC", "2026-03-29"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		around, err := time.Parse(time.DateOnly, c.around)
		if err != nil {
			t.Fatal(err)
		}
		wrong := 0
		for now := around.Add(-40 * time.Hour); now.Before(around.Add(40 * time.Hour)); now = now.Add(41*time.Minute + 7*time.Second) {
			first := firstShown(now.In(zone))
			for minute := 0; minute < len(first); minute += 5 {
				text := time.Time{}.Add(time.Duration(minute) * time.Minute).Format("15:04")
				got, err := nextTime(text, now.In(zone))
				if err != nil {
					t.Fatal(err)
				}
				if want := first[minute]; !got.Equal(want) {
					if wrong++; wrong < 5 {
						t.Errorf("%s after %v is %v, where the clock shows it at %v", text, now.In(zone), got, want.In(zone))
					}
				}
			}
		}
		if wrong > 0 {
			t.Errorf("%s around %s: %d are wrong", c.zone, c.around, wrong)
		}
	}
}

// firstShown are the moments after now at which each minute of the day is shown, or
// skipped.
func firstShown(now time.Time) (first [24 * 60]time.Time) {
	zone := now.Location()
	wall := func(t time.Time) time.Time {
		_, offset := t.In(zone).Zone()
		return t.UTC().Add(time.Duration(offset) * time.Second)
	}
	t := now.UTC().Truncate(time.Minute)
	last := wall(t)
	for range 4 * 24 * 60 {
		t = t.Add(time.Minute)
		shown := wall(t)
		from := shown
		if shown.After(last) {
			from = last.Add(time.Minute) // all that is skipped, and this one
		}
		for at := from; !at.After(shown); at = at.Add(time.Minute) {
			if minute := at.Hour()*60 + at.Minute(); first[minute].IsZero() {
				first[minute] = t
			}
		}
		last = shown
	}
	return first
}

// TestEmptyFlags: a variable that is not set is not as if the flag were not given.
func TestEmptyFlags(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSpec(t, dir, "x.yaml", "about: Is anything run?\nmodel: probe\nparams: {x: [1, 2]}\n")
	for _, flag := range []string{"--until", "--for", "--variant", "--results", "--config", "--workers"} {
		out := must(t, sweep(t, dir, "run", "x.yaml", flag, ""), exitUsage)
		if !strings.Contains(out, flag) {
			t.Errorf("the message does not name %s: %s", flag, out)
		}
	}
	if out := must(t, sweep(t, dir, "run", "x.yaml"), 0); !strings.Contains(out, "; 2 run") {
		t.Errorf("something was run before: %s", out)
	}
}

// TestWrongFlags: a value that a flag does not take is a mistake of usage, whoever
// reads it.
func TestWrongFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "x.yaml", "about: Is anything run?\nmodel: probe\nparams: {x: [1, 2]}\n")
	for _, line := range []string{
		"run x.yaml --until 24:00", "run x.yaml --for 0s", "run x.yaml --for 1", "plan x.yaml --pilot -1",
	} {
		if code, out, stderr := call(t, strings.Fields(line)...); code != exitUsage || out != "" || !strings.Contains(stderr, "sweep: ") {
			t.Errorf("%s ends with %d: %s%s", line, code, out, stderr)
		}
	}
}
