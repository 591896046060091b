package runner_test

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
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

// cpuTime is the CPU time of the whole process.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkEngine runs trials of an empty model from spec to sealed Parquet:
// the engine's own CPU time a trial, garbage collection, journal, Parquet and
// read-back included.
func BenchmarkEngine(b *testing.B) {
	for _, trials := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(trials), func(b *testing.B) {
			spec, err := experiment.Parse("empty.yaml", fmt.Appendf(nil, "about: engine\nmodel: empty\nreplicates: 10\nparams:\n  x: {linspace: [0, 1, 100]}\n  y: {linspace: [0, 1, %d]}\n", trials/1000),
				experiment.Options{Models: []*models.Model{empty}})
			if err != nil {
				b.Fatal(err)
			}
			before, started := cpuTime(), time.Now()
			for range b.N {
				st, err := store.Open(b.TempDir(), spec.Plan(), spec.Resolved(), store.Options{Run: store.Run{ID: "bench"}})
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
