package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// specimen is a result folder that is damaged, and what is true of it.
type specimen struct {
	name, spec string
	folder     string
	files      []string          // below the folder
	complete   bool              // all trials have records
	lines      map[string]bool   // of its export when it is complete
	data       map[string]string // files of the data set then, by path below the folder
}

// dataDirs have the files that are a function of the spec.
var dataDirs = []string{"trials", "states", "series"}

// newSpecimen takes note of what is true of the folder that the spec named has in
// dir/results, by completing a copy of it.
func newSpecimen(t *testing.T, dir, name string) *specimen {
	t.Helper()
	s := &specimen{name: name, spec: filepath.Join(dir, name+".yaml"), folder: filepath.Join(dir, "results", name), lines: make(map[string]bool)}
	for path, text := range contents(t, s.folder) {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			file, _ := filepath.Rel(s.folder, path)
			s.files = append(s.files, file)
			_ = text
		}
	}
	slices.Sort(s.files)
	code, _, _ := call(t, "verify", s.folder)
	s.complete = code == exitOK
	whole := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(whole, os.DirFS(s.folder)); err != nil {
		t.Fatal(err)
	}
	if code, _, err := call(t, s.run(whole)...); code != exitOK && code != exitFailed {
		t.Fatalf("%s: %d\n%s", name, code, err)
	}
	if code, out, err := call(t, "verify", whole); code != exitOK {
		t.Fatalf("%s: %d\n%s%s", name, code, out, err)
	}
	_, out, _ := call(t, "export", whole, "--csv")
	for line := range strings.Lines(out) {
		s.lines[line] = true
	}
	s.data = dataFiles(t, whole)
	return s
}

// run is the command that goes on with a copy of the folder.
func (s *specimen) run(folder string) []string {
	return []string{"run", s.spec, "--results", filepath.Dir(folder), "--figures", "none"}
}

func dataFiles(t *testing.T, folder string) map[string]string {
	t.Helper()
	data := make(map[string]string)
	for _, dir := range dataDirs {
		names, _ := os.ReadDir(filepath.Join(folder, dir))
		for _, e := range names {
			text, err := os.ReadFile(filepath.Join(folder, dir, e.Name()))
			if err != nil {
				text = []byte(err.Error())
			}
			data[dir+"/"+e.Name()] = string(text)
		}
	}
	return data
}

// mutations damage the file at path; outside is a folder that is not the result
// folder's, other a file of another folder, and sibling another file of this one.
var mutations = []struct {
	name string
	do   func(r *rand.Rand, path, sibling, other, outside string) error
}{
	{"flip", flipped}, {"flip", flipped}, {"flip", flipped}, {"flip", flipped}, {"flip", flipped}, {"flip", flipped}, // the commonest
	{"zeros", func(r *rand.Rand, path, _, _, _ string) error {
		return changed(path, func(text []byte) []byte {
			if len(text) > 0 {
				from := r.IntN(len(text))
				clear(text[from:min(len(text), from+1+r.IntN(64))])
			}
			return text
		})
	}},
	{"cut", func(r *rand.Rand, path, _, _, _ string) error {
		return changed(path, func(text []byte) []byte { return text[:r.IntN(len(text)+1)] })
	}},
	{"empty", func(_ *rand.Rand, path, _, _, _ string) error {
		return changed(path, func([]byte) []byte { return nil })
	}},
	{"double", func(_ *rand.Rand, path, _, _, _ string) error {
		return changed(path, func(text []byte) []byte { return append(text, text...) })
	}},
	{"more", func(r *rand.Rand, path, _, _, _ string) error {
		return changed(path, func(text []byte) []byte { return append(text, byte(r.IntN(256))) })
	}},
	{"remove", func(_ *rand.Rand, path, _, _, _ string) error { return os.Remove(path) }},
	{"swap", func(_ *rand.Rand, path, sibling, _, _ string) error {
		a, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(sibling)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, b, 0o666); err != nil {
			return err
		}
		return os.WriteFile(sibling, a, 0o666)
	}},
	{"another's", func(_ *rand.Rand, path, _, other, _ string) error {
		text, err := os.ReadFile(other)
		if err != nil {
			return err
		}
		return os.WriteFile(path, text, 0o666)
	}},
	{"link to a copy", func(_ *rand.Rand, path, _, _, outside string) error {
		away := filepath.Join(outside, "copy")
		if err := os.Rename(path, away); err != nil {
			return err
		}
		return os.Symlink(away, path)
	}},
	{"link to a sibling", func(_ *rand.Rand, path, sibling, _, _ string) error { return linked(path, sibling) }},
	{"link to another's", func(_ *rand.Rand, path, _, other, _ string) error { return linked(path, other) }},
	{"dangling link", func(_ *rand.Rand, path, _, _, outside string) error {
		return linked(path, filepath.Join(outside, "gone"))
	}},
	{"link to a folder", func(_ *rand.Rand, path, _, _, outside string) error { return linked(path, outside) }},
	{"folder that is a link", func(_ *rand.Rand, path, _, _, outside string) error {
		away := filepath.Join(outside, "folder")
		if err := os.Rename(filepath.Dir(path), away); err != nil {
			return err
		}
		return os.Symlink(away, filepath.Dir(path))
	}},
	{"pipe", func(_ *rand.Rand, path, _, _, _ string) error {
		if err := os.Remove(path); err != nil {
			return err
		}
		return pipe(path)
	}},
	{"folder", func(_ *rand.Rand, path, _, _, _ string) error {
		if err := os.Remove(path); err != nil {
			return err
		}
		return os.Mkdir(path, 0o777)
	}},
	{"no permission", func(_ *rand.Rand, path, _, _, _ string) error { return os.Chmod(path, 0) }},
}

