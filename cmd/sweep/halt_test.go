//go:build !windows

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/spf13/viper"
)

// heard is what a process that runs beside the test has said so far.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *heard) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *heard) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not come to be in a minute", what)
		}
	}
}

// begin starts a command whose messages can be read while it runs.
func begin(t *testing.T, cmd *exec.Cmd) *heard {
	t.Helper()
	w := new(heard)
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return w
}

// endsIn signals a command and holds how long it takes to end to a bound, with what
// status.
func endsIn(t *testing.T, cmd *exec.Cmd, s syscall.Signal, within time.Duration, code int) {
	t.Helper()
	begun := time.Now()
	cmd.Process.Signal(s)
	cmd.Wait()
	if took := time.Since(begun); took > within {
		t.Errorf("%v: it took %v to end", s, took)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("%v: exit status %d, not %d\n%s", s, got, code, cmd.Stdout)
	}
}

// heededIn is how long a signal may take to be heeded: a second, and more on a machine
// that does other things.
const heededIn = 3 * time.Second

// manyFigures draw for many seconds.
func manyFigures(count int) string {
	var b strings.Builder
	b.WriteString("about: Is a signal heeded while figures are drawn?\nmodel: probe\nparams: {x: {linspace: [0, 1, 50]}, n: [1, 2, 3]}\nfigures:\n")
	for i := range count {
		fmt.Fprintf(&b, "- {kind: line, x: x, y: mean(square), by: n, file: f%d}\n", i)
	}
	return b.String()
}

// TestSignalWhileDrawing: a signal ends the drawing, with its own exit status, and
// all trials are recorded.
func TestSignalWhileDrawing(t *testing.T) {
	t.Parallel()
	for s, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		dir := t.TempDir()
		writeSpec(t, dir, "many.yaml", manyFigures(100))
		cmd := sweep(t, dir, "run", "many.yaml")
		said := begin(t, cmd)
		await(t, "a figure", func() bool {
			files, _ := filepath.Glob(filepath.Join(dir, "results/many/figures/*.png"))
			return len(files) > 0
		})
		endsIn(t, cmd, s, heededIn, code)
		if !strings.Contains(said.String(), "150 of 150 trials") || !strings.Contains(said.String(), "not all figures were drawn") {
			t.Errorf("%v: %s", s, said)
		}
		must(t, sweep(t, dir, "verify", "results/many"), 0)
	}
}

// TestSignalWhileOpening: a run that takes records over ends when it is told to, and
// the next goes on.
func TestSignalWhileOpening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const spec = "about: Is a signal heeded while records are taken over?\nmodel: probe\nreplicates: 1000\nparams: {x: {linspace: [0, 1, %d]}}\n"
	writeSpec(t, dir, "x.yaml", fmt.Sprintf(spec, 301))
	must(t, sweep(t, dir, "run", "x.yaml", "--figures", "none"), 0)
	writeSpec(t, dir, "x.yaml", fmt.Sprintf(spec, 601))
	for range 3 {
		cmd := sweep(t, dir, "run", "x.yaml", "--figures", "none")
		begin(t, cmd)
		time.Sleep(150 * time.Millisecond)
		endsIn(t, cmd, syscall.SIGTERM, heededIn, 143)
	}
	out := must(t, sweep(t, dir, "run", "x.yaml", "--figures", "none", "--json"), 0)
	if n := computed(t, out); n > 300_000 {
		t.Errorf("%d were computed, of which 300000 are new", n)
	}
	must(t, sweep(t, dir, "verify", "results/x"), 0)
}

// TestHangup: a terminal that closes stops a run in good order, unless that is
// ignored.
func TestHangup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSpec(t, dir, "work.yaml", strings.Replace(someWork, "1e-3", "3e-3", 1))
	cmd := sweep(t, dir, "run", "work.yaml")
	said := begin(t, cmd)
	await(t, "the run", func() bool { return strings.Contains(said.String(), "2000 trials") })
	time.Sleep(500 * time.Millisecond)
	endsIn(t, cmd, syscall.SIGHUP, 10*time.Second, 129)
	for _, file := range []string{"trials/tail.parquet", "report.html"} {
		if _, err := os.Stat(filepath.Join(dir, "results/work", file)); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(said.String(), "hangup") || !strings.Contains(said.String(), "the same command goes on") {
		t.Error(said)
	}
	// As by nohup.
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command("sh", "-c", `trap '' HUP; exec "$0" run work.yaml -s work=3e-3`, path)
	cmd.Dir = dir
	said = begin(t, cmd)
	await(t, "the run", func() bool { return strings.Contains(said.String(), "done before") })
	endsIn(t, cmd, syscall.SIGHUP, time.Minute, 0)
	must(t, sweep(t, dir, "verify", "results/work"), 0)
}

