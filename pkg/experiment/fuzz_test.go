package experiment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// FuzzParse: no text makes the reader panic, hang or take much memory; a spec
// that is read can be planned, its points are consistent, its sequence begins,
// and its resolved form gives the same plan.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/good/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text, "", "")
			f.Add(text, "quick", "gamma=[0, 1/3]")
		}
	}
	doc, err := os.ReadFile("../../docs/spec.md")
	if err != nil {
		f.Fatal(err)
	}
	for _, b := range docBlocks.FindAllStringSubmatch(string(doc), -1) {
		f.Add([]byte(b[2]), "", "gamma.refine=2")
	}
	f.Add([]byte("about: a\nmodel: bms\norder: {coarse: [gamma, n]}\nparams: {gamma: {linspace: [0, 0.8, 9]}, n: [10, 20]}\nwhere: n > gamma\n"), "", "gamma=0.5")
	f.Add([]byte("about: a\nmodel: bms\nparams: {self: [true, false], sigma: {list: [1, 2], when: self}}\nblocks: [{params: {n: 10}}, {params: {n: 20, theta: {value: 2, when: not self}}}]\n"), "", "self=false")
	f.Add([]byte("about: a\nmodel: none\nparams: {n: [10, 020], gamma: {linspace: [0, 0.9, n]}}\nfigures: [{kind: hysteresis, y: mean(d)}]\n"), "", "model=bms")
	f.Fuzz(func(t *testing.T, text []byte, variant, set string) {
		o := Options{Models: append(slices.Clone(twins), carrying), Variant: variant, work: 100_000}
		if set != "" {
			o.Set = []string{set}
		}
		hang := time.AfterFunc(20*time.Second, func() { panic(fmt.Sprintf("a hang:\n%s\n%q %q", text, variant, set)) })
		defer hang.Stop()
		s, err := Parse("x.yaml", text, o)
		if err != nil {
			var errs Errors
			if !errors.As(err, &errs) || len(errs) == 0 || err.Error() == "" {
				t.Fatalf("the error is %#v", err)
			}
			return
		}
		for _, a := range s.Axes {
			if a.rule != nil && a.Len > 1000 {
				return // exact powers take their time
			}
		}
		p := s.Plan()
		var pt models.Point
		trials := p.Sequence().Next(append(make([]int64, 0, 5), 0, p.Len()/2, p.Len()-1))
		for _, trial := range trials {
			p.Point(trial, &pt)
			for _, a := range p.Axes() {
				if a.Value(pt.Index[a.Param]) != pt.Values[a.Param] {
					t.Fatalf("index %d is not the place of %v", pt.Index[a.Param], pt.Values[a.Param])
				}
			}
			for i, v := range pt.Values {
				if err := s.Model.Params[i].Decl().Check(v); err != nil {
					t.Fatalf("%s %v", s.Model.Params[i].Decl().Name, err)
				}
			}
		}
		o.Variant, o.Set = "", nil
		again, err := Parse("x.yaml", s.Resolved(), o)
		if err != nil || again.Plan().Hash() != p.Hash() || again.About != s.About {
			t.Fatalf("resolved is\n%s\n%v", s.Resolved(), err)
		}
	})
}
