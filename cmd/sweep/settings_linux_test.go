package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Settings are read as they are written, by no rules of YAML's, and say what is wrong
// where it stands.
func TestSettingsAreText(t *testing.T) {
	t.Chdir(t.TempDir())
	home := t.TempDir()
	t.Setenv("HOME", home)
	if err := os.Mkdir("configs", 0o777); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"results: 007": "results 007 ", "results: 1.50": "results 1.50 ", "results: 1_000": "results 1_000 ", "results: 0x10": "results 0x10 ", "results: 1e3": "results 1e3 ", "results: .5": "results .5 ",
		"results: 2024-01-01": "results 2024-01-01 ", "results: yes": "results yes ", "results: 'a b'": "results a b ", "results: ./~": "results ./~ ", "results: ./$HOME": "results ./$HOME ", "results: a$b-\u00e9": "",
		"workers: 1e1": "workers 1e1 ", "\ufeffworkers: 2": "workers 2 ", "# nothing": "workers 0 ", "": "workers 0 ",
		"workers: 010": "configs/default.yaml:1:10: workers: must be an integer from 0 to 4096, not \"010\": 010 has a leading zero", "workers: 0x10": "not a decimal number", "workers: 1_0": "has underscores", "workers: 0b11": "not a decimal number", "workers: -1": "must be an integer", "workers: 1.5": "must be an integer",
		"memory: 010%": "must be an amount of memory", "memory: 0x10GiB": "must be an amount of memory",
		"results:": ":1:9: results: has no value", "results: null": ":1:10: results: has no value", "results: ~": ":1:10: results: has no value", "results: ''": ":1:10: results: has no value", "results: !!str a": "no tags", "results: [a]": "takes one value, not a list",
		"results: $HOME/r": ":1:10: results: $HOME/r: settings know no variables: write ~/r;", "results: ${HOME}/r": "write ~/r;", "results: /data/$USER": "settings know no variables", "results: ~me/r": "only ~/ is known",
		"results: \"a\\nb\"": "has a control character", "a\x01b: 1": "configs/default.yaml:1:2: here is a control character, U+0001", "workers: \xff": "is not UTF-8", "workers: 1\n---\nworkers: 2": "begins a second",
		strings.Repeat("#\n", 1<<20): "larger than 1024 KiB",
	} {
		writeSpec(t, "configs", "default.yaml", text+"\n")
		code, out, err := call(t, "config")
		got := strings.Join(strings.Fields(out), " ") + err
		bad := strings.Contains(want, ":") || !strings.Contains(want, " ") || code != exitOK
		if text == "results: a$b-\u00e9" {
			want, bad = "settings know no variables", true
		}
		if bad != (code == exitSpec) || !strings.Contains(got, want) {
			t.Errorf("%.60q: exit status %d\n%s", text, code, got)
		}
	}
	// A folder begins with the home folder's, however it is given.
	writeSpec(t, ".", "x.yaml", "about: a\nmodel: probe\n")
	for name, given := range map[string]func(string) []string{
		"file":        func(text string) []string { writeSpec(t, "configs", "default.yaml", "results: "+text+"\n"); return nil },
		"environment": func(text string) []string { t.Setenv("SWEEP_RESULTS", text); return nil },
		"flag":        func(text string) []string { return []string{"--results", text} },
	} {
		writeSpec(t, "configs", "default.yaml", "")
		t.Setenv("SWEEP_RESULTS", "")
		if code, out, err := call(t, append([]string{"run", "x.yaml", "--figures", "none"}, given("~/"+name)...)...); code != exitOK {
			t.Errorf("%s: %d\n%s%s", name, code, out, err)
		}
		if _, err := os.Stat(filepath.Join(home, name, "x", "trials")); err != nil {
			t.Error(err)
		}
		if code, _, err := call(t, append([]string{"run", "x.yaml"}, given("$HOME/"+name)...)...); code != exitSpec || !strings.Contains(err, "write ~/"+name) {
			t.Errorf("%s: %d\n%s", name, code, err)
		}
	}
	if list, _ := filepath.Glob("*"); len(list) != 2 {
		t.Errorf("in the folder are %v", list)
	}
}

// Where settings are expected nothing but a plain file is opened.
func TestSettingsArePlainFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("configs", 0o777); err != nil {
		t.Fatal(err)
	}
	try := func(want string, args ...string) {
		t.Helper()
		done := make(chan string, 1)
		go func() {
			code, out, err := call(t, append([]string{"config"}, args...)...)
			if code != exitSpec {
				err = "it is read: " + out
			}
			done <- err
		}()
		select {
		case got := <-done:
			if !strings.Contains(got, want) {
				t.Errorf("%q: %s", args, got)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%q: it is waited for", args)
		}
	}
	try("/dev/zero: is a device", "--config", "/dev/zero")
	try("configs: is a directory", "--config", "configs")
	try("none.yaml: no such file", "--config", "none.yaml")
	if err := syscall.Mkfifo("configs/default.yaml", 0o666); err != nil {
		t.Fatal(err)
	}
	try("configs/default.yaml: is a pipe")
}
