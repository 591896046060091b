package experiment

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(Schema(append(slices.Clone(twins), carrying)))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("spec.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("spec.json")
}

func fits(s *jsonschema.Schema, text []byte) error {
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		return err
	}
	j, err := json.Marshal(v)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(j)))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

// The examples of docs/spec.md and the good specs fit the schema; what is wrong
// in a way that a schema can see does not.
func TestSchema(t *testing.T) {
	s := compiledSchema(t)
	doc, err := os.ReadFile("../../docs/spec.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range regexp.MustCompile("(?ms)^```(yaml|yaml carries)\n(.*?)^```$").FindAllStringSubmatch(string(doc), -1) {
		if err := fits(s, []byte(b[2])); err != nil {
			t.Errorf("%s\n%v", b[2], err)
		}
	}
	files, _ := filepath.Glob("testdata/good/*.yaml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := fits(s, text); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	for _, name := range []string{"unknown-key", "unknown-parameter", "unknown-model", "unknown-generator", "choice", "no-about", "no-model",
		"empty-list", "linspace-shape", "generator-for-choices", "order", "sample-keys", "sample-unknown", "sample-laws", "blocks-keys", "streams", "variants", "carry-not", "figures-keys"} {
		text, err := os.ReadFile("testdata/bad/" + name + ".yaml")
		if err != nil {
			t.Error(err)
			continue
		}
		if fits(s, text) == nil {
			t.Errorf("%s fits the schema", name)
		}
	}
}
