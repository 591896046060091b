package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// full is a file on a full disk: it takes some bytes and then no more.
type full struct{ room int }

var errFull = errors.New("no space left on this device")

func (f *full) Write(text []byte) (int, error) {
	n := min(f.room, len(text))
	f.room -= n
	if n < len(text) {
		return n, errFull
	}
	return n, nil
}

// TestOutputLost: a verb whose answer was not written does not exit with 0, and says
// so once.
func TestOutputLost(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "g.yaml", goodSpec)
	writeSpec(t, ".", "f.yaml", failing)
	for _, spec := range []string{"g.yaml", "f.yaml"} {
		if code, _, err := call(t, "run", spec); code != exitOK && code != exitFailed {
			t.Fatal(err)
		}
	}
	if code, _, err := call(t, "plan", "g.yaml", "--pilot", "1", "--results", "part"); code != exitOK {
		t.Fatal(err)
	}
	for _, args := range []string{
		"", "help run", "run g.yaml --figures none", "run g.yaml --json --figures none", "plan g.yaml", "plan g.yaml --json", "plan g.yaml --csv", "plan g.yaml --streams",
		"check g.yaml", "check g.yaml --json", "check g.yaml --resolved", "schema", "models", "models --json", "describe probe", "describe probe --json",
		"status g.yaml", "status results/g --json", "watch g.yaml", "verify g.yaml", "verify results/g --json", "why g.yaml trial=0", "why g.yaml trial=0 --json",
		"failures f.yaml", "failures f.yaml --json", "replay g.yaml 0", "replay g.yaml 0 --json", "audit g.yaml --count 1", "audit g.yaml --count 1 --json",
		"diff results/g results/g", "diff results/g results/g --json", "gc g.yaml", "gc g.yaml --json", "plot g.yaml --format svg", "plot g.yaml --format svg --json", "plot g.yaml --term",
		"report g.yaml", "report g.yaml --json", "export g.yaml --csv", "export g.yaml --arrow", "export g.yaml --notebook", "config", "config --json", "version", "version --json",
		"completion bash",
	} {
		var whole bytes.Buffer
		if code := run(t.Context(), strings.Fields(args), &whole, io.Discard); code != exitOK {
			t.Errorf("sweep %s: exit status %d with room to write", args, code)
		}
		if whole.Len() == 0 {
			t.Errorf("sweep %s prints nothing", args)
		}
		var stderr bytes.Buffer
		code := run(t.Context(), strings.Fields(args), &full{whole.Len() * 9 / 10}, &stderr) // times it tells vary in length
		if code != exitError || strings.Count(stderr.String(), errFull.Error()) != 1 {
			t.Errorf("sweep %s: exit status %d where the end could not be written\n%s", args, code, &stderr)
		}
	}
	// A difference stays one.
	if code := run(t.Context(), []string{"verify", "part/g"}, &full{}, io.Discard); code != exitDifference {
		t.Errorf("verify: exit status %d", code)
	}
}
