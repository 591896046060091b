package runner_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/logistic"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

var (
	x      = models.Float("x", 0, "a number")
	y      = models.Float("y", 0, "another number")
	result = models.Scalar("result", "", "a number again")
	count  = models.Integer("count", "", "an integer")
	class  = models.Label("class", "a word", "one", "two")
	draw   = models.NewStream("draw")
)

// empty measures what the engine costs: it does next to nothing.
var empty = &models.Model{
	Name: "empty", Doc: "Package empty is a model that does nothing.\n\nIt measures the engine.\npackage x", Version: 1,
	Params: []models.Param{x, y}, Outputs: []models.Output{result, count, class}, Streams: []*models.Stream{draw},
	Run: func(ctx context.Context, t *models.Trial) error {
		result.Put(t, x.Of(t)+y.Of(t))
		count.Put(t, 7)
		class.Put(t, "one")
		return nil
	},
}

// BenchmarkEngine runs trials of an empty model from spec to sealed Parquet:
// the engine's own CPU time a trial, garbage collection, journal, Parquet and
// read-back included.
func BenchmarkEngine(b *testing.B) {
	for _, trials := range []int{10_000, 100_000, 1_000_000, 10_000_000} {
		b.Run(fmt.Sprint(trials), func(b *testing.B) {
			spec := emptySpec(b, trials)
			before, started := cpuTime(), time.Now()
			for range b.N {
				st, err := store.Open(b.Context(), b.TempDir(), spec.Plan(), spec.Resolved(), store.Options{Run: store.Run{ID: "bench"}})
				if err != nil {
					b.Fatal(err)
				}
				if err := runner.Run(context.Background(), nil, spec.Plan(), spec.Plan().Sequence(), st, runner.Options{}); err != nil {
					b.Fatal(err)
				}
				if err := st.Close(); err != nil {
					b.Fatal(err)
				}
			}
			all := float64(b.N) * float64(trials)
			b.ReportMetric(float64(cpuTime()-before)/all, "cpu-ns/trial")
			b.ReportMetric(float64(time.Since(started))/all, "wall-ns/trial")
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys)/(1<<20), "MB")
		})
	}
}

// BenchmarkShare prints which share of the CPU time of logistic trials is the
// model's own: that of as many calls of it, without points, records and all else,
// on as many threads, which slow each other down. Both are the least of b.N
// rounds, which alternate. The trials are iterations alone, as many as the name
// says; and what is measured if nothing is asked for, with 1000 steps.
func BenchmarkShare(b *testing.B) {
	for _, c := range []struct {
		name, asks string
		trials     int64
	}{
		{"1000", "measure: []\nparams:\n  transient: 1000", 100_000},
		{"10000", "measure: []\nparams:\n  transient: 10000", 100_000},
		{"100000", "measure: []\nparams:\n  transient: 100000", 20_000},
		{"default", "params:\n  steps: 1000", 100_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			trials := c.trials
			spec, err := experiment.Parse("share.yaml", fmt.Appendf(nil, "about: engine\nmodel: logistic\n%s\n  r: {linspace: [3.6, 4, %d]}\n", c.asks, trials),
				experiment.Options{Models: []*models.Model{logistic.Model}})
			if err != nil {
				b.Fatal(err)
			}
			plan := spec.Plan()
			setting := plan.Setting()
			calls := func(run bool) time.Duration {
				before := cpuTime()
				var workers sync.WaitGroup
				n := int64(runtime.GOMAXPROCS(0))
				for w := range n {
					workers.Go(func() {
						var point models.Point
						trial := setting.NewTrial()
						for i := w; i < trials; i += n {
							plan.Point(i, &point)
							trial.Start(&point)
							if !run {
								continue
							}
							if err := setting.Model.Execute(context.Background(), trial); err != nil {
								b.Error(err)
							}
						}
					})
				}
				workers.Wait()
				return cpuTime() - before
			}
			own, all := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for range b.N {
				own = min(own, calls(true)-calls(false))
				before := cpuTime()
				st, err := store.Open(b.Context(), b.TempDir(), plan, spec.Resolved(), store.Options{Run: store.Run{ID: "bench"}})
				if err != nil {
					b.Fatal(err)
				}
				if err := runner.Run(context.Background(), nil, plan, plan.Sequence(), st, runner.Options{}); err != nil {
					b.Fatal(err)
				}
				if err := st.Close(); err != nil {
					b.Fatal(err)
				}
				all = min(all, cpuTime()-before)
			}
			b.ReportMetric(float64(own)/float64(trials), "model-ns/trial")
			b.ReportMetric(float64(all-own)/float64(trials), "engine-ns/trial")
			b.ReportMetric(100*float64(own)/float64(all), "%-model")
		})
	}
}

// halving is an order that refines a plan: every 512th trial, then every 256th,
// down to all.
type halving struct{ step, next, end int64 }

