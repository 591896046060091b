package experiment

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// FuzzParse: no text makes the reader panic, hang or take much memory; a spec
// that is read can be planned, and its resolved form gives the same plan.
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
	f.Fuzz(func(t *testing.T, text []byte, variant, set string) {
		o := Options{Models: twins, Variant: variant}
		if set != "" {
			o.Set = []string{set}
		}
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
		for _, trial := range []int64{0, p.Len() / 2, p.Len() - 1} {
			p.Point(trial, &pt)
			for i, v := range pt.Values {
				if err := s.Model.Params[i].Decl().Check(v); err != nil {
					t.Fatalf("%s %v", s.Model.Params[i].Decl().Name, err)
				}
			}
		}
		again, err := Parse("x.yaml", s.Resolved(), Options{Models: twins})
		if err != nil || again.Plan().Hash() != p.Hash() || again.About != s.About {
			t.Fatalf("resolved is\n%s\n%v", s.Resolved(), err)
		}
	})
}
