package all_test

import (
	"slices"
	"testing"

	"github.com/neurosweep/sweep/pkg/models/all"
)

func TestModels(t *testing.T) {
	var names []string
	for _, m := range all.Models {
		if err := m.Validate(); err != nil {
			t.Error(err)
		}
		if all.Find(m.Name) != m {
			t.Errorf("Find does not find %s", m.Name)
		}
		names = append(names, m.Name)
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("the models are not listed by name, each once: %v", names)
	}
	if all.Find("no such model") != nil {
		t.Error("Find finds what is not there")
	}
}
