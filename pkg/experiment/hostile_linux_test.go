package experiment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// hostile are specs that ask for much with few letters. Each is read or refused
// within the time and the memory that TestHostile gives.
func hostile() map[string]string {
	const head = "about: a\nmodel: bms\n"
	many := func(n int, line string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, line, i)
		}
		return b.String()
	}
	again := func(n int, text string) string { return strings.Repeat(text, n) }
	m := map[string]string{
		"texts that double":       head + "derive:\n  a0: \"'zzzzzzzz'\"\n" + doubling(40, "a%d: a%d + a%d"),
		"numbers that double":     head + "derive:\n  a0: 1.5\n" + doubling(200, "a%d: a%d * a%d"),
		"many derived values":     head + "derive:\n" + many(20000, "  a%d: 1\n"),
		"powers":                  head + "params: {gamma: {linspace: [0, 0.9, 1000000]}}\nwhere: 2" + again(800, "**1.1") + " > gamma\n",
		"a long expression":       head + "where: 1" + again(2000, "+1") + " > 0\n",
		"a longer one":            head + "where: 1" + again(200000, "+1") + " > 0\n",
		"parentheses":             head + "where: " + again(2000, "(") + "1" + again(2000, ")") + " > 0\n",
		"nots":                    head + "where: " + again(1000, "not ") + "true\n",
		"a long list in":          head + "params: {gamma: {linspace: [0, 0.9, 1000000]}}\nwhere: gamma in [" + again(1900, "1,") + "1] or true\n",
		"conditions":              head + "params: {gamma: {linspace: [0, 0.9, 1000000]}}\nwhere:\n" + again(100, "  - gamma >= 0\n"),
		"many conditions":         head + "where:\n" + again(60000, "  - n > 0\n"),
		"a table":                 head + "params: {gamma: {linspace: [0, 0.9, 2000]}, sigma: {linspace: [0, 1, 2000]}}\nwhere: gamma < sigma\n",
		"tables":                  head + "params: {gamma: {linspace: [0, 0.9, 1000]}, sigma: {linspace: [0, 1, 1000]}}\nderive:\n" + many(50, "  a%d: gamma + sigma\n"),
		"an irrational axis":      head + "params: {gamma: {linspace: [0, 0.9, 30]}, sigma: {geomspace: [1, 2, 1000000]}}\nwhere: sigma > gamma\n",
		"chebyshev":               head + "params: {sigma: {chebyshev: [1, 2, 1000000]}}\nwhere: sigma > 0\n",
		"a long geomspace":        head + "params: {sigma: {geomspace: [1e-300, 1e300, 1e15]}}\n",
		"a long logspace":         head + "params: {sigma: {logspace: [-300, 300, 1e15]}}\n",
		"a fine linspace":         head + "params: {sigma: {linspace: [1e-300, 1e300, 1e15]}}\n",
		"a fine range":            head + "params: {sigma: {range: [0, 1e300, 1e-300]}}\n",
		"refined":                 head + "params: {sigma: {linspace: [0, 1, 1e9], refine: 1e9}}\n",
		"a refined list":          head + "params: {sigma: {list: [0, 1], refine: 1000000}}\n",
		"a long refined list":     head + "params: {sigma: {list: [" + strings.TrimSuffix(many(10000, "%d/7, "), ", ") + "], refine: 100}}\n",
		"long numbers":            head + "params: {sigma: [" + again(900, "1"+again(990, "3")+"e-300, ") + "1]}\n",
		"exponents":               head + "params: {sigma: [1e999999999, 1e-999999999, 1e400, 1e-400, 1/1e400, 9e99999999999999999999]}\n",
		"fractions of long ones":  head + "params: {sigma: {linspace: [1/" + again(400, "7") + ", 1/" + again(400, "3") + ", " + again(15, "9") + "]}}\n",
		"replicates":              head + "replicates: 100000000000000\n",
		"more replicates":         head + "replicates: 4e18\n",
		"a design":                head + "sample: {design: sobol, count: 1000000, over: {gamma: {uniform: [0, 0.9]}, sigma: {uniform: [0, 1]}}}\n",
		"a long zip":              head + "params: {gamma: {linspace: [0, 0.9, 1e12]}, sigma: {linspace: [0, 1, 1e12]}}\nzip: [gamma, sigma]\n",
		"blocks":                  head + "blocks:\n" + again(50000, "  - {}\n"),
		"no blocks":               head + "blocks: []\n",
		"a block that is none":    head + "blocks: {}\n",
		"blocks beside an axis":   head + "params: {gamma: [0, 0.5]}\nblocks: []\n",
		"variants":                head + "variants:\n" + many(50000, "  v%d: {seed: 1}\n"),
		"variants of a condition": head + "params: {gamma: {linspace: [0, 0.9, 1000000]}}\nwhere: gamma > 0.1\nvariants:\n" + many(200, "  v%d: {replicates: 2}\n"),
		"figures":                 head + "figures:\n" + again(9000, "  - {kind: line, x: sigma, y: mean(d)}\n"),
		"curves":                  head + "figures:\n  - kind: line\n    x: sigma\n    y: mean(d)\n    with:\n" + again(20000, "      - {y: tanh(sigma)}\n"),
		"figures of all variants": head + "figures:\n" + again(100, "  - {kind: line, x: sigma, y: mean(d), by: gamma, panels: n, where: theta > 0}\n") + "variants:\n" + many(200, "  v%d: {params: {n: %[1]d}}\n"),
		"aggregates":              head + "figures:\n" + again(100, "  - {kind: line, x: sigma, y: \""+again(800, "mean(")+"\"}\n"),
		"an unknown key":          head + again(900000, "k") + ": 1\n",
		"a long text":             head + "params: {scaling: " + again(900000, "k") + "}\n",
		"a long line":             head + "params: {sigma: [" + again(300000, "x, ") + "x]}\n",
		"a long model":            "about: a\nmodel: " + again(900000, "b") + "\n",
		"keys":                    head + "params:\n" + many(60000, "  k%d: 1\n"),
		"keys of a flow":          head + "params: {" + strings.TrimSuffix(many(60000, "k%d, "), ", ") + "}\n",
		"lists":                   again(500000, "["),
		"closed lists":            again(20000, "[") + again(20000, "]"),
		"mappings":                again(100000, "{a: "),
		"indents":                 indented(1000),
		"aliases":                 bomb(20),
		"a loop":                  "defs:\n  a: &a [*a, *a]\n" + head + "params: {sigma: *a}\n",
		"comments":                again(300000, "#\n") + head,
		"documents":               again(200000, "---\n") + head,
		"quotes":                  head + "about: \"" + again(150000, "\\u0041") + "\"\n",
	}
	return m
}

