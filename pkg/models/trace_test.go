package models_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

var (
	sides = models.NewTrace("sides", "", "steps", "two numbers side by side")
	tries = models.NewTrace("tries", "", "steps", "number after number")
	other = models.NewTrace("other", "", "steps", "what is not kept")
)

// recordingTrial is a trial of a model that adds to its traces as add says.
func recordingTrial(r *models.Recording, add func(t *models.Trial)) (*models.Trial, func() error) {
	m := &models.Model{Name: "m", Run: func(_ context.Context, t *models.Trial) error { add(t); return nil }}
	t := models.NewSetting(m, 1, nil).NewTrial()
	t.Record(r)
	p := &models.Point{}
	ctx := context.Background()
	return t, func() error {
		t.Start(p)
		return m.Execute(ctx, t)
	}
}

// TestRecording: of each trace every so manyth number is kept, counted for each i by
// itself, and nothing of the trial before.
func TestRecording(t *testing.T) {
	r := models.NewRecording([]models.Kept{{Trace: sides, Every: 3}, {Trace: tries, Every: 2}}, 0)
	_, run := recordingTrial(r, func(t *models.Trial) {
		for i := range 7 {
			sides.Add(t, float64(i), float64(i), float64(-i))
			other.Add(t, float64(i), 1)
		}
		for try := range 2 {
			for i := range 3 {
				tries.AddFrom(t, float64(i), try, float64(10*try+i))
			}
		}
		if !sides.Recorded(t) || other.Recorded(t) {
			panic("Recorded is wrong")
		}
	})
	for range 2 {
		if err := run(); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(r.Samples(sides)); got != "[{0 0 0} {0 1 0} {3 0 3} {3 1 -3} {6 0 6} {6 1 -6}]" {
			t.Error(got)
		}
		if got := fmt.Sprint(r.Samples(tries)); got != "[{0 0 0} {2 0 2} {0 1 10} {2 1 12}]" {
			t.Error(got)
		}
		if r.Samples(other) != nil {
			t.Error("a trace was kept that was not asked for")
		}
	}
	if n := testing.AllocsPerRun(50, func() { run() }); n > 0 {
		t.Errorf("%v allocations a trial", n)
	}
}

// TestRecordingLimit: a trial whose traces are too long together ends there, with an
// error that names the longest; one more than fits is too many.
func TestRecordingLimit(t *testing.T) {
	r := models.NewRecording([]models.Kept{{Trace: sides, Every: 1}, {Trace: tries, Every: 4}}, 100)
	steps, ended := 0, 0
	_, run := recordingTrial(r, func(t *models.Trial) {
		for i := range steps {
			sides.Add(t, float64(i), 1)
			tries.Add(t, float64(i), 1)
			ended = i + 1
		}
	})
	for _, steps = range []int{80, 81} {
		err := run()
		var f *models.Failure
		switch {
		case steps == 80 && err != nil:
			t.Error(err)
		case steps == 81 && (!errors.As(err, &f) || f.Class != models.TraceClass || f.Stack != "" || ended != 80 ||
			!strings.Contains(f.Message, "more than 100 numbers") || !strings.Contains(f.Message, "sides has most of them") || !strings.Contains(f.Message, "record: {sides: {every: 10}}")):
			t.Errorf("it ended after %d steps: %v", ended, err)
		}
	}
	if steps = 5; run() != nil {
		t.Error("the trial behind it has its samples")
	}
}