func newHalving(length int64) *halving { return &halving{step: 512, end: length} }

func (h *halving) Next(dst []int64) []int64 {
	for len(dst) < cap(dst) && h.step > 0 {
		for ; len(dst) < cap(dst) && h.next < h.end; h.next += h.step {
			if h.step == 512 || h.next%(2*h.step) != 0 {
				dst = append(dst, h.next)
			}
		}
		if h.next >= h.end {
			h.step, h.next = h.step/2, 0
		}
	}
	return dst
}

func emptySpec(tb testing.TB, trials int) *experiment.Spec {
	spec, err := experiment.Parse("empty.yaml", fmt.Appendf(nil, "about: engine\nmodel: empty\nreplicates: 10\nparams:\n  x: {linspace: [0, 1, 100]}\n  y: {linspace: [0, 1, %d]}\n", trials/1000),
		experiment.Options{Models: []*models.Model{empty}})
	if err != nil {
		tb.Fatal(err)
	}
	return spec
}

// BenchmarkOrder compares the order of the plan with one that refines it, in
// which all parts are complete only at the end, and with one in which every
// batch holds trials of all parts.
func BenchmarkOrder(b *testing.B) {
	for _, trials := range []int{1_000_000, 10_000_000} {
		for _, name := range []string{"row", "halving", "shuffle"} {
			b.Run(fmt.Sprint(name, "/", trials), func(b *testing.B) {
				plan := emptySpec(b, trials).Plan()
				before, most := cpuTime(), uint64(0)
				for range b.N {
					st, err := store.Open(b.Context(), b.TempDir(), plan, []byte("spec"), store.Options{Run: store.Run{ID: "bench"}})
					if err != nil {
						b.Fatal(err)
					}
					var order runner.Order = plan.Sequence()
					switch name {
					case "halving":
						order = newHalving(plan.Len())
					case "shuffle":
						trials := runner.Spread(int(plan.Len()), plan.Len())
						rand.New(rand.NewPCG(1, 2)).Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
						order = runner.Listed(trials)
					}
					ended := make(chan struct{})
					go func() {
						var m runtime.MemStats
						for {
							runtime.ReadMemStats(&m)
							most = max(most, m.HeapInuse)
							select {
							case <-ended:
								close(ended)
								return
							case <-time.After(100 * time.Millisecond):
							}
						}
					}()
					if err := runner.Run(context.Background(), nil, plan, order, st, runner.Options{}); err != nil {
						b.Fatal(err)
					}
					if err := st.Close(); err != nil {
						b.Fatal(err)
					}
					ended <- struct{}{}
					<-ended
				}
				b.ReportMetric(float64(cpuTime()-before)/float64(b.N)/float64(trials), "cpu-ns/trial")
				b.ReportMetric(float64(most)/(1<<20), "MB")
			})
		}
	}
}

// BenchmarkResume measures how long it takes to open a folder and find what is
// left of it: nothing of a finished one, the last of 10 trials of one stopped
// in an order that leaves all in the journal.
func BenchmarkResume(b *testing.B) {
	for _, trials := range []int{1_000_000, 10_000_000} {
		for _, name := range []string{"sealed", "journal"} {
			b.Run(fmt.Sprint(name, "/", trials), func(b *testing.B) {
				plan, dir := emptySpec(b, trials).Plan(), b.TempDir()
				run := func(order runner.Order, id string) {
					st, err := store.Open(b.Context(), dir, plan, []byte("spec"), store.Options{Run: store.Run{ID: id}})
					if err != nil {
						b.Fatal(err)
					}
					if err := runner.Run(context.Background(), nil, plan, order, st, runner.Options{}); err != nil {
						b.Fatal(err)
					}
					if err := st.Close(); err != nil {
						b.Fatal(err)
					}
				}
				left := 0
				if name == "sealed" {
					run(plan.Sequence(), "a")
				} else {
					var most []int64
					for trial := range plan.Len() {
						if trial%10 != 9 {
							most = append(most, trial)
						} else {
							left++
						}
					}
					slices.SortStableFunc(most, func(x, y int64) int { return int(x%10 - y%10) })
					run(runner.Listed(most), "a")
				}
				buf := make([]int64, 4096)
				for b.Loop() {
					st, err := store.Open(b.Context(), dir, plan, []byte("spec"), store.Options{Run: store.Run{ID: "b"}})
					if err != nil {
						b.Fatal(err)
					}
					order, found := plan.Sequence(), 0
					for {
						next := order.Next(buf[:0])
						if len(next) == 0 {
							break
						}
						found += len(st.Left(next))
					}
					if found != left {
						b.Fatalf("%d trials are left, not %d", found, left)
					}
					b.StopTimer()
					if err := st.Close(); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
			})
		}
	}
}
