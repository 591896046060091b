//go:build faults && !windows

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// These tests take minutes: make faults.

var (
	kills = flag.Int("kills", 200, "how many runs TestKills kills")
	seed  = flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the moments at which runs are killed")
)

// harmless is what verify may say of a folder whose run was killed.
var harmless = regexp.MustCompile(`^\d+ of \d+ trials have no record$` +
	`|^the last \d+ bytes are not whole records; the next run leaves them out$` +
	`|: torn frame$|^torn frame$` + // a segment whose header was being written
	`|^is not in SHA256SUMS; the next run notes it$`)

// faultSpecs are trials of every kind of cost: more than a part holds and next to
// none each, slow ones, chains that hand on a state, and some that keep traces.
var faultSpecs = []struct{ name, text string }{
	{"two", strings.Replace(twoParts, "5000", "4500", 1)},
	{"work", strings.Replace(someWork, "1e-3", "5e-4", 1)},
	{"chain", strings.Replace(hysteresis, "81", "21", 1)},
	{"traces", strings.NewReplacer("[ok, error, nan]", "[ok, nan]", "1e-3", "5e-4").Replace(walks)},
}

// TestKills kills runs with SIGKILL, SIGINT or SIGTERM at random moments, at one
// to four workers, and lets the next one go on. After each, nothing worse is to
// be seen than trials without a record; each data set that was finished so has
// the bytes of one that nothing happened to.
func TestKills(t *testing.T) {
	t.Logf("-seed %d", *seed)
	for i, c := range faultSpecs {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			killSpec(t, c.name, c.text, rand.New(rand.NewPCG(*seed, uint64(i))), (*kills+len(faultSpecs)-1)/len(faultSpecs))
		})
	}
}

func killSpec(t *testing.T, name, text string, random *rand.Rand, kills int) {
	dir := t.TempDir()
	writeSpec(t, dir, name+".yaml", text)
	first := sweep(t, dir, "run", name+".yaml", "--results", "whole") // builds the binary
	start := time.Now()
	must(t, first, 0)
	took := time.Since(start)
	data := func(folder string) map[string]string {
		sums := hashes(t, filepath.Join(dir, folder, "trials"))
		if _, err := os.Stat(filepath.Join(dir, folder, "series")); err == nil {
			for file, sum := range hashes(t, filepath.Join(dir, folder, "series")) {
				sums["series/"+file] = sum
			}
		}
		return sums
	}
	want := data(filepath.Join("whole", name))
	signals := map[syscall.Signal]int{}
	killed, finished := 0, 0
	for set := 0; killed < kills; set++ {
		results := fmt.Sprint("set", set)
		folder := filepath.Join(results, name)
		for done := false; !done; {
			cmd := sweep(t, dir, "run", name+".yaml", "--results", results, "--workers", fmt.Sprint(1+random.IntN(4)))
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if killed < kills {
				signal := []syscall.Signal{syscall.SIGKILL, syscall.SIGKILL, syscall.SIGKILL, syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM}[random.IntN(6)]
				timer := time.AfterFunc(time.Duration(random.Float64()*float64(took)), func() { cmd.Process.Signal(signal) })
				err := cmd.Wait()
				if !timer.Stop() && err != nil {
					killed++
					signals[signal]++
				}
			} else {
				cmd.Wait()
			}
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			code := status.ExitStatus()
			switch {
			case code == 0:
				done = true
			case status.Signaled(), code == 130, code == 143:
			default:
				t.Fatalf("exit status %d\n%s", code, cmd.Stderr)
			}
			if _, err := os.Stat(filepath.Join(dir, folder, "spec.yaml")); err != nil {
				continue // killed before there was anything to verify
			}
			inspectKilled(t, dir, folder, done)
		}
		finished++
		sameHashes(t, results, data(folder), want)
		if err := os.RemoveAll(filepath.Join(dir, results)); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s: %v; %d data sets finished, each with the bytes of one that nothing happened to: 0 lost, 0 double, 0 changed", name, signals, finished)
}

// inspectKilled fails if verify finds what a kill must not cause.
func inspectKilled(t *testing.T, dir, folder string, whole bool) {
	t.Helper()
	cmd := sweep(t, dir, "verify", folder, "--json")
	text, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != 0 && (whole || code != exitDifference) {
		t.Fatalf("verify: %v\n%s%s", err, text, cmd.Stderr)
	}
	var answer struct {
		Verify struct {
			Problems []struct{ File, Message string }
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("verify: %v\n%s%s", err, text, cmd.Stderr)
	}
	for _, p := range answer.Verify.Problems {
		if !harmless.MatchString(p.Message) {
			t.Fatalf("after a kill: %s: %s", p.File, p.Message)
		}
	}
}

// TestTwoAtOnce: runs that come while another writes are turned away, and the
// first goes on unharmed.
func TestTwoAtOnce(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "work.yaml", someWork)
	must(t, sweep(t, dir, "run", "work.yaml", "--results", "whole"), 0)
	first := sweep(t, dir, "run", "work.yaml", "--workers", "1")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if _, err := os.Stat(filepath.Join(dir, "results/work/README.md")); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for range 5 {
		must(t, sweep(t, dir, "run", "work.yaml"), exitLocked)
	}
	if err := first.Wait(); err != nil {
		t.Fatalf("the first run: %v\n%s", err, first.Stderr)
	}
	must(t, sweep(t, dir, "verify", "results/work"), 0)
	sameHashes(t, "beside others", hashes(t, filepath.Join(dir, "results/work/trials")), hashes(t, filepath.Join(dir, "whole/work/trials")))
}

// TestReadOnly: a folder that cannot be written to is an error that names it.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "x.yaml", "about: Can it be written?\nmodel: probe\nparams: {n: 3}\n")
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o555); err != nil {
		t.Fatal(err)
	}
	cmd := sweep(t, dir, "run", "x.yaml", "--results", closed)
	if err := os.WriteFile(filepath.Join(closed, "a"), nil, 0o666); err == nil {
		// Root may write everywhere: nobody runs it.
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		for _, open := range []string{filepath.Dir(cmd.Path), dir, filepath.Dir(dir)} {
			if err := os.Chmod(open, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	if out := must(t, cmd, exitError); !strings.Contains(out, closed) || !strings.Contains(out, "permission denied") {
		t.Errorf("the message is %s", out)
	}
}
