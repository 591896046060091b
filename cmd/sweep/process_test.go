package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// These tests build the real binary and treat it as a user and a power cut
// would.

// TestMain takes away the program that the tests have built.
func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(filepath.Dir(built))
	}
	os.Exit(code)
}

// built is the path of the program, once binary has made it.
var built string

// binary is the path of the program. A test that takes the time of what it does
// asks for it before.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sweep-test-")
	if err != nil {
		return "", err
	}
	built = filepath.Join(dir, "sweep")
	if runtime.GOOS == "windows" {
		built += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", built, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return built, nil
})

// sweep prepares a command of the real binary in dir.
func sweep(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	cmd.Stderr = new(bytes.Buffer)
	return cmd
}

// exitCode runs cmd and returns its exit status.
func exitCode(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

func must(t *testing.T, cmd *exec.Cmd, code int) string {
	t.Helper()
	out := new(bytes.Buffer)
	cmd.Stdout = out
	if got := exitCode(t, cmd); got != code {
		t.Fatalf("%v: exit status %d, not %d\n%s%s", cmd.Args[1:], got, code, out, cmd.Stderr)
	}
	return out.String() + fmt.Sprint(cmd.Stderr)
}

// computed is how many trials a run with --json says that it has computed.
func computed(t *testing.T, out string) int64 {
	t.Helper()
	var answer struct{ Run struct{ Computed int64 } }
	if err := json.Unmarshal([]byte(out[:strings.LastIndex(out, "}")+1]), &answer); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return answer.Run.Computed
}

func writeSpec(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// hashes are the SHA-256 of the files of a folder, by name.
func hashes(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	sums := make(map[string]string)
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		sums[f.Name()] = hex.EncodeToString(sum[:])
	}
	return sums
}

func sameHashes(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: the data set is\n%v\nand not\n%v", what, got, want)
	}
}

// twoParts is a spec of more trials than one part of the data set holds.
const twoParts = `about: Is the data set a function of the spec?
model: probe
seed: 3
replicates: 30
params:
  x: {linspace: [0, 1, 5000]}
  n: [0, 2]
`

// someWork is one whose trials take long enough to be killed in.
const someWork = `about: Is nothing lost?
model: probe
replicates: 500
params:
  x: [1, 2, 3, 4]
  n: 3
  work: 1e-3
`

func TestSameBitsAtAnyWorkerCount(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "two.yaml", twoParts)
	var want map[string]string
	for _, workers := range []string{"1", "2", "7"} {
		must(t, sweep(t, dir, "run", "two.yaml", "--workers", workers, "--results", "w"+workers), 0)
		got := hashes(t, filepath.Join(dir, "w"+workers, "two", "trials"))
		if want == nil {
			want = got
			if len(want) != 2 {
				t.Fatalf("%d parts, where the spec was to fill one and begin another", len(want))
			}
		}
		sameHashes(t, workers+" workers", got, want)
		must(t, sweep(t, dir, "verify", filepath.Join("w"+workers, "two")), 0)
	}
}

func TestSameBitsAfterKill(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ name, spec string }{{"two", twoParts}, {"work", someWork}} {
		writeSpec(t, dir, c.name+".yaml", c.spec)
		whole := sweep(t, dir, "run", c.name+".yaml", "--results", "whole")
		start := time.Now()
		must(t, whole, 0)
		took := time.Since(start)
		want := hashes(t, filepath.Join(dir, "whole", c.name, "trials"))

		kills := 0
		for attempt := range 100 {
			cmd := sweep(t, dir, "run", c.name+".yaml", "--results", "killed", "--workers", fmt.Sprint(1+attempt%3))
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// The first five are killed within the time that the whole run
			// takes, the others may finish.
			wait := time.Hour
			if kills < 5 {
				wait = time.Duration(random.Float64() * 0.7 * float64(took))
			}
			timer := time.AfterFunc(wait, func() { cmd.Process.Signal(syscall.SIGKILL) })
			err := cmd.Wait()
			timer.Stop()
			if err == nil {
				break
			}
			if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
				t.Fatalf("attempt %d: %v\n%s", attempt, err, cmd.Stderr)
			}
			kills++
		}
		if kills == 0 {
			t.Errorf("%s: no run was killed", c.name)
		}
		sameHashes(t, fmt.Sprintf("%s, killed %d times", c.name, kills), hashes(t, filepath.Join(dir, "killed", c.name, "trials")), want)
		must(t, sweep(t, dir, "verify", filepath.Join("killed", c.name)), 0)
		if left, _ := os.ReadDir(filepath.Join(dir, "killed", c.name, "journal")); len(left) > 0 {
			t.Errorf("%s: the journal still has %d segments", c.name, len(left))
		}
	}
}

