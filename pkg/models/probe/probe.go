package probe

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

//go:embed doc.go
var doc string

var (
	x    = models.Float("x", 0, "number to be squared, and the first of the list")
	n    = models.Int("n", 1, "length of the list").AtLeast(0).AtMost(1_000_000)
	mode = models.Choice("mode", "what becomes of the trial", "ok", "nan", "inf", "minus-inf", "minus-zero", "tiny", "none", "error", "panic", "sleep", "ignore", "hoard", "devour", "overflow", "race", "stray", "exit", "goexit")
	work = models.Float("work", 0, "wall time that the trial takes").AtLeast(0).AtMost(86400).In("s")
	flag = models.Flag("flag", false, "put the other word")

	draw = models.NewStream("draw")

	square  = models.Scalar("square", "", "x squared, or what the mode says")
	count   = models.Integer("count", "", "n")
	word    = models.Label("word", "a word with a letter that is not ASCII")
	even    = models.Bool("even", "n is even")
	uniform = models.Scalar("uniform", "", "first number of the stream draw, the same at all points of a replicate")
	list    = models.Series("list", "", "n values x, x + 0.5, x + 1 and so on, or what the mode says").Long(models.AsManyAs(n))

	walk = models.NewTrace("walk", "", "steps", "x, x + 0.5, x + 1 and so on at n steps, and the squares of these as number 1")
)

// Model is the model with known answers.
var Model = &models.Model{
	Name:    "probe",
	Doc:     doc,
	Version: 1,
	Params:  []models.Param{x, n, mode, work, flag},
	Streams: []*models.Stream{draw},
	Traces:  []*models.Trace{walk},
	Outputs: []models.Output{square, count, word, even, uniform, list},
	Run:     run,
}

func run(ctx context.Context, t *models.Trial) error {
	mode, x, n := mode.Of(t), x.Of(t), n.Of(t)
	if err := spend(ctx, mode, work.Of(t)); err != nil {
		return err
	}
	if walk.Recorded(t) {
		for i := range n {
			v := x + float64(float64(i)*0.5)
			walk.Add(t, float64(i), v, v*v)
		}
	}
	switch mode {
	case "error":
		return fmt.Errorf("mode error at x = %v", x)
	case "hoard", "devour":
		return hoard(ctx, mode)
	case "overflow", "race", "stray", "exit", "goexit":
		return end(mode)
	case "panic":
		panic(fmt.Sprintf("mode panic at x = %v", x))
	}
	count.Put(t, int64(n))
	even.Put(t, n%2 == 0)
	if flag.Of(t) {
		word.Put(t, "Gödel")
	} else {
		word.Put(t, "naïve")
	}
	uniform.Put(t, draw.Of(t).Float64())
	if mode == "none" {
		square.None(t)
		list.None(t)
		return nil
	}
	s, isSpecial := special(mode)
	if isSpecial {
		square.Put(t, s)
	} else {
		square.Put(t, x*x)
	}
	// Put copies, so a short list can live on the stack.
	var short [64]float64
	values := short[:]
	if n > len(values) {
		values = make([]float64, n)
	}
	values = values[:n]
	for i := range values {
		values[i] = x + float64(float64(i)*0.5)
	}
	if isSpecial && n > 0 {
		values[0] = s
	}
	list.Put(t, values)
	return nil
}

// special is the value of a mode that no square is.
func special(mode string) (float64, bool) {
	switch mode {
	case "nan":
		return math.NaN(), true
	case "inf":
		return math.Inf(1), true
	case "minus-inf":
		return math.Inf(-1), true
	case "minus-zero":
		return math.Copysign(0, -1), true
	case "tiny":
		return math.SmallestNonzeroFloat64, true
	}
	return 0, false
}

// spend lets the seconds pass in the way of the mode.
func spend(ctx context.Context, mode string, seconds float64) error {
	if err := ctx.Err(); err != nil && mode != "ignore" {
		return err
	}
	if seconds == 0 {
		return nil
	}
	wait := time.Duration(seconds * float64(time.Second))
	switch mode {
	case "ignore":
		time.Sleep(wait)
		return nil
	case "sleep":
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return compute(ctx, wait)
}

// most bounds what a trial hoards, in MiB, so that a limit that is not kept does not
// bring the machine down.
const most = 4096

// hoard takes memory, 1 MiB after another, until ctx is done, or, with the mode
// devour, whether it is or not.
func hoard(ctx context.Context, mode string) error {
	var all [][]byte
	for len(all) < most {
		if err := ctx.Err(); err != nil && mode != "devour" {
			return err
		}
		block := make([]byte, 1<<20)
		for i := range block { // the system gives pages that are written to
			block[i] = 1
		}
		all = append(all, block)
	}
	return fmt.Errorf("mode %s: nothing stopped the trial from taking %d MiB", mode, len(all))
}

// end ends the process, or the goroutine, in the way of the mode. It does not return,
// but for the error that the runtime has not noticed.
func end(mode string) error {
	switch mode {
	case "overflow":
		debug.SetMaxStack(1 << 22) // the process ends anyhow: sooner, and with less memory
		return fmt.Errorf("mode %s: the stack has room for %d calls", mode, deeper(1))
	case "race":
		shared, ended := make(map[int]int), make(chan bool)
		for range 4 {
			go func() {
				for i := range 50_000_000 {
					shared[i%8]++
				}
				ended <- true
			}()
		}
		for range 4 {
			<-ended
		}
		return fmt.Errorf("mode %s: nobody noticed", mode)
	case "stray":
		go func() { panic("mode stray") }()
		select {}
	case "exit":
		os.Exit(3)
	}
	runtime.Goexit()
	return nil
}

// deeper calls itself until the stack is full.
func deeper(n int) int {
	if n < 0 {
		return 0
	}
	return deeper(n+1) + 1
}

// compute keeps a core busy with arithmetic until the time is over or ctx is
// done, looking up every ten microseconds or so.
func compute(ctx context.Context, wait time.Duration) error {
	y := 0.5
	for begin := time.Now(); time.Since(begin) < wait; {
		if err := ctx.Err(); err != nil {
			return err
		}
		for range 4000 {
			y = 3.9 * y * (1 - y)
		}
	}
	if !(y >= 0 && y <= 1) { // uses y, so that it is computed
		panic("probe: the logistic map left the unit interval")
	}
	return nil
}
