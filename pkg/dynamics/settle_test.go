package dynamics_test

import (
	"context"
	"errors"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
)

// TestSettle: the sweep that changes nothing does not count, and is one of those
// that may be made.
func TestSettle(t *testing.T) {
	broken := errors.New("no")
	for _, c := range []struct {
		most, changes, sweeps int
		settled               bool
		made                  int
	}{{10, 0, 0, true, 1}, {10, 9, 9, true, 10}, {10, 10, 10, false, 10}, {0, 0, 0, false, 0}} {
		made := 0
		sweeps, settled, err := dynamics.Settle(t.Context(), c.most, func(context.Context) (bool, error) {
			made++
			return made > c.changes, nil
		})
		if sweeps != c.sweeps || settled != c.settled || made != c.made || err != nil {
			t.Errorf("%+v: %d sweeps, settled %t, %d made, %v", c, sweeps, settled, made, err)
		}
	}
	if _, _, err := dynamics.Settle(t.Context(), 3, func(context.Context) (bool, error) { return false, broken }); err != broken {
		t.Errorf("%v", err)
	}
}
