package runner_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/runner"
)

// TestAddedOutput: a model that measures something more keeps its records, in
// which that is null, whether they were sealed or not; a model of another version
// has other points.
func TestAddedOutput(t *testing.T) {
	added := models.Scalar("added", "", "what the model did not measure at first")
	var runs atomic.Int64
	newer := hooked(func(_ context.Context, t *models.Trial) error {
		runs.Add(1)
		added.Put(t, 2*x.Of(t))
		return nil
	})
	newer.Outputs = append(slices.Clone(newer.Outputs), added)
	other := *newer
	other.Version++
	planOf := func(m *models.Model) *experiment.Plan {
		const trials = 40
		spec, err := experiment.Parse("empty.yaml", fmt.Appendf(nil, "about: outputs\nmodel: empty\norder: row\nparams: {x: {linspace: [0, 1, %d]}}\n", trials), experiment.Options{Models: []*models.Model{m}})
		if err != nil {
			t.Fatal(err)
		}
		return spec.Plan()
	}
	for _, old := range []int64{15, 40} {
		dir, p := t.TempDir(), planOf(empty)
		runAll(t, dir, p, inOrder(old), nil, runner.Options{}, false)
		p = planOf(newer)
		runs.Store(0)
		if c := runAll(t, dir, p, p.Sequence(), nil, runner.Options{}, false); c.Done != p.Len() || runs.Load() != p.Len()-old {
			t.Errorf("with %d records: %d ran again, %d done", old, runs.Load(), c.Done)
		}
		verified(t, dir, p)
		rows, err := parquet.ReadFile[struct {
			X      float64  `parquet:"x"`
			Result float64  `parquet:"result"`
			Added  *float64 `parquet:"added"`
		}](filepath.Join(dir, "trials", "part-000000.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			if r.Result != r.X || (r.Added == nil) != (int64(i) < old) || r.Added != nil && *r.Added != 2*r.X {
				t.Errorf("with %d records: row %d is %+v", old, i, r)
			}
		}
		p = planOf(&other)
		runs.Store(0)
		if runAll(t, dir, p, p.Sequence(), nil, runner.Options{}, false); runs.Load() != p.Len() {
			t.Errorf("of another version %d trials ran, not all", runs.Load())
		}
	}
}