func flipped(r *rand.Rand, path, _, _, _ string) error {
	return changed(path, func(text []byte) []byte {
		if len(text) > 0 {
			at := r.IntN(len(text))
			if r.IntN(2) == 0 { // its end, which says what is in it
				at = len(text) - 1 - r.IntN(min(len(text), 2048))
			}
			text[at] ^= 1 << r.IntN(8)
		}
		return text
	})
}

func changed(path string, change func([]byte) []byte) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, change(text), 0o666)
}

func linked(path, to string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.Symlink(to, path)
}

// TestMutations damages files of finished and of unfinished result folders in all
// ways, one in each copy, and has all verbs look at it: none panics, hangs, writes
// elsewhere or answers wrongly with exit status 0, and a run ends with the data set
// that there should be or says why not. SWEEP_MUTATIONS is how many; of few each is
// looked at by some of the verbs.
func TestMutations(t *testing.T) {
	count, thorough := 200, false
	if text := os.Getenv("SWEEP_MUTATIONS"); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
		thorough = true
	}
	seed := uint64(1)
	if text := os.Getenv("SWEEP_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	runSpec(t, dir, "walked", walked)
	runSpec(t, dir, "carried", carried)
	runSpec(t, dir, "edited", strings.Replace(walked, "7]", "7, 9]", 1))
	runSpec(t, dir, "edited", walked)
	for name, spec := range map[string]string{"half": walked, "halfway": carried} {
		writeSpec(t, dir, name+".yaml", spec)
		forge(t, filepath.Join(dir, name+".yaml"), filepath.Join(dir, "results"), func(p *models.Point, _ *models.Trial) bool { return p.Trial%10 < 6 })
	}
	var specimens []*specimen
	for _, name := range []string{"walked", "carried", "edited", "half", "halfway"} {
		specimens = append(specimens, newSpecimen(t, dir, name))
	}
	for i := range specimens {
		if specimens[i].complete != !strings.HasPrefix(specimens[i].name, "half") {
			t.Fatalf("%s is not what it should be", specimens[i].name)
		}
	}
	const side = 8 // most of the time goes by while disks sync
	for w := range side {
		t.Run(strconv.Itoa(w), func(t *testing.T) {
			t.Parallel()
			for i := w; i < count && !(t.Failed() && !thorough); i += side {
				mutate(t, specimens, seed, i, thorough)
			}
		})
	}
}

// mutate damages a copy of one of the specimens.
func mutate(t *testing.T, specimens []*specimen, seed uint64, i int, thorough bool) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	s, other := specimens[r.IntN(len(specimens))], specimens[r.IntN(len(specimens))]
	file, sibling := s.files[r.IntN(len(s.files))], s.files[r.IntN(len(s.files))]
	m := mutations[r.IntN(len(mutations))]
	from := other.files[r.IntN(len(other.files))]
	if slices.Contains(other.files, file) && r.IntN(2) == 0 {
		from = file // the same file of another folder
	}
	if m.name == "folder that is a link" && !strings.Contains(file, "/") || m.name == "link to a sibling" && sibling == "lock" {
		return // a link to the lock is another file whenever it is locked
	}
	room, err := os.MkdirTemp("", "mutate-")
	must(err)
	defer os.RemoveAll(room)
	outside, folder := filepath.Join(room, "outside"), filepath.Join(room, "results", s.name)
	must(os.Mkdir(outside, 0o777))
	writeSpec(t, outside, "precious", "somebody's")
	must(os.CopyFS(folder, os.DirFS(s.folder)))
	away := filepath.Join(outside, "another's")
	text, err := os.ReadFile(filepath.Join(other.folder, from))
	must(err)
	must(os.WriteFile(away, text, 0o666))
	must(m.do(r, filepath.Join(folder, file), filepath.Join(folder, sibling), away, outside))
	x := &examination{t: t, s: s, folder: folder, spec: file == "spec.yaml" || m.name == "swap" && sibling == "spec.yaml"}
	x.what = fmt.Sprintf("mutation %d: %s of %s: %s (sibling %s, another's %s of %s)", i, m.name, s.name, file, sibling, from, other.name)
	before := contents(t, outside)
	x.look(r, thorough)
	sameContents(t, x.what+": outside", contents(t, outside), before)
}

