// Package floors holds the test that keeps imports on their floors.
package floors

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/neurosweep/sweep"

// floor is the floor of a package by its path below the module; a package
// imports lower floors only, never its own, so that numerics know nothing of
// experiments, models nothing of files, the store nothing of how trials are run.
func floor(pkg string) (int, bool) {
	switch pkg {
	case "cmd/sweep":
		return 5, true
	case "pkg/models/all", "pkg/models/modeltest", "pkg/runner", "pkg/report", "pkg/export":
		return 4, true
	case "pkg/experiment", "pkg/store":
		return 3, true
	case "pkg/models/measures":
		return 2, true
	case "pkg/measure", "pkg/models":
		return 1, true
	case "pkg/dynamics":
		return 0, true
	case "internal/testkit": // of tests alone, those of floor 0 too
		return -1, true
	}
	switch path.Dir(pkg) {
	case "pkg/models":
		return 3, true
	case "internal":
		return 0, true
	}
	return 0, false
}

// violations reads the imports of every Go file below root. Files of external
// test packages (package x_test) may import anything.
func violations(root string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && name != "." && file != root && (name[0] == '.' || name == "testdata" || name == "results") {
			return filepath.SkipDir
		}
		// A folder with a go.mod is a module of its own: nothing here links it.
		if _, err := os.Stat(filepath.Join(file, "go.mod")); d.IsDir() && file != root && err == nil {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(file) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		if strings.HasSuffix(f.Name.Name, "_test") {
			return nil
		}
		from := filepath.ToSlash(dir)
		own, known := floor(from)
		if !known {
			found = append(found, fmt.Sprintf("%s: package %s has no floor", file, from))
		}
		for _, imp := range f.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			to, ours := strings.CutPrefix(name, module+"/")
			if !ours {
				continue
			}
			if at, known := floor(to); !known || at >= own || at < 0 && !strings.HasSuffix(file, "_test.go") {
				found = append(found, fmt.Sprintf("%s: %s (floor %d) imports %s (floor %d)", file, from, own, to, at))
			}
		}
		return nil
	})
	slices.Sort(found)
	return found, err
}

func TestFloors(t *testing.T) {
	found, err := violations(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// TestFloorsSeesViolations plants some.
func TestFloorsSeesViolations(t *testing.T) {
	plant := func(pkg, imports string) []string {
		root := t.TempDir()
		dir := filepath.Join(root, filepath.FromSlash(pkg))
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("package x\n\nimport _ %q\n", module+"/"+imports)
		if err := os.WriteFile(filepath.Join(dir, "x.go"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		found, err := violations(root)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for _, c := range []struct {
		pkg, imports string
		bad          bool
	}{
		{"pkg/store", "pkg/models", false},
		{"pkg/store", "pkg/experiment", true},
		{"pkg/models", "pkg/models/bms", true},
		{"pkg/models/bms", "pkg/models/hopfield", true},
		{"pkg/models/bms", "pkg/models/measures", false},
		{"pkg/models/measures", "pkg/measure", false},
		{"pkg/models/measures", "pkg/models/bms", true},
		{"pkg/runner", "pkg/store", false},
		{"internal/stream", "pkg/models", true},
		{"pkg/elsewhere", "internal/stream", true},
		{"pkg/runner", "internal/testkit", true},
	} {
		if got := plant(c.pkg, c.imports); (len(got) > 0) != c.bad {
			t.Errorf("%s imports %s: found %q", c.pkg, c.imports, got)
		}
	}
}
