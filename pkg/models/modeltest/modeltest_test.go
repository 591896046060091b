package modeltest

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

var (
	steps   = models.Int("steps", 10, "number of steps").AtLeast(1)
	moves   = models.NewStream("moves", steps)
	end     = models.Scalar("end", "", "where the walk ends")
	path    = models.NewTrace("path", "", "steps", "where the walk is")
	visited = models.Series("visited", "", "where the walk was").Long(models.AsManyAs(steps))
	back    = models.Integer("back", "", "last step at the origin")
)

func walk() *models.Model {
	return &models.Model{
		Name: "walk", Doc: "walk is a random walk on the line.\n\nEach step is normal.\n", Version: 1,
		Params: []models.Param{steps}, Streams: []*models.Stream{moves}, Outputs: []models.Output{end, back},
		Run: func(ctx context.Context, t *models.Trial) error {
			end.Put(t, walked(t))
			back.None(t)
			return ctx.Err()
		},
	}
}

func walked(t *models.Trial) float64 {
	x := 0.0
	for range steps.Of(t) {
		x += moves.Of(t).NormFloat64()
	}
	return x
}

func TestGoodModelPasses(t *testing.T) { Run(t, walk(), "testdata/walk.yaml") }

// Each check is seen to fail by a model with the fault that it is there for.
func TestBadModelsFail(t *testing.T) {
	runTime, stopTime = 300*time.Millisecond, 30*time.Millisecond
	var calls, last atomic.Int64
	run := func(m *models.Model, f func(context.Context, *models.Trial) error) { m.Run = f }
	tests := []struct {
		fault, check, message string
		example               string
		plant                 func(*models.Model)
	}{
		{fault: "no doc", check: "is declared properly", message: "the doc needs a first sentence",
			plant: func(m *models.Model) { m.Doc = "" }},
		{fault: "parameter without doc", check: "is declared properly", message: "length: the doc must be a sentence",
			plant: func(m *models.Model) { m.Params = append(m.Params, models.Float("length", 1, "")) }},
		{fault: "example of a parameter that is gone", check: "example plans", message: `model walk has no parameter "stride"`,
			example: "about: a\nmodel: walk\nparams: {stride: 2}\n"},
		{fault: "example missing", check: "example plans", message: "no such file", example: "-"},
		{fault: "huge example", check: "example plans", message: "has 10001 trials",
			example: "about: a\nmodel: walk\nreplicates: 10001\n"},
		{fault: "output not put", check: "example runs in seconds", message: "put no back",
			plant: func(m *models.Model) {
				run(m, func(_ context.Context, t *models.Trial) error { end.Put(t, walked(t)); return nil })
			}},
		{fault: "panic", check: "example runs in seconds", message: "panic: index out of steps",
			plant: func(m *models.Model) {
				run(m, func(_ context.Context, t *models.Trial) error { panic("index out of steps") })
			}},
		{fault: "slow", check: "example runs in seconds", message: "runs longer than",
			plant: func(m *models.Model) {
				run(m, func(ctx context.Context, t *models.Trial) error {
					<-ctx.Done()
					return ctx.Err()
				})
			}},
		{fault: "state leaks from trial to trial", check: "same point gives same bits", message: "output end",
			example: "about: a\nmodel: walk\nparams: {steps: [10, 20, 30]}\n",
			plant: func(m *models.Model) {
				run(m, func(_ context.Context, t *models.Trial) error {
					end.Put(t, walked(t)+float64(last.Load()))
					back.None(t)
					last.Store(int64(steps.Of(t)))
					return nil
				})
			}},
		{fault: "value put or not by chance", check: "same point gives same bits", message: "output back",
			plant: func(m *models.Model) {
				run(m, func(_ context.Context, t *models.Trial) error {
					end.Put(t, walked(t))
					if back.None(t); calls.Add(1) > 20 {
						back.Put(t, 1)
					}
					return nil
				})
			}},
		{fault: "recording changes a number", check: "recording changes no bit", message: "output end",
			plant: func(m *models.Model) {
				m.Traces = []*models.Trace{path}
				run(m, func(_ context.Context, t *models.Trial) error {
					end.Put(t, walked(t))
					if back.None(t); path.Recorded(t) {
						end.Put(t, walked(t)+1)
					}
					return nil
				})
			}},
		{fault: "recording changes the state left", check: "recording changes no bit", message: "left another state when it was recorded",
			plant: func(m *models.Model) {
				good := m.Run
				m.Traces, m.Carries = []*models.Trace{path}, true
				run(m, func(ctx context.Context, t *models.Trial) error {
					t.After = append(t.After, 1)
					if path.Recorded(t) {
						t.After[0] = math.Copysign(0, -1)
					}
					return good(ctx, t)
				})
			}},
		{fault: "trace that goes back", check: "recording changes no bit", message: "trace path has value 0 at time 1 after 2",
			plant: func(m *models.Model) {
				good := m.Run
				m.Traces = []*models.Trace{path}
				run(m, func(ctx context.Context, t *models.Trial) error {
					path.Add(t, 2, 1)
					path.Add(t, 1, 1)
					return good(ctx, t)
				})
			}},
		{fault: "trace not added to", check: "recording changes no bit", message: "trace path was never added to",
			plant: func(m *models.Model) { m.Traces = []*models.Trace{path} }},
		{fault: "carries and leaves no state", check: "example runs in seconds", message: "left no state",
			plant: func(m *models.Model) { m.Carries = true }},
		{fault: "state handed on behind the contract", check: "hands its state on", message: "the state left",
			example: "about: a\nmodel: walk\nparams: {steps: [10, 20, 30]}\n",
			plant: func(m *models.Model) {
				good, hidden := m.Run, map[*models.Trial]float64{}
				var mu sync.Mutex
				m.Carries = true
				run(m, func(ctx context.Context, t *models.Trial) error {
					mu.Lock()
					defer mu.Unlock()
					hidden[t]++
					t.After = append(t.After[:0], hidden[t])
					return good(ctx, t)
				})
			}},
		{fault: "given state changed", check: "hands its state on", message: "was changed",
			plant: func(m *models.Model) {
				good := m.Run
				m.Carries = true
				run(m, func(ctx context.Context, t *models.Trial) error {
					if len(t.Before) > 0 {
						t.Before[0]++
					}
					t.After = append(t.After[:0], 1)
					return good(ctx, t)
				})
			}},
		{fault: "stream not used", check: "another replicate gives other numbers", message: "declared and not used",
			plant: func(m *models.Model) {
				run(m, func(_ context.Context, t *models.Trial) error {
					end.Put(t, float64(steps.Of(t)))
					back.None(t)
					return nil
				})
			}},
		{fault: "asked for and not measured", check: "measures what is asked for", message: "asking for mean: error: model walk version 1 put no mean",
			plant: func(m *models.Model) {
				m.Measures = []*models.Measure{{Name: "mean", Doc: "a mean", Outputs: []models.Output{models.Scalar("mean", "", "a mean")}}}
			}},
		{fault: "list of another length", check: "example runs in seconds", message: "model walk version 1 put 11 numbers into visited and not 10: its length is steps",
			plant: func(m *models.Model) {
				good := m.Run
				m.Outputs = append(m.Outputs, visited)
				run(m, func(ctx context.Context, t *models.Trial) error {
					visited.Put(t, make([]float64, steps.Of(t)+1))
					return good(ctx, t)
				})
			}},
		{fault: "list of another length for other values", check: "puts lists of the length declared", message: "steps=1: visited has 2 numbers and its length, steps, is 1",
			plant: func(m *models.Model) {
				good := m.Run
				m.Outputs = append(m.Outputs, visited)
				run(m, func(ctx context.Context, t *models.Trial) error {
					visited.Put(t, make([]float64, max(2, steps.Of(t))))
					return good(ctx, t)
				})
			}},
		{fault: "deaf to the context", check: "stops when told", message: "still ran",
			plant: func(m *models.Model) {
				good := m.Run
				run(m, func(ctx context.Context, t *models.Trial) error {
					if ctx.Done() != nil && ctx.Err() != nil {
						time.Sleep(100 * time.Millisecond)
					}
					return good(context.Background(), t)
				})
			}},
		{fault: "panics when stopped", check: "stops when told", message: "stopped trial gave",
			plant: func(m *models.Model) {
				good := m.Run
				run(m, func(ctx context.Context, t *models.Trial) error {
					if ctx.Err() != nil {
						panic("stopped")
					}
					return good(ctx, t)
				})
			}},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			m := walk()
			if test.plant != nil {
				test.plant(m)
			}
			example := "testdata/walk.yaml"
			if test.example != "" {
				example = filepath.Join(t.TempDir(), "example.yaml")
				if test.example != "-" {
					if err := os.WriteFile(example, []byte(test.example), 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
			s := &subject{model: m, example: example}
			for _, c := range checks {
				err := c.check(s)
				if err == nil {
					continue
				}
				if c.name != test.check || !strings.Contains(err.Error(), test.message) {
					t.Errorf("%q failed with %q; want %q to fail with %q", c.name, err, test.check, test.message)
				}
				return
			}
			t.Error("no check failed")
		})
	}
}
