package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // where the machine has no time zones
)

func TestNextTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		moment, err := time.ParseInLocation("2006-01-02 15:04:05", text, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for _, c := range []struct{ now, clock, want string }{
		{"2026-05-04 22:00:00", "07:30", "2026-05-05 07:30:00"},
		{"2026-05-04 06:00:00", "07:30", "2026-05-04 07:30:00"},
		{"2026-05-04 07:30:00", "07:30", "2026-05-05 07:30:00"},
		{"2026-12-31 23:59:59", "00:00", "2027-01-01 00:00:00"},
		// The clocks go forward at 02:00 and back at 03:00.
		{"2026-03-28 22:00:00", "07:30", "2026-03-29 07:30:00"},
		{"2026-10-24 22:00:00", "07:30", "2026-10-25 07:30:00"},
	} {
		got, err := nextTime(c.clock, at(c.now))
		if err != nil || !got.Equal(at(c.want)) {
			t.Errorf("%s after %s: %v, %v", c.clock, c.now, got, err)
		}
	}
	for _, bad := range []string{"", "7", "25:00", "07:30:15", "half past seven"} {
		if _, err := nextTime(bad, time.Now()); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestFor: a run ends in time with its own exit status, and the next one goes
// on.
func TestFor(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "work.yaml", someWork)
	const long = "work=4e-3" // 2000 trials, 4 s on two workers
	begun := time.Now()
	out := must(t, sweep(t, dir, "run", "work.yaml", "-s", long, "--for", "1s"), exitWorkLeft)
	if took := time.Since(begun); took < time.Second || took > time.Minute {
		t.Errorf("the run took %v\n%s", took, out)
	}
	if s := statusOf(t, dir, "results/work"); s.Done == 0 || s.Done == s.Planned {
		t.Errorf("%d of %d are done", s.Done, s.Planned)
	}
	// What is opened in the morning shows all that there is.
	page, err := os.ReadFile(filepath.Join(dir, "results/work/report.html"))
	if err != nil {
		t.Fatal(err)
	}
	must(t, sweep(t, dir, "report", "results/work"), 0)
	if again, err := os.ReadFile(filepath.Join(dir, "results/work/report.html")); err != nil || string(again) != string(page) {
		t.Errorf("the report of a run whose time is over is not of all its records: %v", err)
	}
	must(t, sweep(t, dir, "run", "work.yaml", "-s", long, "--for", "10m"), 0)
	must(t, sweep(t, dir, "verify", "results/work"), 0)
	must(t, sweep(t, dir, "run", "work.yaml", "--for", "1h", "--until", "07:30"), exitUsage)
	must(t, sweep(t, dir, "run", "work.yaml", "--until", "late"), exitUsage)
	must(t, sweep(t, dir, "run", "work.yaml", "--for", "0s"), exitUsage)
}

// TestPilot: a pilot's trials are records, and make the estimate.
func TestPilot(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "work.yaml", someWork)
	out := must(t, sweep(t, dir, "plan", "work.yaml", "--pilot", "20", "--json"), 0)
	var answer struct {
		Plan struct {
			Trials, Done int64
			Estimate     estimate
		}
	}
	if err := json.Unmarshal([]byte(out[strings.Index(out, "{"):strings.LastIndex(out, "}")+1]), &answer); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	p := answer.Plan
	if p.Done != 20 || p.Estimate.Observed != 20 {
		t.Errorf("%d done, %d observed", p.Done, p.Estimate.Observed)
	}
	// 1980 trials of 1 ms of work each; on a busy machine a trial gets less of its core.
	if hours := p.Estimate.CPUHours; hours.Mid < 1.98/3600/10 || hours.Mid > 3*1.98/3600 || hours.Low > hours.Mid || hours.High < hours.Mid {
		t.Errorf("the CPU time is %+v hours", hours)
	}
	out = must(t, sweep(t, dir, "run", "work.yaml", "--json"), 0)
	if !strings.Contains(out, `"computed": 1980`) {
		t.Errorf("the pilot's trials were run again: %s", out)
	}
	must(t, sweep(t, dir, "verify", "results/work"), 0)
	var sealed int64
	for _, folder := range []string{"trials", "timings"} {
		info, err := os.Stat(filepath.Join(dir, "results/work", folder, "part-000000.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		sealed += info.Size()
	}
	if b := p.Estimate.Bytes; float64(sealed) < b.Low || float64(sealed) > b.High {
		t.Errorf("the data set has %d bytes; %+v was the estimate", sealed, b)
	}
}

func TestWhy(t *testing.T) {
	dir := t.TempDir()
	write := func(seed int, streams, x string) {
		writeSpec(t, dir, "x.yaml", fmt.Sprintf("about: Why?\nmodel: probe\nseed: %d\nreplicates: 2\nparams:\n  x: %s\n  n: 2\n  mode: [ok, error]\n%s", seed, x, streams))
	}
	why := func(point string, want ...string) {
		t.Helper()
		out := must(t, sweep(t, dir, "why", "x.yaml", point), 0)
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("why %s does not say %q:\n%s", point, w, out)
			}
		}
	}
	host, _ := os.Hostname()
	write(1, "", "[1, 2]")
	why("trial=0", "will be run", "no results yet")
	must(t, sweep(t, dir, "run", "x.yaml"), exitFailed)
	why("trial=0", "x=1 mode=ok replicate=0", "is done, by run 20", host, "trials/part-000000.parquet")
	why("x=2,mode=ok,replicate=1", "trial 5 ", "is done")
	why("x=2,mode=error", "failed (error: mode error at x = 2)", "--retry-failed")
	why("x=3,mode=ok", "is not in the plan", "no point has x = 3: x = 2 is nearest")
	why("x=1,mode=ok,replicate=5", "there is no replicate 5: they are 0 to 1")
	// What differs now from the record.
	write(2, "", "[1, 2]")
	why("trial=0", "will be run", "seed is 2 here and 1 there")
	write(1, "", "[1, 2.5]")
	why("x=2.5,mode=ok", "will be run", "nearest to it is trial 4", "x is 2.5 here and 2 there")
	why("x=1,mode=ok", "was done for an earlier spec", "takes it over", "trials/part-000000.parquet")
	write(1, "streams: {draw: [x]}\n", "[1, 2]")
	why("x=1,mode=ok", "will be run", "the stream draw depended on no parameter and depends on x")
	// Another spec is run, and the first comes back.
	write(1, "", "[4, 5]")
	must(t, sweep(t, dir, "run", "x.yaml"), exitFailed)
	write(1, "", "[1, 2]")
	why("x=1,mode=ok", "was done for an earlier spec", "takes it over", "history/")
}

