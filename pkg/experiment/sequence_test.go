package experiment

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
	"pgregory.net/rapid"
)

// handed are the trials of a plan in the order in which they are handed out, in
// batches of different sizes.
func handed(t testing.TB, p *Plan) []int64 {
	t.Helper()
	s := p.Sequence()
	var all []int64
	room := make([]int64, 64)
	for i := 0; ; i++ {
		batch := s.Next(room[: 0 : i%63+1])
		if len(batch) == 0 {
			return all
		}
		all = append(all, batch...)
	}
}

// permutation checks that every trial is there once.
func permutation(t testing.TB, p *Plan, got []int64) {
	t.Helper()
	seen := make([]bool, p.Len())
	for _, trial := range got {
		if seen[trial] {
			t.Fatalf("trial %d twice", trial)
		}
		seen[trial] = true
	}
	if int64(len(got)) != p.Len() {
		t.Fatalf("%d of %d trials", len(got), p.Len())
	}
}

func TestSequencesArePermutations(t *testing.T) {
	for _, spec := range []string{
		"params: {n: 10}",
		"params: {n: [10, 20]}\nreplicates: 3",
		"params: {gamma: {linspace: [0, 0.5, 20]}, sigma: {linspace: [0, 5, 7]}}\nreplicates: 2",
		"params: {gamma: {linspace: [0, 0.5, 33]}, sigma: {linspace: [0, 5, 33]}, self: [true, false]}",
		"params: {gamma: {linspace: [0, 0.5, 20]}, sigma: {linspace: [0, 5, 20]}}\nwhere: sigma > 9 * gamma",
		"params: {n: [2, 7, 4], window: {range: [1, n, 1]}}\nreplicates: 2",
		"params: {self: [true, false]}\nsample: {design: sobol, count: 100, over: {gamma: {uniform: [0, 0.9]}}}",
		"blocks: [{params: {gamma: {linspace: [0, 0.5, 11]}}}, {params: {gamma: {linspace: [0.3, 0.9, 13]}, n: [100, 50]}}, {params: {n: 100, gamma: 0.89}}]",
	} {
		for _, order := range orderNames {
			p := parse(t, fmt.Sprintf("about: a\nmodel: bms\norder: %s\n%s", order, spec)).Plan()
			got := handed(t, p)
			permutation(t, p, got)
			if order == "row" && !slices.IsSorted(got) {
				t.Errorf("%s: by row it is %v", spec, got)
			}
			if order == "shuffle" && p.Len() > 20 && slices.IsSorted(got) {
				t.Errorf("%s: nothing is shuffled", spec)
			}
			if !slices.Equal(got, handed(t, p)) {
				t.Errorf("%s: another order the second time", spec)
			}
		}
	}
}

func TestSequencesOfAnyGrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "about: a\nmodel: bms\nparams:\n"
		for _, name := range []string{"gamma", "sigma", "theta"} {
			text += fmt.Sprintf("  %s: {linspace: [0.1, 0.9, %d]}\n", name, rapid.IntRange(2, 12).Draw(t, name))
		}
		text += fmt.Sprintf("replicates: %d\n", rapid.IntRange(1, 3).Draw(t, "replicates"))
		s, err := Parse("x.yaml", []byte(text), Options{Models: twins})
		if err != nil {
			t.Fatal(err)
		}
		p := s.Plan()
		seq := p.Sequence()
		var all []int64
		for {
			n := len(all)
			all = seq.Next(slices.Grow(all, 7)[: n : n+7])
			if len(all) == n {
				break
			}
		}
		if int64(len(all)) != p.Len() {
			t.Fatalf("%d of %d trials", len(all), p.Len())
		}
		slices.Sort(all)
		for i, trial := range all {
			if trial != int64(i) {
				t.Fatalf("trial %d is missing", i)
			}
		}
	})
}