func doubling(n int, line string) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "  "+line+"\n", i, i-1, i-1)
	}
	return b.String()
}

func indented(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func bomb(n int) string {
	text := "about: a\nmodel: bms\ndefs:\n  a0: &a0 [1, 2]\n"
	for i := 1; i <= n; i++ {
		text += fmt.Sprintf("  a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1, i-1)
	}
	return text + fmt.Sprintf("params: {sigma: *a%d}\n", n)
}

// What asks for much is read or refused: in little processor time, which a busy
// machine does not lengthen, little memory, and a message of a page or so.
func TestHostile(t *testing.T) {
	for name, text := range hostile() {
		if len(text) > maxSize {
			t.Errorf("%s: %d bytes", name, len(text))
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		peak := watchHeap()
		start := processorTime(t)
		_, err := Parse("x.yaml", []byte(text), Options{Models: twins})
		took := processorTime(t) - start
		heap := peak()
		runtime.ReadMemStats(&after)
		t.Logf("%-26s %4d ms, %4d MB, %v", name, took.Milliseconds(), heap>>20, firstLine(err))
		var errs Errors
		switch {
		case err != nil && !errors.As(err, &errs):
			t.Errorf("%s: %v", name, err)
		case err != nil && len(err.Error()) > 64<<10:
			t.Errorf("%s: a message of %d bytes", name, len(err.Error()))
		case took > 4*time.Second: // several times what it takes: the garbage collector's is counted, too
			t.Errorf("%s took %v", name, took)
		case heap > 200<<20:
			t.Errorf("%s took %d MB", name, heap>>20)
		}
	}
}

func firstLine(err error) string {
	if err == nil {
		return "read"
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line[:min(len(line), 150)]
}

// watchHeap looks at the heap until it is told to end, and gives the largest.
func watchHeap() func() uint64 {
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var m runtime.MemStats
		most := uint64(0)
		for {
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-peak
	}
}

func processorTime(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Where a spec is expected, or what it extends, nothing but a plain file is opened.
func TestOnlyPlainFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.yaml")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	large := write(t, dir, "large.yaml", strings.Repeat("#\n", 1<<20))
	for _, c := range []struct{ path, want string }{
		{pipe, "is a pipe"}, {"/dev/zero", "is a device"}, {dir, "is a directory"}, {large, "larger than 1024 KiB"},
		{write(t, dir, "p.yaml", "extends: pipe.yaml\n"), "p.yaml:1:10: extends: pipe.yaml is no file: it is a pipe"},
		{write(t, dir, "l.yaml", "extends: large.yaml\n"), "larger than 1024 KiB"},
		{write(t, dir, "s.yaml", "extends: s.yaml\n"), "extends no other"},
	} {
		done := make(chan error, 1)
		go func() {
			_, err := Read(c.path, Options{Models: []*models.Model{bms}})
			done <- err
		}()
		select {
		case err := <-done:
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", c.path, err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s is waited for", c.path)
		}
	}
	if _, err := os.Stat(pipe); err != nil {
		t.Error(err)
	}
}
