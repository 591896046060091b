package experiment

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

func parse(t testing.TB, text string, set ...string) *Spec {
	t.Helper()
	s, err := Parse("x.yaml", []byte(text), Options{Models: twins, Set: set})
	if err != nil {
		t.Fatalf("\n%s\n%v", text, err)
	}
	return s
}

const gridText = `
about: What is seen?
model: bms
replicates: 2
params:
  n: 50
  sigma: [0.5, 1/3]
  gamma: {linspace: [0, 0.5, 3]}
  self: [true]
`

func TestPointsInOrder(t *testing.T) {
	s := parse(t, gridText)
	p := s.Plan()
	n, gamma, sigma, self := bms.Param("n"), bms.Param("gamma"), bms.Param("sigma"), bms.Param("self")
	var got []string
	var pt models.Point
	for trial := range p.Len() {
		p.Point(trial, &pt)
		if pt.Trial != trial || len(pt.Values) != len(bms.Params) || len(pt.Index) != len(bms.Params) {
			t.Fatalf("trial %d is %+v", trial, pt)
		}
		got = append(got, fmt.Sprintf("%v %v:%d %v:%d %v:%d r%d", pt.Values[n],
			pt.Values[sigma], pt.Index[sigma], pt.Values[gamma], pt.Index[gamma], pt.Values[self], pt.Index[self], pt.Replicate))
	}
	want := strings.Split(strings.TrimSpace(`
50 0.5:0 0:0 true:0 r0
50 0.5:0 0:0 true:0 r1
50 0.5:0 0.25:1 true:0 r0
50 0.5:0 0.25:1 true:0 r1
50 0.5:0 0.5:2 true:0 r0
50 0.5:0 0.5:2 true:0 r1
50 0.3333333333333333:1 0:0 true:0 r0
50 0.3333333333333333:1 0:0 true:0 r1
50 0.3333333333333333:1 0.25:1 true:0 r0
50 0.3333333333333333:1 0.25:1 true:0 r1
50 0.3333333333333333:1 0.5:2 true:0 r0
50 0.3333333333333333:1 0.5:2 true:0 r1`), "\n")
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	for i, v := range p.Constants() {
		if v.IsSet() == slices.Contains([]int{gamma, sigma, self}, i) {
			t.Errorf("%s: the constant is %q", bms.Params[i].Decl().Name, v)
		}
	}
	if len(p.Axes()) != 3 || p.Axes()[0].Param != sigma || p.Axes()[2].Len != 1 || p.Replicates() != 2 {
		t.Errorf("axes %+v", p.Axes())
	}
}

func TestUnsetParametersStayUnset(t *testing.T) {
	p := parse(t, "about: a\nmodel: hopfield\nparams: {patterns: [1, 2]}").Plan()
	var pt models.Point
	p.Point(1, &pt)
	if pt.Values[hopfield.Param("alpha")].IsSet() || pt.Values[hopfield.Param("patterns")] != models.IntValue(2) {
		t.Errorf("%+v", pt)
	}
}

// Points may be asked for in any order, into any point, by many at once.
func TestPointsDoNotDependOnTheAsking(t *testing.T) {
	p := parse(t, gridText, "current={logspace: [0, 1, 100]}", "theta={linspace: [0.1, 3, 1e6]}").Plan()
	ids := make([]models.ID, 200)
	places := make([][]int64, len(ids))
	id := p.Setting().NewIdentity()
	for i := range ids {
		var pt models.Point
		p.Point(int64(i)*997, &pt)
		ids[i], places[i] = id.Of(&pt), pt.Index
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			id := p.Setting().NewIdentity()
			pt := models.Point{Values: []models.Value{models.TextValue("x")}, Index: slices.Repeat([]int64{7}, 40)}
			for _, i := range rand.New(rand.NewPCG(uint64(w), 0)).Perm(len(ids)) {
				p.Point(int64(i)*997, &pt)
				if id.Of(&pt) != ids[i] || !slices.Equal(pt.Index, places[i]) {
					t.Errorf("trial %d is another point", i*997)
				}
			}
		})
	}
	wg.Wait()
}

func TestNoSuchTrial(t *testing.T) {
	p := parse(t, gridText).Plan()
	for _, trial := range []int64{-1, p.Len(), 1 << 62} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("trial %d is a point", trial)
				}
			}()
			p.Point(trial, new(models.Point))
		}()
	}
}

func hashOf(t *testing.T, params string, set ...string) [32]byte {
	return parse(t, "about: a\nmodel: bms\nparams: "+params, set...).Plan().Hash()
}

