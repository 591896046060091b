package experiment

import (
	"runtime"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// What is added to a spec leaves the identities of the old points as they were.
func TestOldPointsKeepTheirIdentities(t *testing.T) {
	const old = "params: {gamma: {linspace: [0, 0.9, 4]}, sigma: [1, 2]}\nreplicates: 2"
	for name, c := range map[string][2]string{
		"longer axis":              {old, "params: {gamma: {linspace: [0, 0.9, 4]}, sigma: [1, 2, 3]}\nreplicates: 2"},
		"refined":                  {old, "params: {gamma: {linspace: [0, 0.9, 4], refine: 5}, sigma: [1, 2]}\nreplicates: 2"},
		"more replicates":          {old, "params: {gamma: {linspace: [0, 0.9, 4]}, sigma: [1, 2]}\nreplicates: 3"},
		"reordered":                {old, "params: {sigma: [2, 1], gamma: {linspace: [0, 0.9, 4]}}\nreplicates: 2"},
		"another axis":             {old, "params: {gamma: {linspace: [0, 0.9, 4]}, sigma: [1, 2], n: [100, 50]}\nreplicates: 2"},
		"a block":                  {old, "replicates: 2\nparams: {sigma: [1, 2]}\nblocks:\n  - params: {gamma: {linspace: [0, 0.9, 4]}}\n  - params: {gamma: {linspace: [0.3, 0.6, 7]}, sigma: [1, 1.5]}"},
		"another block":            {"blocks: [{params: {n: 10, gamma: [0, 0.5]}}]", "blocks: [{params: {n: [20, 10], gamma: [0.5, 0.6]}}, {params: {n: 10, gamma: [0, 0.5]}}]"},
		"a derived column":         {old, old + "\nderive: {ratio: gamma / sigma}"},
		"another order":            {old, old + "\norder: shuffle"},
		"no condition":             {old + "\nwhere: sigma > gamma + 0.5", old},
		"no zip":                   {"params: {gamma: [0, 0.5], sigma: [1, 2]}\nzip: [gamma, sigma]", "params: {gamma: [0, 0.5], sigma: [1, 2]}"},
		"written out":              {"params: {sigma: 3}\nderive: {gamma: sigma / 4}", "params: {sigma: [3, 4], gamma: 0.75}"},
		"more of a design":         {"sample: {design: halton, count: 50, over: {gamma: {uniform: [0, 0.9]}, n: {integer: [2, 9]}}}", "sample: {design: halton, count: 50, more: 33, over: {gamma: {uniform: [0, 0.9]}, n: {integer: [2, 9]}}}"},
		"a longer axis in a bound": {"params: {n: [2, 3], window: {range: [1, n, 1]}}", "params: {n: [2, 3, 4], window: {range: [1, 2*n, 1]}}"},
	} {
		before := consistent(t, parse(t, "about: a\nmodel: bms\n"+c[0]).Plan())
		after := consistent(t, parse(t, "about: a\nmodel: bms\n"+c[1]).Plan())
		lost := 0
		for id := range before {
			if !after[id] {
				lost++
			}
		}
		if lost > 0 || len(after) < len(before) {
			t.Errorf("%s: %d of %d points lost, %d now", name, lost, len(before), len(after))
		}
	}
}

// A plan of a billion points, with ties, a condition, derived columns and
// blocks, is read and begun in 200 MB. How long it takes is logged: a test of time
// is one of the machine's other work.
func TestLargePlansWithAllForms(t *testing.T) {
	for name, spec := range map[string]string{
		"grid": "params: {gamma: {linspace: [0, 0.9, 1000]}, sigma: {linspace: [0.1, 3, 1000]}, current: {range: [1, 1000, 1]}}",
		"all": `params: {sigma: {linspace: [0.1, 3, 300]}, self: [true, false], mean: {linspace: [0, 1, 10]}}
derive: {ratio: gamma / sigma, big: current > 10}
blocks:
  - {params: {gamma: {linspace: [0, 0.45, 500]}, current: {range: [1, 500, 1]}}, where: gamma < sigma}
  - {params: {gamma: {linspace: [0.5, 0.9, 200]}, current: {range: [1, 500, 1]}, theta: {linspace: [sigma, 2 * sigma, 2]}}}`,
		"design": "sample: {design: sobol, count: 100000, over: {gamma: {uniform: [0, 0.9]}}}\nreplicates: 10000",
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		p := parse(t, "about: a\nmodel: bms\n"+spec).Plan()
		s := p.Sequence()
		var pt models.Point
		for _, trial := range s.Next(make([]int64, 0, 1000)) {
			p.Point(trial, &pt)
		}
		p.Point(p.Len()-1, &pt)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		size := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d trials, %d MB allocated in all, first rows after %v", name, p.Len(), size>>20, took)
		if p.Len() < 1_000_000_000 || size > 200<<20 {
			t.Errorf("%s: %d trials, %d MB", name, p.Len(), size>>20)
		}
	}
}
