package experiment

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// Resolved is the spec as run: with the variant and the overrides applied and
// the variants left out. Read without options it gives the same plan. Comments
// are kept, but for those of values that were changed.
func (s *Spec) Resolved() []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	// The tree was read from YAML, so it can be written.
	if err := e.Encode(s.root); err != nil {
		panic("experiment: a spec cannot be written: " + err.Error())
	}
	return b.Bytes()
}
