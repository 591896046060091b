package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// exportCases are specs whose data sets take every shape that an export has.
var exportCases = []struct {
	name, spec string
	pilot      bool   // some trials only
	code       int    // of the run
	dims       string // of what is measured
}{
	{"kinds", `about: Is every kind of value there?
model: probe
seed: 5
replicates: 2
params:
  x: [0, -1.5, 0.1, 1e-320, 1e154]
  n: [0, 1, 3]
  mode: [ok, nan, inf, minus-inf, none, error, panic]
  flag: [true, false]
derive:
  nx: n * x
  big: n > 2
  huge: 3000000000 * n
`, false, exitFailed, "x,n,mode,flag,replicate"},
	{"series", `about: Are series of one length an axis?
model: logistic
replicates: 3
params: {r: {linspace: [2.8, 3.6, 5], refine: 2}, keep: 4, steps: 40}
`, false, exitOK, "r,replicate"},
	{"fixed", `about: Are they where trials have none?
model: probe
replicates: 2
params: {x: [-1.5, 0.1], n: 3, mode: [ok, nan, inf, minus-inf, minus-zero, none, error, panic]}
`, false, exitFailed, "x,mode,replicate"},
	{"none", `about: Are they where no trial has one?
model: probe
params: {x: [0, 1], n: 2, mode: [none, error]}
`, false, exitFailed, "x,mode,replicate"},
	{"zip", `about: Is a zip one dimension?
model: bms
replicates: 3
params:
  n: 20
  gamma: [0, 0.5]
  theta: {linspace: [1, 2, 3]}
  current: {linspace: [0, 1, 3]}
  scaling: [raw, per-sqrt-n]
  transient: 10
zip: [theta, current]
derive: {window: 20 + int(40 * gamma), ratio: current / theta}
`, false, exitOK, "gamma,theta,scaling,replicate"},
	{"carry", `about: Is each way its own?
model: neuron
replicates: 2
params: {w: [4, 8], b: {linspace: [-7, 0, 5]}}
carry: {axis: b, direction: both}
`, false, exitOK, "w,replicate,direction,b"},
	{"down", `about: Is the axis the right way round?
model: neuron
params: {b: {linspace: [-7, 0, 5]}, w: [4, 8]}
carry: {axis: b, direction: down}
`, false, exitOK, "w,replicate,direction,b"},
	{"where", `about: What if points are left out?
model: probe
replicates: 2
params: {x: [0, 1, 2], n: [0, 1, 2]}
where: x >= n
`, false, exitOK, "trial"},
	{"sample", `about: What if points are spread?
model: probe
sample: {design: sobol, count: 8, over: {x: {uniform: [0, 1]}, n: {integer: [0, 3]}}}
params: {flag: [true, false]}
`, false, exitOK, "trial"},
	{"blocks", `about: What if there are two grids?
model: probe
replicates: 2
params: {n: 2}
blocks: [params: {x: [0, 1]}, params: {x: [1, 2, 3], mode: [ok, nan]}]
`, false, exitOK, "trial"},
	{"depends", `about: What if an axis depends on another?
model: probe
params: {n: [2, 3], x: {range: [0, n, 1]}}
`, false, exitOK, "trial"},
	{"part", `about: What if it still runs?
model: probe
replicates: 3
params: {x: {linspace: [0, 1, 11]}, n: [2, 3], flag: [true, false]}
`, true, exitOK, "x,n,flag,replicate"},
	{"spread", `about: What if it still runs, and is no product?
model: probe
replicates: 3
params: {x: {linspace: [0, 1, 11]}, n: 3, flag: [true, false]}
where: x > 0.1
`, true, exitOK, "trial"},
}

