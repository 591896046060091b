//go:build smallparts

package store

import (
	"os"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// TestBreakingDiskParts is TestBreakingDisk with several parts, and a journal that
// is regrouped.
func TestBreakingDiskParts(t *testing.T) { breakParts(t) }

// TestBreakingDiskPartsRecord does so with a plan that keeps traces.
func TestBreakingDiskPartsRecord(t *testing.T) { breakParts(t, recorded...) }

func breakParts(t *testing.T, record ...models.Kept) {
	steps := breakDisk(t, 160, 31, record...)
	want := []string{"regrouped"}
	if os.Getenv("SWEEP_FAULTS") != "" {
		want = append(want, "part-000000.parquet", "part-000002.parquet")
	}
	for _, what := range want {
		if steps[what] == 0 {
			t.Errorf("no step with %s has failed", what)
		}
	}
}
