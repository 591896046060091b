package experiment

import (
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

func TestSymbolsOfDocs(t *testing.T) {
	m := &models.Model{Name: "spring", Doc: "// Package spring is a spring.\n//\n//\tk      stiffness of the spring\n//\tm      the mass\n//\tq      unknown\n//\n// Here b is the damping, and h its height or its mass. The force is a load.\n",
		Params: []models.Param{models.Float("stiffness", 1, "constant of the force F"), models.Float("mass", 1, "what moves"), models.Float("damping", 1, "loss a step"), models.Float("height", 1, "where it begins"), models.Float("load", 1, "weight a spring")}}
	for name, want := range map[string]string{
		"k": "stiffness", "F": "stiffness", "m": "mass", "b": "damping", "h": "height", "loss": "damping",
		"q": "", "a": "", "is": "", "spring": "load", "λ": "", "": "", "(": "", "step": "damping", "nothing": "", "K": "",
	} {
		got := ""
		if p := symbol(m, name); p != nil {
			got = p.Name
		}
		if got != want {
			t.Errorf("%q stands for %q, not %q", name, got, want)
		}
	}
	if got := suggestParam(m, "mas"); got != "did you mean mass?" {
		t.Error(got)
	}
}

// Whatever else a spec has, an unknown model hides no more than what rests on it, and a
// spec that is right but for the model has one mistake.
func TestUnknownModelAlone(t *testing.T) {
	for _, spec := range []string{gridText, twoGrids,
		"about: a\nmodel: bms\nparams: {n: [10, 20], sigma: {list: [1, 2], when: n > 15}, gamma: {linspace: [0, 0.9, n]}, scaling: raw, self: [true, false], theta: -.5, initial: 1/3}\n" +
			"derive: {load: n / 2}\nwhere: load > 5 and scaling == \"raw\"\nfigures: [{kind: line, x: gamma, y: fraction(class == death), by: load, band: wilson}, {kind: heatmap, x: gamma, y: sigma, z: mean(log10(d)), with: [{from: other, y: z}]}]\n"} {
		spec = strings.Replace(spec, "model: bms", "model: unheardof", 1)
		_, err := Parse("x.yaml", []byte(spec), Options{Models: twins})
		errs, _ := err.(Errors)
		if len(errs) != 1 || errs[0].Code != "unknown-model" {
			t.Errorf("%s\n%v", spec, err)
		}
	}
}
