package experiment

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Every bad spec has beside it the message that it must give.
func TestBadSpecs(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d bad specs, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(filepath.Base(file), text, Options{Models: twins})
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", err)
		})
	}
}

// Overrides that cannot be, and the message that each must give.
func TestBadOverrides(t *testing.T) {
	for name, o := range map[string]Options{
		"parameter":  {Set: []string{"gama=0.5", "N=3"}},
		"value":      {Set: []string{"gamma=[0, x, 2]", "self=yes"}},
		"shape":      {Set: []string{"gamma", "=3", "gamma=", "seed.x=3", "variants.quick=3", "a..b=1", "params.gamma.linspace.2=4"}},
		"generator":  {Set: []string{"gamma.linspace=[0, 1, 11]", "sigma.linspce=[0, 1, 3]"}},
		"streams":    {Set: []string{"streams.weights=[m]", "streams.noise=all"}},
		"model":      {Set: []string{"model=hopfield"}},
		"no-model":   {Set: []string{"model=bns"}},
		"syntax":     {Set: []string{"gamma=[0, 1", "sigma=*a", "n={a: b"}},
		"replicates": {Set: []string{"replicates=0", "seed=-1", "about=''"}},
		"variant":    {Variant: "quikc"},
		"in-variant": {Variant: "quick", Set: []string{"gamma=3"}},
	} {
		t.Run(name, func(t *testing.T) {
			o.Models = twins
			_, err := Read("testdata/good/bms-regimes.yaml", o)
			golden(t, "testdata/bad-overrides/"+name+".txt", err)
		})
	}
}

func golden(t *testing.T, file string, err error) {
	t.Helper()
	var errs Errors
	if !errors.As(err, &errs) {
		t.Fatalf("got the error %v, not Errors", err)
	}
	for _, e := range errs {
		if e.Code == "" || e.File == "" || e.Message == "" {
			t.Errorf("an error without code, file or message: %+v", e)
		}
	}
	got := errs.Error() + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("message (-want +got):\n%s", d)
	}
}
