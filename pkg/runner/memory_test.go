package runner_test

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/runner"
)

const mebibyte = 1 << 20

// above is a memory limit that lies so many bytes above what is in use now.
func above(bytes int64) int64 {
	debug.FreeOSMemory()
	debug.FreeOSMemory() // once more for what a finalizer or a pool has held
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64()-s[1].Value.Uint64()) + bytes
}

// fill returns bytes of memory that the system has given.
func fill(bytes int) []byte {
	b := make([]byte, bytes)
	for i := 0; i < len(b); i += 512 {
		b[i] = 1
	}
	return b
}

// notices collects what a run says.
type notices struct {
	sync.Mutex
	texts []string
}

func (n *notices) add(text string) {
	n.Lock()
	defer n.Unlock()
	n.texts = append(n.texts, text)
}

// TestMemory: a trial that takes memory without end fails, and none beside it
// does.
func TestMemory(t *testing.T) {
	var said notices
	var guilty atomic.Int64
	m := hooked(func(ctx context.Context, tr *models.Trial) error {
		if x.Of(tr) != 13 {
			time.Sleep(2 * time.Millisecond)
			return ctx.Err()
		}
		guilty.Add(1)
		var all [][]byte
		for ctx.Err() == nil {
			all = append(all, fill(mebibyte))
		}
		runtime.KeepAlive(all)
		return ctx.Err()
	})
	report, counts := runSpec(t, m, 2, 100, nil, t.Context(), runner.Options{Workers: 4, Memory: above(100 * mebibyte), Grace: time.Minute, Notice: said.add})
	if !report.Complete() || counts.Failed != 2 {
		t.Errorf("%d failed of %d; %v", counts.Failed, counts.Done, said.texts)
	}
	// At most once beside others and once alone.
	if n := guilty.Load(); n > 4 || n < 2 {
		t.Errorf("two trials of endless memory were begun %d times", n)
	}
	if len(said.texts) != 2 || !strings.Contains(said.texts[0], "recorded as failed") {
		t.Errorf("said %q", said.texts)
	}
}

// TestMemoryCrowd: trials that fit alone and not together have all their records.
func TestMemoryCrowd(t *testing.T) {
	var said notices
	var running, most, late atomic.Int64
	m := hooked(func(ctx context.Context, tr *models.Trial) error {
		n := running.Add(1)
		defer running.Add(-1)
		if x.Of(tr) >= 30 {
			late.Store(max(late.Load(), n))
		}
		most.Store(max(most.Load(), n))
		b := fill(80 * mebibyte)
		select {
		case <-time.After(30 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
		b[0] = 2
		return nil
	})
	report, counts := runSpec(t, m, 1, 36, nil, t.Context(), runner.Options{Workers: 4, Memory: above(200 * mebibyte), Grace: time.Minute, Notice: said.add})
	if !report.Complete() || counts.Failed != 0 {
		t.Errorf("%d failed of %d; %v", counts.Failed, counts.Done, said.texts)
	}
	if most.Load() < 3 || late.Load() > 2 {
		t.Errorf("at most %d ran at the same time, %d at the end", most.Load(), late.Load())
	}
	if !slices.ContainsFunc(said.texts, func(s string) bool { return strings.Contains(s, "none of them alone") }) {
		t.Errorf("said %q", said.texts)
	}
}

// TestMemoryLeftBehind: a trial that holds memory and ignores that it is cancelled
// is recorded as failed, and the others are run.
func TestMemoryLeftBehind(t *testing.T) {
	release := make(chan struct{})
	var gone sync.WaitGroup
	defer gone.Wait()
	defer close(release)
	const size = 240 * mebibyte
	limit := above(size)
	m := hooked(func(ctx context.Context, tr *models.Trial) error {
		if x.Of(tr) == 13 {
			gone.Add(1)
			defer gone.Done()
			b := fill(size + 16*mebibyte) // above the limit, not the hard one
			select {
			case <-release:
			case <-time.After(30 * time.Second): // the test fails
			}
			b[0] = 2
		}
		return nil
	})
	var said notices
	report, counts := runSpec(t, m, 1, 2000, nil, t.Context(), runner.Options{Workers: 2, Memory: limit, Grace: 50 * time.Millisecond, Notice: said.add})
	if !report.Complete() || counts.Failed != 1 {
		t.Errorf("%d failed, %d of %d done, %v; %q", counts.Failed, counts.Done, counts.Planned, report.Problems, said.texts)
	}
}

// TestOnceMemory: a trial that is run outside of a run is guarded too.
func TestOnceMemory(t *testing.T) {
	for _, heeds := range []bool{true, false} {
		over := make(chan struct{})
		m := hooked(func(ctx context.Context, tr *models.Trial) error {
			var all [][]byte
			for {
				select {
				case <-over:
					return nil
				default:
				}
				if heeds && ctx.Err() != nil {
					return ctx.Err()
				}
				if len(all) < 250 {
					all = append(all, fill(mebibyte))
				}
			}
		})
		setting := models.NewSetting(m, 1, nil)
		p := models.Point{Values: []models.Value{models.FloatValue(1)}, Index: []int64{0}}
		_, err := runner.Once(t.Context(), m, setting.NewTrial(), &p, nil, 0, above(100*mebibyte))
		close(over)
		f, ok := err.(*models.Failure)
		if !ok || f.Class != "memory" || strings.Contains(f.Message, "ignored") == heeds {
			t.Errorf("heeds %v: %v", heeds, err)
		}
	}
}