// TestResumeKeeps checks that a resumed run computes only what is missing: a
// killed run loses at most the trials of the last second.
func TestResumeKeeps(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "work.yaml", strings.Replace(someWork, "1e-3", "5e-3", 1))
	cmd := sweep(t, dir, "run", "work.yaml", "--workers", "1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	cmd.Process.Kill()
	cmd.Wait()
	done := statusOf(t, dir, "results/work").Done
	// In 3 s about 600 trials of 5 ms; those of the last second may be lost, and
	// the machine may be busy.
	if done < 100 || done >= 2000 {
		t.Errorf("%d trials survived 3 s of 200 trials a second", done)
	}
	out := must(t, sweep(t, dir, "run", "work.yaml", "--json"), 0)
	var answer struct {
		Run struct{ Computed, Done int64 }
	}
	if err := json.Unmarshal([]byte(out[:strings.LastIndex(out, "}")+1]), &answer); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if answer.Run.Computed != 2000-done {
		t.Errorf("the second run computed %d trials, %d were missing", answer.Run.Computed, 2000-done)
	}
}

type statusAnswer struct{ Planned, Done, Failed, Sealed int64 }

func statusOf(t *testing.T, dir, folder string) statusAnswer {
	t.Helper()
	cmd := sweep(t, dir, "status", folder, "--json")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("status: %v\n%s", err, cmd.Stderr)
	}
	var answer struct{ Status statusAnswer }
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Status
}

func TestSignals(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		dir := t.TempDir()
		writeSpec(t, dir, "work.yaml", strings.Replace(someWork, "1e-3", "3e-3", 1))
		cmd := sweep(t, dir, "run", "work.yaml")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(700 * time.Millisecond)
		cmd.Process.Signal(c.signal)
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != c.code {
			t.Fatalf("%v: exit status %d, not %d\n%s", c.signal, got, c.code, cmd.Stderr)
		}
		// What was done is in trials/ for a notebook.
		if s := statusOf(t, dir, "results/work"); s.Done == 0 || s.Done == s.Planned {
			t.Errorf("%v: %d of %d trials are done", c.signal, s.Done, s.Planned)
		}
		if _, err := os.Stat(filepath.Join(dir, "results/work/trials/tail.parquet")); err != nil {
			t.Error(err)
		}
		must(t, sweep(t, dir, "verify", "results/work"), exitDifference)
		must(t, sweep(t, dir, "run", "work.yaml", "-s", "work=3e-3"), 0)
		must(t, sweep(t, dir, "verify", "results/work"), 0)
	}
}