// TestNobodyReads: who reads what a run tells goes away, or reads no more, and the
// run goes on.
func TestNobodyReads(t *testing.T) {
	t.Parallel()
	for _, stays := range []bool{false, true} {
		dir := t.TempDir()
		writeSpec(t, dir, "work.yaml", someWork)
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := sweep(t, dir, "run", "work.yaml", "--progress", "bar")
		cmd.Stderr = writer
		if stays {
			// A pipe that is full.
			filled := make(chan struct{})
			go func() {
				defer close(filled)
				writer.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
				for {
					if _, err := writer.Write(make([]byte, 4096)); err != nil {
						return
					}
				}
			}()
			<-filled
		}
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		writer.Close()
		if !stays {
			io.ReadFull(reader, make([]byte, 20))
			reader.Close()
		}
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != 0 || !strings.Contains(out.String(), "2000 of 2000") {
			t.Errorf("stays %v: %v\n%s", stays, cmd.ProcessState, &out)
		}
		reader.Close()
		must(t, sweep(t, dir, "verify", "results/work"), 0)
	}
}

// TestSecondSignalDeaf: a second signal ends a run at once, though a trial hears
// nothing, and what was recorded stays.
func TestSecondSignalDeaf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSpec(t, dir, "deaf.yaml", "about: Can it be stopped?\nmodel: probe\norder: row\nblocks:\n- params: {x: [1, 2, 3]}\n- params: {x: [4], mode: ignore, work: 60}\n")
	cmd := sweep(t, dir, "run", "deaf.yaml", "--grace", "1h", "--workers", "1")
	said := begin(t, cmd)
	await(t, "the run", func() bool { return strings.Contains(said.String(), "4 trials") })
	time.Sleep(500 * time.Millisecond)
	cmd.Process.Signal(syscall.SIGINT)
	await(t, "an answer", func() bool { return strings.Contains(said.String(), "once more") })
	time.Sleep(300 * time.Millisecond)
	endsIn(t, cmd, syscall.SIGINT, heededIn, 130)
	if s := statusOf(t, dir, "results/deaf"); s.Done != 3 {
		t.Errorf("%+v\n%s", s, said)
	}
}

// TestSuspended: the time in which a run is suspended is no trial's. The trials need
// their cores, so that none ends by a clock that went on.
func TestSuspended(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSpec(t, dir, "s.yaml", "about: Who has used up the time?\nmodel: bms\nreplicates: 12\nparams: {n: 300, gamma: 0.475, sigma: 9, transient: 1000, window: 5000}\n")
	cmd := sweep(t, dir, "run", "s.yaml", "--timeout", "4s", "--workers", "2", "--figures", "none")
	said := begin(t, cmd)
	await(t, "the run", func() bool { return strings.Contains(said.String(), "12 trials") })
	time.Sleep(100 * time.Millisecond)
	cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(4500 * time.Millisecond)
	cmd.Process.Signal(syscall.SIGCONT)
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 0 {
		t.Errorf("exit status %d\n%s", got, said)
	}
}

// TestReplaySuspended: nor is it that of a trial that is replayed.
func TestReplaySuspended(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSpec(t, dir, "s.yaml", "about: Who has used up the time?\nmodel: probe\nparams: {work: 1, mode: sleep}\n")
	must(t, sweep(t, dir, "run", "s.yaml", "--figures", "none"), 0)
	cmd := sweep(t, dir, "replay", "results/s", "0", "--timeout", "2s")
	said := begin(t, cmd)
	time.Sleep(600 * time.Millisecond)
	cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(2500 * time.Millisecond)
	cmd.Process.Signal(syscall.SIGCONT)
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 0 || !strings.Contains(said.String(), "equal") {
		t.Errorf("exit status %d\n%s", got, said)
	}
}

