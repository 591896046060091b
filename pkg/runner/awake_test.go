package runner

import (
	"testing"
	"time"
)

// TestAwake: the time awake goes with the ticks, whatever lies between two of them.
func TestAwake(t *testing.T) {
	const every = 100 * time.Millisecond
	start := time.Now()
	for _, c := range []struct{ gap, want time.Duration }{
		{every, every}, {every / 2, every / 2}, {2 * every, 2 * every}, {time.Hour, 2 * every}, {0, 0},
	} {
		if got := awakeBetween(start, start.Add(c.gap), every); got != c.want {
			t.Errorf("a tick after %v counts as %v", c.gap, got)
		}
	}
}