// TestSecondSignal: a trial that does not end keeps a run open for the grace
// time, and a second signal ends it.
func TestSecondSignal(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "slow.yaml", "about: Can it be stopped?\nmodel: probe\nparams: {mode: sleep, work: 3600}\n")
	cmd := sweep(t, dir, "run", "slow.yaml", "--grace", "1h")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	cmd.Process.Signal(syscall.SIGINT)
	time.Sleep(500 * time.Millisecond)
	if cmd.Process.Signal(syscall.Signal(0)) != nil {
		t.Fatal("the first signal did not wait for the trial")
	}
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 130 {
		t.Errorf("exit status %d\n%s", got, cmd.Stderr)
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "slow.yaml", "about: Is it locked?\nmodel: probe\nparams: {mode: sleep, work: 3600}\n")
	cmd := sweep(t, dir, "run", "slow.yaml")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	for range 100 {
		if _, err := os.Stat(filepath.Join(dir, "results/slow/README.md")); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	out := must(t, sweep(t, dir, "run", "slow.yaml"), exitLocked)
	host, _ := os.Hostname()
	for _, want := range []string{host, fmt.Sprintf("process %d", cmd.Process.Pid), "started 20"} {
		if !strings.Contains(out, want) {
			t.Errorf("the message does not say %q: %s", want, out)
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	// The lock of a killed run is nobody's.
	must(t, sweep(t, dir, "run", "slow.yaml", "-s", "work=0"), 0)
}

// TestFullDisk limits the size of files, which the process meets as a write
// that fails in the middle.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "two.yaml", twoParts)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	// 512-byte blocks; the journal of the whole run takes more.
	cmd := exec.Command("sh", "-c", `ulimit -f 2000; exec "$0" run two.yaml`, path)
	cmd.Dir = dir
	out, _ = cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != exitError {
		t.Fatalf("exit status %d\n%s", got, out)
	}
	if !bytes.Contains(out, []byte("file too large")) || !bytes.Contains(out, []byte("make room")) {
		t.Errorf("the message does not say what to do: %s", out)
	}
	kept := statusOf(t, dir, "results/two").Done
	if kept == 0 {
		t.Error("nothing was kept")
	}
	must(t, sweep(t, dir, "run", "two.yaml"), 0)
	must(t, sweep(t, dir, "verify", "results/two"), 0)
	must(t, sweep(t, dir, "run", "two.yaml", "--results", "whole"), 0)
	sameHashes(t, "after a full disk", hashes(t, filepath.Join(dir, "results/two/trials")), hashes(t, filepath.Join(dir, "whole/two/trials")))
}

// TestChangedSpec: a changed spec runs the new points only, and the old rows
// keep their bits.
func TestChangedSpec(t *testing.T) {
	dir := t.TempDir()
	const spec = "about: What is reused?\nmodel: probe\nreplicates: %d\nparams:\n  x: {linspace: [0, 1, %d]}\n  n: 2\n"
	steps := []struct {
		replicates, count int
		computed          int64
	}{
		{2, 11, 22},
		{2, 21, 20}, // refined: the old points are there
		{3, 21, 21}, // one more replicate
		{1, 6, 0},   // a part of it
		{3, 21, 0},  // and back: nothing was thrown away
	}
	for i, s := range steps {
		writeSpec(t, dir, "x.yaml", fmt.Sprintf(spec, s.replicates, s.count))
		out := must(t, sweep(t, dir, "run", "x.yaml", "--json"), 0)
		if n := computed(t, out); n != s.computed {
			t.Errorf("step %d computed %d trials, not %d", i, n, s.computed)
		}
		must(t, sweep(t, dir, "verify", "results/x"), 0)
		must(t, sweep(t, dir, "run", "x.yaml", "--results", fmt.Sprint("fresh", i)), 0)
		sameHashes(t, fmt.Sprintf("step %d", i), hashes(t, filepath.Join(dir, "results/x/trials")), hashes(t, filepath.Join(dir, fmt.Sprint("fresh", i), "x/trials")))
	}
}

func TestFailures(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "f.yaml", "about: Is failure data?\nmodel: probe\nreplicates: 2\nparams:\n  x: [1, 2]\n  mode: [ok, error, panic, sleep, ignore]\n  work: 1\n")
	out := must(t, sweep(t, dir, "run", "f.yaml", "--timeout", "100ms", "--grace", "100ms", "-s", "work=30"), exitFailed)
	if s := statusOf(t, dir, "results/f"); s.Done != 20 || s.Failed != 20 {
		// ok works for 30 s and is timed out as well.
		t.Errorf("%d done, %d failed\n%s", s.Done, s.Failed, out)
	}
	must(t, sweep(t, dir, "run", "f.yaml", "-s", "work=0"), exitFailed)
	if s := statusOf(t, dir, "results/f"); s.Failed != 8 {
		t.Errorf("%d failed, where the errors and the panics should", s.Failed)
	}
	must(t, sweep(t, dir, "verify", "results/f"), 0)
	// A failure is not run again unless that is asked for.
	if out := must(t, sweep(t, dir, "run", "f.yaml", "-s", "work=0"), exitFailed); !strings.Contains(out, "; 0 run") {
		t.Errorf("failed trials ran again: %s", out)
	}
	if out := must(t, sweep(t, dir, "run", "f.yaml", "-s", "work=0", "--retry-failed"), exitFailed); !strings.Contains(out, "; 8 run") {
		t.Errorf("failed trials did not run again: %s", out)
	}
	must(t, sweep(t, dir, "verify", "results/f"), 0)
}

// TestDamage: a damaged part is named by verify and computed again by run.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "x.yaml", "about: Is damage found?\nmodel: probe\nreplicates: 500\nparams: {n: 3}\n")
	must(t, sweep(t, dir, "run", "x.yaml"), 0)
	part := filepath.Join(dir, "results/x/trials/part-000000.parquet")
	whole, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 40 {
		bit := random.IntN(8 * len(whole))
		damaged := bytes.Clone(whole)
		damaged[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(part, damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		if out := must(t, sweep(t, dir, "verify", "results/x"), exitDifference); !strings.Contains(out, "part-000000.parquet") {
			t.Errorf("bit %d is damaged and the file is not named: %s", bit, out)
		}
	}
	if err := os.WriteFile(part, whole[:len(whole)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	if out := must(t, sweep(t, dir, "verify", "results/x"), exitDifference); !strings.Contains(out, "part-000000.parquet") {
		t.Errorf("the damaged file is not named: %s", out)
	}
	if out := must(t, sweep(t, dir, "run", "x.yaml"), 0); !strings.Contains(out, "part-000000.parquet") {
		t.Errorf("the damaged file is not named: %s", out)
	}
	again, err := os.ReadFile(part)
	if err != nil || !bytes.Equal(again, whole) {
		t.Errorf("the part was not computed again: %v", err)
	}
}
