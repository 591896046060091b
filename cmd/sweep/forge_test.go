package main

import (
	"path/filepath"
	"testing"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

// forge writes a result folder as a run would, but leaves out the trials that
// change does not want and lets it change what others put.
func forge(t *testing.T, path, dir string, change func(p *models.Point, trial *models.Trial) (keep bool)) {
	t.Helper()
	forgeWith(t, all.Models, path, dir, change)
}

// probeVersion is the models with another version of probe.
func probeVersion(version int) []*models.Model {
	probe := *all.Find("probe")
	probe.Version = version
	return []*models.Model{&probe}
}

// forgeWith is forge with other models than the program's.
func forgeWith(t *testing.T, list []*models.Model, path, dir string, change func(p *models.Point, trial *models.Trial) (keep bool)) {
	t.Helper()
	spec, err := experiment.Read(path, experiment.Options{Models: list})
	if err != nil {
		t.Fatal(err)
	}
	record, err := store.NewRun(nil)
	if err != nil {
		t.Fatal(err)
	}
	plan := spec.Plan()
	st, err := store.Open(t.Context(), filepath.Join(dir, spec.Name), plan, spec.Resolved(), store.Options{Run: record})
	if err != nil {
		t.Fatal(err)
	}
	trial := plan.Setting().NewTrial()
	if kept := plan.Setting().Record; len(kept) > 0 {
		trial.Record(models.NewRecording(kept, 0))
	}
	batch := st.NewBatch()
	var p models.Point
	var before []float64
	for i := range plan.Len() {
		plan.Point(i, &p)
		if n := plan.ChainLen(); n == 0 || i%n == 0 {
			before = nil
		}
		wall, err := runner.Once(t.Context(), plan.Setting().Model, trial, &p, before, 0, 0)
		before = append([]float64(nil), trial.After...)
		if change(&p, trial) {
			batch.Add(&p, trial, err, store.Timing{Wall: int64(wall), CPU: -1, Attempt: 1})
		}
	}
	if err := st.Append(batch); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}