// TestWindows: what is longer than the window is begun once, remembered over an
// edit, and run when there is time.
func TestWindows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(xs string) {
		writeSpec(t, dir, "u.yaml", "about: What is begun each night?\nmodel: probe\norder: row\nparams: {x: "+xs+", work: [0.01, 8], mode: sleep}\n")
	}
	run := func(code int, window string, more ...string) string {
		return must(t, sweep(t, dir, append([]string{"run", "u.yaml", "--for", window, "--grace", "2s", "--workers", "4", "--figures", "none"}, more...)...), code)
	}
	write("[1, 2]")
	out := run(exitWorkLeft, "1s")
	for _, want := range []string{"no trial is begun after 20", "2 trials were cut off", "; 2 run"} {
		if !strings.Contains(out, want) {
			t.Errorf("the first window does not say %q: %s", want, out)
		}
	}
	write("[0.5, 1, 2]")
	out = run(exitWorkLeft, "1s", "-s", "x=[1, 2]")
	if !strings.Contains(out, "2 trials were not begun") || !strings.Contains(out, "--begin-all") || strings.Contains(out, "goes on with them") {
		t.Errorf("the second window says %s", out)
	}
	runs, err := filepath.Glob(filepath.Join(dir, "results/u/runs/*.json"))
	if err != nil || len(runs) != 2 {
		t.Fatalf("%v, %v", runs, err)
	}
	text, err := os.ReadFile(runs[0])
	if err != nil {
		t.Fatal(err)
	}
	var kept struct {
		Cut []struct {
			Trial int64
			ID    string
			Ran   float64
		}
	}
	if err := json.Unmarshal(text, &kept); err != nil || len(kept.Cut) != 2 || len(kept.Cut[0].ID) != 32 || kept.Cut[0].Ran < 0.5 || kept.Cut[0].Ran > 20 {
		t.Errorf("%+v, %v", kept, err)
	}
	// By identity: one trial is new, and is begun.
	if out = run(exitWorkLeft, "1s"); !strings.Contains(out, "2 trials were not begun") {
		t.Errorf("after an edit: %s", out)
	}
	if out = run(exitWorkLeft, "500ms", "--begin-all", "--grace", "500ms"); strings.Contains(out, "not begun") || !strings.Contains(out, "cut off") {
		t.Errorf("--begin-all: %s", out)
	}
	if out = run(0, "1m"); !strings.Contains(out, "6 of 6 trials") {
		t.Errorf("a long window: %s", out)
	}
}

// TestRetryHint: a run with failures says how they are run again.
func TestRetryHint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSpec(t, dir, "f.yaml", "about: What next?\nmodel: probe\nparams: {x: [1, 2], mode: error}\n")
	out := must(t, sweep(t, dir, "run", "f.yaml", "-s", "x=[1, 3]"), exitFailed)
	_, hint, _ := strings.Cut(out, "retry     ")
	hint, _, _ = strings.Cut(hint, "\n")
	if hint != "sweep run f.yaml -s 'x=[1, 3]' --retry-failed" {
		t.Fatalf("%q in %s", hint, out)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", strings.Replace(hint, "sweep", path, 1))
	cmd.Dir = dir
	cmd.Stderr = new(bytes.Buffer)
	if out := must(t, cmd, exitFailed); !strings.Contains(out, "; 2 run") {
		t.Errorf("%s", out)
	}
}

// TestMovedIsSaid: a data set that gives way to another spec's is not moved without
// a word.
func TestMovedIsSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, xs := range map[string]string{"d1": "[1, 2]", "d2": "[3, 4]", "d3": "[4, 5]"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
		writeSpec(t, dir, name+"/same.yaml", "about: Whose is it?\nmodel: probe\nparams: {x: "+xs+"}\n")
	}
	if out := must(t, sweep(t, dir, "run", "d1/same.yaml"), 0); strings.Contains(out, "moved") {
		t.Errorf("the first run says %s", out)
	}
	for _, c := range []struct{ spec, want string }{
		{"d2/same.yaml", "2 records of the spec that was run here before moved to results/same/history/20"},
		{"d2/same.yaml", ""},
		{"d3/same.yaml", "1 of them is in this plan"},
	} {
		out := must(t, sweep(t, dir, "run", c.spec), 0)
		if c.want == "" && strings.Contains(out, "moved") || !strings.Contains(out, c.want) {
			t.Errorf("%s says %s, not %q", c.spec, out, c.want)
		}
	}
}

// TestUnopenedInJSON: a run whose time is over before its folder is open says so to
// programs, too.
func TestUnopenedInJSON(t *testing.T) {
	dir := t.TempDir()
	spec, err := experiment.Parse("x.yaml", []byte(goodSpec), experiment.Options{Models: all.Models})
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	var out, said bytes.Buffer
	a := &app{rawOut: &output{to: &out}, rawErr: &said, json: true, settings: settings{Results: dir, viper: viper.New()}}
	a.stdout, a.stderr = plain.NewWriter(a.rawOut), plain.NewWriter(&said)
	err = a.run(over, spec, runOptions{until: time.Now().Add(-time.Second)})
	var code status
	if !errors.As(err, &code) || code != exitWorkLeft || !strings.Contains(said.String(), "not open yet") {
		t.Fatalf("%v: %s", err, said.String())
	}
	var answer struct {
		Schema string
		Run    struct {
			Results           string
			Planned, Computed int64
			Done              *int64
		}
	}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil || answer.Schema != "sweep.run/v1" || answer.Run.Planned != 6 || answer.Run.Results != filepath.Join(dir, "x") || answer.Run.Done != nil {
		t.Errorf("%v: %s", err, out.String())
	}
}
