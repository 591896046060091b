package runner_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

// TestFailFast: failures that differ in numbers only end the run, others and
// those with a success between them do not; what was recorded stays.
func TestFailFast(t *testing.T) {
	for _, c := range []struct {
		name string
		fail func(x float64) error
		ends bool
	}{
		{"alike", func(x float64) error { return fmt.Errorf("no root at x = %v", x) }, true},
		{"a success between", func(x float64) error {
			if int(x)%3 == 0 {
				return nil
			}
			return errors.New("no root")
		}, false},
		{"of two kinds in turn", func(x float64) error {
			if int(x)%2 == 0 {
				return errors.New("no root")
			}
			panic("no memory")
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := hooked(func(ctx context.Context, tr *models.Trial) error { return c.fail(x.Of(tr)) })
			spec, err := experiment.Parse("empty.yaml", []byte("about: a\nmodel: empty\norder: row\nparams: {x: {range: [0, 999, 1]}}\n"), experiment.Options{Models: []*models.Model{m}})
			if err != nil {
				t.Fatal(err)
			}
			plan := spec.Plan()
			st, err := store.Open(t.Context(), t.TempDir(), plan, spec.Resolved(), store.Options{Run: store.Run{ID: "test"}})
			if err != nil {
				t.Fatal(err)
			}
			err = runner.Run(t.Context(), nil, plan, plan.Sequence(), st, runner.Options{Workers: 1, FailFast: 5})
			if closed := st.Close(); closed != nil {
				t.Fatal(closed)
			}
			var failed *runner.FailFastError
			if errors.As(err, &failed) != c.ends || !c.ends && err != nil {
				t.Errorf("the run ended with %v", err)
			}
			if done := st.Counts().Done; (done < 1000) != c.ends || done < 5 {
				t.Errorf("%d trials are recorded", done)
			}
		})
	}
}
