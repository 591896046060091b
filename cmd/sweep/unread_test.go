package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnreadIsNoSuccess: no verb that answers for records ends with 0 where it could not
// read them whole.
func TestUnreadIsNoSuccess(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "g.yaml", "about: Is it whole?\nmodel: probe\nreplicates: 40\nparams: {x: [0, 1, 2], n: 3}\n")
	if code, _, err := call(t, "run", "g.yaml", "--figures", "none"); code != 0 {
		t.Fatal(err)
	}
	part := filepath.Join("results", "g", "trials", "part-000000.parquet")
	whole, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	damage := map[string]func() error{
		"a page": func() error {
			text := append([]byte(nil), whole...)
			text[200] ^= 4
			return os.WriteFile(part, text, 0o666)
		},
		"cut short": func() error { return os.WriteFile(part, whole[:len(whole)/2], 0o666) },
		"a folder":  func() error { return os.Mkdir(part, 0o777) },
	}
	for name, make := range damage {
		if err := os.RemoveAll(part); err != nil {
			t.Fatal(err)
		}
		if err := make(); err != nil {
			t.Fatal(err)
		}
		for _, args := range []string{
			"verify", "export --csv", "export --arrow", "export --netcdf --force --out e.nc", "failures", "replay 7", "audit --count 3", "watch --once",
			"report --out r.html", "plot --format svg", "diff results/g",
		} {
			verb, rest, _ := strings.Cut(args, " ")
			code, out, err := call(t, append([]string{verb, "results/g"}, strings.Fields(rest)...)...)
			if name == "a page" && code == exitOK && (verb == "watch" || verb == "plot") {
				continue // it reads no column that is damaged
			}
			if code == exitOK || !strings.Contains(out+err, "part-000000.parquet") {
				t.Errorf("%s: sweep %s: exit status %d\n%.300s%.600s", name, args, code, out, err)
			}
		}
	}
}