// Numbers of a duration are those of specs: one with a leading zero is refused wherever it
// is given.
func TestDurationsAreNumbers(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "x.yaml", goodSpec)
	for _, c := range []struct{ text, want string }{
		{"010s", "010 has a leading zero"}, {"1h05m", "05 has a leading zero"}, {"00.5s", "00.5 has a leading zero"},
		{"0", ""}, {"0s", ""}, {"0.5s", ""}, {"1h0m5s", ""}, {"100ms", ""},
		{"1_0s", "such as 90s"}, {"-5s", "such as 90s"}, {"5", "such as 90s"},
	} {
		t.Setenv("SWEEP_TIMEOUT", c.text)
		flagged, _, flag := call(t, "config", "--grace", c.text)
		t.Setenv("SWEEP_TIMEOUT", "")
		code, _, err := call(t, "config", "--grace", c.text)
		limited, _, limit := call(t, "run", "x.yaml", "--for", c.text, "--figures", "none")
		if c.want == "" {
			if code != exitOK || flagged != exitOK || strings.Contains(limit, "leading") {
				t.Errorf("%s is refused: %s%s%s", c.text, err, flag, limit)
			}
			continue
		}
		if code != exitSpec || flagged != exitSpec || limited != exitUsage || !strings.Contains(err, c.want) || !strings.Contains(flag, c.want) || !strings.Contains(limit, c.want) {
			t.Errorf("%s: exit status %d, %d, %d: %s%s%s", c.text, code, flagged, limited, err, flag, limit)
		}
	}
}
