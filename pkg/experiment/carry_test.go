package experiment

import (
	"slices"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// carrying is bms with a state that can be handed on.
var carrying = func() *models.Model {
	m := *bms
	m.Name, m.Carries = "carrying", true
	return &m
}()

func parseCarrying(t testing.TB, text string) *Spec {
	t.Helper()
	s, err := Parse("x.yaml", []byte("about: a\nmodel: carrying\n"+text), Options{Models: []*models.Model{carrying}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestChains(t *testing.T) {
	for _, direction := range []string{"up", "down", "both"} {
		s := parseCarrying(t, "replicates: 2\nparams: {current: [0, 1, 2], sigma: [5, 6]}\nderive: {sum: current + sigma}\ncarry: {axis: current, direction: "+direction+"}")
		p := s.Plan()
		const links, replicates = 3, 2
		directions := int64(1)
		if direction == "both" {
			directions = 2
		}
		if p.ChainLen() != links || p.Len() != 2*replicates*directions*links {
			t.Fatalf("%d trials in chains of %d", p.Len(), p.ChainLen())
		}
		current, sigma := carrying.Param("current"), carrying.Param("sigma")
		var pt models.Point
		hashes := make(map[[32]byte][2]int64)
		for trial := range p.Len() {
			p.Point(trial, &pt)
			chain, link := trial/links, trial%links
			down := direction == "down" || chain%directions == 1
			at, way, label := link, 1, "up"
			if down {
				at, way, label = links-1-link, -1, "down"
			}
			if pt.Index[current] != at || pt.Direction != way || pt.Derived[1].Text() != label ||
				pt.Replicate != chain/directions%replicates || pt.Index[sigma] != chain/directions/replicates ||
				pt.Derived[0].Float() != pt.Values[current].Float()+pt.Values[sigma].Float() {
				t.Fatalf("%s: trial %d is %+v", direction, trial, pt)
			}
			if link == 0 != (pt.Chain == [32]byte{}) {
				t.Fatalf("%s: link %d has the hash %x", direction, link, pt.Chain)
			}
			// The hash is of the direction's values before the link, only.
			if was, ok := hashes[pt.Chain]; link > 0 && ok && was != [2]int64{link, int64(way)} {
				t.Fatalf("%s: one hash before different links", direction)
			}
			hashes[pt.Chain] = [2]int64{link, int64(way)}
		}
		consistent(t, p)
		for _, order := range []Order{Progressive, Row, Shuffle} {
			p.order = order
			got := handed(t, p)
			permutation(t, p, got)
			for i, trial := range got {
				if trial%links != int64(i)%links {
					t.Fatalf("%s, %s: a chain is torn: %v", direction, order, got)
				}
			}
		}
	}
}

// A longer chain keeps the links that it shares with the shorter.
func TestLongerChainsKeepTheirBeginning(t *testing.T) {
	short := consistent(t, parseCarrying(t, "params: {current: [0, 1, 2]}\ncarry: {axis: current, direction: up}").Plan())
	long := consistent(t, parseCarrying(t, "params: {current: [0, 1, 2, 3]}\ncarry: {axis: current, direction: up}").Plan())
	other := consistent(t, parseCarrying(t, "params: {current: [0, 1.5, 2]}\ncarry: {axis: current, direction: up}").Plan())
	free := consistent(t, parseCarrying(t, "params: {current: [0, 1, 2]}").Plan())
	common := func(a, b map[models.ID]bool) (n int) {
		for id := range a {
			if b[id] {
				n++
			}
		}
		return n
	}
	if common(short, long) != 3 || common(short, other) != 1 || common(short, free) != 0 {
		t.Errorf("shared %d, %d, %d", common(short, long), common(short, other), common(short, free))
	}
	if slices.Equal([]int{len(short), len(long)}, []int{3, 3}) {
		t.Error("the longer chain is not longer")
	}
}

// An override that the chain cannot go with is refused, and the message says how the two
// are had.
func TestOverridesOfTheCarriedAxis(t *testing.T) {
	const text = "about: a\nmodel: carrying\nparams: {current: [0, 1, 2], sigma: [5, 6]}\ncarry: {axis: current, direction: up}\n"
	for _, c := range []struct {
		set  []string
		want string // in the message
	}{
		{[]string{"current=2"}, "current is no axis"},
		{[]string{"derive.current=sigma / 2"}, "current is no axis"},
		{[]string{"current=[2, 1]"}, "goes not up"},
		{[]string{"where=current < sigma - 4"}, "tied to other parameters"},
		{[]string{"current=[2]"}, ""},
		{[]string{"current=2", "carry={}"}, ""},
		{[]string{"where=current < sigma - 4", "carry={}"}, ""},
	} {
		_, err := Parse("x.yaml", []byte(text), Options{Models: []*models.Model{carrying}, Set: c.set})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "-s carry={} takes the chain away")) {
			t.Errorf("%q: %v", c.set, err)
		}
	}
	_, err := Parse("x.yaml", []byte(strings.Replace(text, "[0, 1, 2]", "2", 1)), Options{Models: []*models.Model{carrying}})
	if err == nil || strings.Contains(err.Error(), "-s") {
		t.Errorf("in the file: %v", err)
	}
}