func TestHashIsOfThePointsNotOfTheText(t *testing.T) {
	same := [][]string{
		{"{gamma: [0, 0.5, 0.9]}", "{gamma: [0e5, 1/2, 9e-1], n: 1e2}"},
		{"{current: [0, 0.5, 1]}", "{current: {linspace: [0, 1, 3]}}", "{current: {range: [0, 1.4, 0.5]}}"},
		{"{sigma: [1, 10, 100]}", "{sigma: {logspace: [0, 2, 3]}}"},
		{"{n: [10, 20]}", "{n: {linspace: [10, 20, 2]}}"},
		{"{n: 10, sigma: [1, 2]}", "{sigma: [1, 2], n: 10}", "{sigma: [1, 2], n: [10]}"},
		{"{current: {linspace: [0, 1, 100001]}}", "{current: {range: [0, 1, 1e-5]}}"},
	}
	for _, texts := range same {
		for _, text := range texts[1:] {
			if hashOf(t, texts[0]) != hashOf(t, text) {
				t.Errorf("%s and %s have different hashes", texts[0], text)
			}
		}
	}
	seen := make(map[[32]byte]string)
	for _, text := range []string{
		"{n: 10}", "{n: [10, 20]}", "{n: [20, 10]}", "{n: 10, sigma: [1, 2]}", "{n: 10, sigma: [1, 3]}",
		"{current: [1, 2], sigma: [1, 2]}", "{sigma: [1, 2], current: [1, 2]}",
		"{current: {linspace: [0, 1, 100001]}}", "{current: {linspace: [0, 1, 100002]}}", "{current: {logspace: [0, 1, 100001]}}",
		"{current: {linspace: [0, 100001/100000, 100002]}}",
		"{scaling: raw}", "{self: true}",
	} {
		h := hashOf(t, text)
		if seen[h] != "" {
			t.Errorf("%s and %s have one hash", text, seen[h])
		}
		seen[h] = text
	}
	for _, set := range []string{"seed=1", "replicates=2", "streams.weights=[]", "streams.weights=all"} {
		h := hashOf(t, "{n: 10}", set)
		if seen[h] != "" {
			t.Errorf("%s changes nothing", set)
		}
		seen[h] = set
	}
	if hashOf(t, "{n: 10}", "streams.weights=[n]") != hashOf(t, "{n: 10}") {
		t.Error("to write what the model declares changes the hash")
	}
	// Kept, so that a change of the hash is a decision.
	const want = "81b03c3759a86ea2ce562a136316912613bed915bc4d5ecc66b2f522ea37eb85"
	if got := fmt.Sprintf("%x", hashOf(t, "{n: 10, sigma: [1, 1/3], scaling: [raw, per-sqrt-n]}", "seed=7")); got != want {
		t.Errorf("the hash has changed: %s", got)
	}
}

// A plan of a billion points takes no more memory than one of a thousand.
func TestLargePlansAreSmall(t *testing.T) {
	for name, params := range map[string]string{
		"three axes": "{gamma: {linspace: [0, 0.9, 1000]}, sigma: {linspace: [0.1, 3, 1000]}, current: {range: [1, 1000, 1]}}",
		"one axis":   "{sigma: {linspace: [0.1, 3, 1e9]}}",
		"logspace":   "{sigma: {logspace: [-3, 3, 1e9]}}",
		"integers":   "{n: {range: [2, 1000000001, 1]}}",
		"replicates": "{n: [10]}, replicates: 1e9",
	} {
		s := parse(t, "{about: a, model: bms, params: "+params+"}")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		p := s.Plan()
		var pt models.Point
		for trial := range int64(1000) {
			p.Point(trial, &pt)
		}
		p.Point(p.Len()-1, &pt)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		bytes := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d bytes allocated, %v", name, bytes, took)
		limit := uint64(1 << 20)
		if name == "logspace" {
			limit = 32 << 20 // a lazy power of ten allocates; it keeps nothing
		}
		if p.Len() < 999_999_999 || bytes > limit {
			t.Errorf("%s: %d bytes for a plan of %d", name, bytes, p.Len())
		}
	}
}

func TestPointDoesNotAllocate(t *testing.T) {
	p := parse(t, gridText, "theta={linspace: [0.1, 3, 1e9]}", "n={range: [2, 50, 1]}").Plan()
	var pt models.Point
	trial := int64(0)
	if n := testing.AllocsPerRun(100, func() { p.Point(trial, &pt); trial += 1_000_003 }); n > 0 {
		t.Errorf("%v allocations a point", n)
	}
}

func BenchmarkPoint(b *testing.B) {
	for name, set := range map[string][]string{"small": nil, "long": {"theta={linspace: [0.1, 3, 1e9]}"}} {
		b.Run(name, func(b *testing.B) {
			p := parse(b, gridText, set...).Plan()
			var pt models.Point
			b.ReportAllocs()
			for i := range b.N {
				p.Point(int64(i)%p.Len(), &pt)
			}
		})
	}
}