// examination has verbs look at a damaged copy of a specimen.
type examination struct {
	t      *testing.T
	s      *specimen
	what   string
	folder string
	spec   bool // it is the spec that is damaged: the folder may be of another plan
}

func (x *examination) look(r *rand.Rand, thorough bool) {
	readers := [][]string{
		{"status", x.folder}, {"verify", x.folder}, {"export", x.folder, "--csv"}, {"why", x.folder, "3"}, {"failures", x.folder},
		{"audit", x.folder, "--count", "2"}, {"replay", x.folder, "3"}, {"gc", x.folder}, {"report", x.folder}, {"gc", x.folder, "--yes"},
	}
	if !thorough {
		r.Shuffle(len(readers), func(i, j int) { readers[i], readers[j] = readers[j], readers[i] })
		readers = readers[:3]
	}
	for _, args := range readers {
		data := dataFiles(x.t, x.folder)
		code, out, said := x.call(args...)
		if !x.spec && code == exitOK {
			x.judge(args[0], out, said)
		}
		if fmt.Sprint(data) != fmt.Sprint(dataFiles(x.t, x.folder)) {
			x.t.Errorf("%s: %s has changed the data set", x.what, args)
		}
	}
	code, out, said := x.call(x.s.run(x.folder)...)
	if code != exitOK && code != exitFailed {
		return
	}
	x.same("run\n" + out + said)
	if code, out, said := x.call("verify", x.folder); code != exitOK {
		x.t.Errorf("%s: verify after run: %d\n%s%s", x.what, code, out, said)
	}
	if code, _, _ := x.call("gc", x.folder, "--yes"); code == exitOK {
		x.same("gc")
	}
}

// judge compares an answer that claims to be right with what is true.
func (x *examination) judge(verb, out, said string) {
	wrong := ""
	switch verb {
	case "export":
		n := 0
		for line := range strings.Lines(out) {
			n++
			if !x.s.lines[line] {
				wrong = "a row that is not true: " + line
			}
		}
		if x.s.complete && n != len(x.s.lines) {
			wrong = fmt.Sprintf("%d lines of %d", n, len(x.s.lines))
		}
	case "why":
		if x.s.complete && !strings.Contains(out, " is done") && !strings.Contains(out, "failed") {
			wrong = out
		}
	case "verify":
		if !x.s.complete {
			wrong = "it is not complete"
		}
		for file, text := range dataFiles(x.t, x.folder) {
			if x.s.data[file] != text {
				wrong = file + " is not what it was"
			}
		}
	}
	if wrong != "" {
		x.t.Errorf("%s: %s exits with 0: %s\n%s", x.what, verb, wrong, said)
	}
}

// same compares the data set with what it should be.
func (x *examination) same(after string) {
	data := dataFiles(x.t, x.folder)
	for file, want := range x.s.data {
		if got, ok := data[file]; !ok || got != want {
			x.t.Errorf("%s: %s is not what it should be (%v) after %s", x.what, file, ok, after)
		}
	}
	for file := range data {
		if _, ok := x.s.data[file]; !ok {
			x.t.Errorf("%s: %s is too much after %s", x.what, file, after)
		}
	}
}

// call runs the program in this process, for half a minute at most.
func (x *examination) call(args ...string) (code int, stdout, stderr string) {
	x.t.Helper()
	var out, said bytes.Buffer
	done := make(chan string, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Sprintf("panic: %v\n%s", p, debug.Stack())
			}
			close(done)
		}()
		code = run(x.t.Context(), args, &out, &said)
	}()
	select {
	case wrong := <-done:
		if wrong != "" {
			x.t.Fatalf("%s: %v: %s", x.what, args, wrong)
		}
	case <-time.After(30 * time.Second):
		x.t.Fatalf("%s: %v hangs", x.what, args)
	}
	stdout, stderr = out.String(), said.String()
	if strings.Contains(stdout+stderr, "<nil>") {
		x.t.Errorf("%s: %v: %s%s", x.what, args, stdout, stderr)
	}
	if code != exitOK && stdout+stderr == "" {
		x.t.Errorf("%s: %v: exit status %d without a word", x.what, args, code)
	}
	return code, stdout, stderr
}