// Killed at any moment, what is finished is a complete coarser grid with all its
// replicates and a part of the next; after a quarter of a grid in two
// dimensions it is every second value of both.
func TestProgressiveGrids(t *testing.T) {
	for _, n := range []int64{16, 20, 33, 64, 100} {
		s := parse(t, fmt.Sprintf("about: a\nmodel: bms\nreplicates: 3\nparams: {gamma: {linspace: [0, 0.9, %d]}, sigma: {linspace: [0, 9, %d]}}", n, n))
		p := s.Plan()
		order := handed(t, p)
		permutation(t, p, order)
		gamma, sigma := bms.Param("gamma"), bms.Param("sigma")
		stride := int64(1)
		for stride*2 < n {
			stride *= 2
		}
		at := 0
		for ; stride > 0; stride /= 2 {
			side := (n-1)/stride + 1
			var pt models.Point
			for ; int64(at) < side*side*3; at++ {
				p.Point(order[at], &pt)
				if pt.Index[gamma]%stride != 0 || pt.Index[sigma]%stride != 0 {
					t.Fatalf("%d values: at %d, before the grid of every %d-th is complete, comes (%d, %d)", n, at, stride, pt.Index[gamma], pt.Index[sigma])
				}
			}
			if stride == 2 && n%2 == 0 && int64(at) != p.Len()/4 {
				t.Errorf("%d values: every second is there after %d of %d trials", n, at, p.Len())
			}
		}
	}
}

func TestOrderIsNotInTheHash(t *testing.T) {
	seen := make(map[[32]byte]bool)
	for _, order := range orderNames {
		seen[parse(t, gridText, "order="+order).Plan().Hash()] = true
	}
	if len(seen) != 1 {
		t.Error("the order changes the hash")
	}
}

func BenchmarkSequence(b *testing.B) {
	for _, order := range orderNames {
		for name, spec := range map[string]string{
			"grid": "params: {gamma: {linspace: [0, 0.9, 1000]}, sigma: {linspace: [0, 9, 1000]}, theta: {linspace: [1, 9, 1000]}}",
			"tied": "params: {gamma: {linspace: [0, 0.9, 500]}, sigma: {linspace: [0, 9, 500]}, theta: {linspace: [1, 9, 1000]}}\nwhere: sigma > gamma",
		} {
			b.Run(order+"/"+name, func(b *testing.B) {
				p := parse(b, "about: a\nmodel: bms\norder: "+order+"\n"+spec).Plan()
				s := p.Sequence()
				buf := make([]int64, 0, 256)
				b.ReportAllocs()
				b.ResetTimer()
				for n := 0; n < b.N; n += 256 {
					if buf = s.Next(buf[:0]); len(buf) == 0 {
						s = p.Sequence()
					}
				}
			})
		}
	}
}

// The first grid of a plan has all choices and flags, and the numbers from coarse to fine.
func TestChoicesAreWholeInEveryGrid(t *testing.T) {
	p := parse(t, "about: a\nmodel: bms\nparams: {gamma: {linspace: [0, 0.8, 9]}, scaling: [raw, per-sqrt-n], self: [true, false]}\n").Plan()
	permutation(t, p, handed(t, p))
	first := make(map[string]int)
	var pt models.Point
	p.EachLevel(func(level int, from, to int64) {
		for trial := from; trial < to && level == 0; trial++ {
			p.Point(trial, &pt)
			first[pt.Values[bms.Param("scaling")].String()+pt.Values[bms.Param("self")].String()]++
		}
	})
	if len(first) != 4 || first["rawtrue"] != 2 || first["per-sqrt-nfalse"] != 2 {
		t.Errorf("the first grid has %v", first)
	}
}

// A sequence as Python writes it is named as a spec does.
func TestSequencesOfPython(t *testing.T) {
	_, err := Parse("x.yaml", []byte("about: a\nmodel: bms\nparams: {gamma: \"np.linspace(0, 0.95, 6)\"}\n"), Options{Models: twins})
	_, plain := Parse("x.yaml", []byte("about: a\nmodel: bms\nparams:\n  gamma: np.linspace(0, 0.95, 6)\n"), Options{Models: twins})
	if err == nil || plain == nil || !strings.Contains(plain.Error(), "did you mean {linspace: [0, 0.95, 6]}?") {
		t.Error(err, plain)
	}
}