// TestExport compares every format with the Parquet files, as independent readers
// see them.
func TestExport(t *testing.T) {
	py := python(t)
	dir := t.TempDir()
	formats := map[string]string{"--csv": ".csv", "--arrow": ".arrow", "--netcdf": ".nc"}
	args := []string{"testdata/export.py", dir}
	for _, c := range exportCases {
		writeSpec(t, dir, c.name+".yaml", c.spec)
		if c.pilot {
			must(t, sweep(t, dir, "plan", c.name+".yaml", "--pilot", "30"), c.code)
		} else {
			must(t, sweep(t, dir, "run", c.name+".yaml"), c.code)
		}
		results := filepath.Join("results", c.name)
		for format, end := range formats {
			said := must(t, sweep(t, dir, "export", results, format, "--out", c.name+end), 0)
			if strings.Contains(said, "so far; these are exported") != c.pilot {
				t.Errorf("%s %s said %q", c.name, format, said)
			}
			if format == "--netcdf" {
				continue
			}
			whole, err := os.ReadFile(filepath.Join(dir, c.name+end))
			if err != nil {
				t.Fatal(err)
			}
			cmd := sweep(t, dir, "export", results, format)
			piped := new(bytes.Buffer)
			cmd.Stdout = piped
			if code := exitCode(t, cmd); code != 0 || !bytes.Equal(piped.Bytes(), whole) {
				t.Errorf("%s %s to stdout is not the file's: status %d", c.name, format, code)
			}
		}
		args = append(args, c.name+"="+c.dims)
	}
	out, err := exec.Command(py, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	for name, lists := range map[string]string{"kinds": "", "series": "orbit", "fixed": "list", "none": "list", "where": "", "blocks": "list"} {
		if _, line, _ := strings.Cut("\n"+string(out), "\n"+name+": "); !strings.HasSuffix(strings.SplitAfter(line, "\n")[0], "; lists of one length: "+lists+"\n") {
			t.Errorf("%s has not the lists %q of one length", name, lists)
		}
	}

	// Planted faults: the last byte of netCDF files, a length and a number, and a
	// digit in CSV.
	change := func(name string, fault func([]byte)) {
		whole, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		fault(whole)
		if err := os.WriteFile(filepath.Join(dir, name), whole, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	change("where.nc", func(b []byte) { b[len(b)-1] ^= 1 })
	change("series.nc", func(b []byte) { b[len(b)-1] ^= 1 })
	change("blocks.csv", func(b []byte) { b[bytes.LastIndex(b, []byte("0.5"))]++ })
	out, err = exec.Command(py, "testdata/export.py", dir, "where=trial", "series=r,replicate", "blocks=trial").CombinedOutput()
	for _, found := range []string{"where: netCDF: list has", "series: netCDF: trial", "blocks: CSV: trial"} {
		if err == nil || !strings.Contains(string(out), found) {
			t.Errorf("a fault was not found, %q: %v\n%s", found, err, out)
		}
	}
}

// TestExportRefuses is what keeps files that are there, and the store's own.
func TestExportRefuses(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "small.yaml", "about: May it be written there?\nmodel: probe\nparams: {x: [1, 2]}\n")
	must(t, sweep(t, dir, "run", "small.yaml"), 0)
	if err := os.Symlink("results/small/trials", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	before := hashes(t, filepath.Join(dir, "results", "small", "trials"))
	must(t, sweep(t, dir, "export", "small.yaml", "--csv", "--out", "a.csv"), 0)
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{exitUsage, "at least one of the flags", nil},
		{exitUsage, "none of the others can be", []string{"--csv", "--arrow"}},
		{exitError, "name it with --out", []string{"--netcdf"}},
		{exitError, "a.csv is there already; --force replaces it", []string{"--csv", "--out", "a.csv"}},
		{exitError, "a.csv-metadata.json is there and is not a plain file", []string{"--csv", "--force", "--out", "a.csv"}},
		{exitError, "own files", []string{"--csv", "--out", "results/small/trials/a.csv"}},
		{exitError, "own files", []string{"--csv", "--out", "link/a.csv"}},
		{exitError, "own files", []string{"--csv", "--force", "--out", "link/part-000000.parquet"}},
		{exitError, "own files", []string{"--notebook", "--force", "--out", "results/small/spec.yaml"}},
		{exitError, "not a plain file", []string{"--arrow", "--force", "--out", "results"}},
		{exitError, "no such file or directory", []string{"--arrow", "--out", "nowhere/a.arrow"}},
	} {
		if strings.HasPrefix(c.says, "a.csv-metadata") {
			metadata := filepath.Join(dir, "a.csv-metadata.json")
			if err := os.Remove(metadata); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("small.yaml", metadata); err != nil {
				t.Fatal(err)
			}
		}
		if said := must(t, sweep(t, dir, append([]string{"export", "results/small"}, c.args...)...), c.code); !strings.Contains(said, c.says) {
			t.Errorf("%v: %q does not say %q", c.args, said, c.says)
		}
	}
	must(t, sweep(t, dir, "export", "results/small", "--arrow", "--force", "--out", "a.csv"), 0)
	must(t, sweep(t, dir, "export", "results/small", "--arrow", "--out", "results/small/a.arrow"), 0)
	sameHashes(t, "after exports", hashes(t, filepath.Join(dir, "results", "small", "trials")), before)
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// TestExportSparse: a file that would have a place for each of a hundred million trials
// and a few records is refused, and the records are exported by themselves.
func TestExportSparse(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "wide.yaml", "about: Does an export grow with the plan?\nmodel: probe\nreplicates: 100000\nparams:\n  x: {linspace: [0, 1, 1000]}\n")
	must(t, sweep(t, dir, "plan", "wide.yaml", "--pilot", "20"), 0)
	said := must(t, sweep(t, dir, "export", "results/wide", "--netcdf", "--out", "wide.nc"), exitError)
	if !strings.Contains(said, "GB, a place for each of 100000000 planned trials, of which 2") {
		t.Errorf("the message is %s", said)
	}
	must(t, sweep(t, dir, "export", "results/wide", "--csv", "--out", "wide.csv"), 0)
	text, err := os.ReadFile(filepath.Join(dir, "wide.csv"))
	if lines := bytes.Count(text, []byte("\n")); err != nil || lines < 21 || lines > 100 {
		t.Errorf("%d lines, %v", lines, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*wide.nc*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}
