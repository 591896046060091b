package store

import "testing"

// TestClock: run IDs say when a run began, by a clock that may stand still or go
// backwards. The data set does not depend on it, nor what is found again.
func TestClock(t *testing.T) {
	plan, other := newTestPlan(60), newTestPlan(40)
	whole := t.TempDir()
	if _, err := runOn(whole, plan, "a", 60, nil); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i, run := range []struct {
		plan *testPlan
		id   string
		stop int64
	}{
		{plan, "20260301T000000.000Z-5", 30},
		{plan, "20260101T000000.000Z-4", 45}, // two months back
		{other, "20260101T000000.000Z-3", 20},
		{plan, "20260101T000000.000Z-2", 50}, // at the same time
		{other, "20250101T000000.000Z-1", 40},
		{plan, "20240101T000000.000Z-0", 60},
	} {
		if _, err := runOn(dir, run.plan, run.id, run.stop, nil); err != nil {
			t.Fatalf("run %d: %v", i, err)
		}
	}
	if dataOf(t, dir) != dataOf(t, whole) {
		t.Error("the data set has other bytes")
	}
	if report, err := Verify(dir, plan); err != nil || !report.Complete() {
		t.Errorf("Verify: %+v, %v", report, err)
	}
}
