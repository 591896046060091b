package main

import (
	"bytes"
	little "encoding/binary"
	"hash/crc32"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// flip changes a bit of a byte of a file, counted from its end where at is negative.
func flip(t *testing.T, path string, at int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if at < 0 {
		at += len(text)
	}
	text[at] ^= 4
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestDamageIsHealed: a byte that is wrong in any sealed file, whether there are
// checksums or not, is found by verify and by the next run, which says so before it
// says that all is done and leaves the data set that there was.
func TestDamageIsHealed(t *testing.T) {
	for name, spec := range map[string]string{"walked": walked, "carried": carried} {
		dirs := map[string][]string{"walked": {"trials", "timings", "series"}, "carried": {"trials", "timings", "states"}}[name]
		for _, of := range dirs {
			t.Run(name+" "+of, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				folder := runSpec(t, dir, name, spec)
				file := filepath.Join(folder, of, "part-000000.parquet")
				want := map[string]map[string]string{}
				for _, dir := range []string{"trials", dirs[2]} {
					want[dir] = hashes(t, filepath.Join(folder, dir))
				}
				for _, sums := range []string{"kept", "removed"} {
					// In a page, in the footer where only other readers look, in its end.
					for _, at := range []int{90, 0, -5} {
						if at == 0 {
							text, _ := os.ReadFile(file)
							at = bytes.Index(text, []byte("sweep version 1"))
						}
						if sums == "removed" {
							os.Remove(filepath.Join(folder, "SHA256SUMS"))
						}
						flip(t, file, at)
						if code, out, err := call(t, "verify", folder); code != exitDifference || !strings.Contains(out, of+"/part-000000.parquet") {
							t.Errorf("sums %s, byte %d: verify: %d\n%s%s", sums, at, code, out, err)
						}
						code, out, said := call(t, "run", filepath.Join(dir, name+".yaml"), "--results", filepath.Dir(folder), "--figures", "none")
						if code != exitOK && code != exitFailed || !strings.Contains(said, of+"/part-000000.parquet") || !strings.Contains(said, "moves to history") {
							t.Errorf("sums %s, byte %d: run: %d\n%s%s", sums, at, code, out, said)
						}
						if code, out, err := call(t, "verify", folder); code != exitOK {
							t.Errorf("sums %s, byte %d: verify after run: %d\n%s%s", sums, at, code, out, err)
						}
						for dir, before := range want {
							sameHashes(t, dir, hashes(t, filepath.Join(folder, dir)), before)
						}
					}
				}
			})
		}
	}
}

// TestSumsAreMended: a line of SHA256SUMS that is wrong or gone, or a file that is no
// list of checksums, is named by verify and mended by the next run, which moves and
// computes nothing.
func TestSumsAreMended(t *testing.T) {
	dir := t.TempDir()
	folder := runSpec(t, dir, "walked", walked)
	path := filepath.Join(folder, "SHA256SUMS")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]string{
		"a digit":         strings.Replace(string(whole), string(whole[:1]), "z", 1),
		"a line":          string(whole[bytes.IndexByte(whole, '\n')+1:]),
		"all":             strings.Repeat("\x00", len(whole)),
		"without any end": strings.Repeat("x", 1<<20),
	} {
		if err := os.WriteFile(path, []byte(damage), 0o666); err != nil {
			t.Fatal(err)
		}
		if code, out, err := call(t, "verify", folder); code != exitDifference || !strings.Contains(out, "the next run ") {
			t.Errorf("%s: verify: %d\n%s%s", name, code, out, err)
		}
		code, out, said := call(t, "run", filepath.Join(dir, "walked.yaml"), "--results", filepath.Dir(folder), "--figures", "none", "--json")
		if code != exitFailed || computed(t, out) != 0 || !strings.Contains(said, "each of the files is what its rows give") {
			t.Errorf("%s: run: %d\n%s%s", name, code, out, said)
		}
		if text, err := os.ReadFile(path); err != nil || !bytes.Equal(text, whole) {
			t.Errorf("%s: the checksums are\n%s%v", name, text, err)
		}
		if _, err := os.Stat(filepath.Join(folder, "history")); err == nil {
			t.Errorf("%s: something moved", name)
		}
	}
}

// TestReadersSayWhatTheyLack: no verb that answers for records exits with 0 where some
// are there that it cannot read.
func TestReadersSayWhatTheyLack(t *testing.T) {
	dir := t.TempDir()
	folder := runSpec(t, dir, "walked", walked)
	for of, verbs := range map[string][]string{
		"trials":  {"export --csv", "failures", "report", "replay 1", "why 1", "diff " + folder},
		"timings": {"failures"},
		"series":  {"replay 1"},
	} {
		for _, at := range []int{90, -5} {
			if of == "timings" && at > 0 {
				continue // a column that failures does not need
			}
			file := filepath.Join(folder, of, "part-000000.parquet")
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			flip(t, file, at)
			for _, verb := range verbs {
				args := strings.Fields(verb)
				args = append([]string{args[0], folder}, args[1:]...)
				if code, out, err := call(t, args...); code == exitOK || !strings.Contains(out+err, "part-000000.parquet") {
					t.Errorf("%s, byte %d: %s: %d\n%s%s", of, at, verb, code, out, err)
				}
			}
			if err := os.WriteFile(file, whole, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// frame is a payload as a segment of the journal has it.
func frame(payload string) string {
	head := little.LittleEndian.AppendUint32(nil, uint32(len(payload)))
	sum := crc32.Checksum(append(bytes.Clone(head), payload...), crc32.MakeTable(crc32.Castagnoli))
	return string(little.LittleEndian.AppendUint32(head, sum)) + payload
}

// TestJournalIsHealed: a segment whose frames are whole and yet not those of a segment,
// as when its beginning is lost or another was added to it, is named by verify and by
// the next run, which goes on.
func TestJournalIsHealed(t *testing.T) {
	dir := t.TempDir()
	want := hashes(t, filepath.Join(runSpec(t, dir, "whole", walked), "trials"))
	folder := filepath.Join(dir, "results", "half")
	segment := func(spec string) (path, text string) {
		writeSpec(t, dir, "half.yaml", spec)
		os.RemoveAll(folder)
		forge(t, filepath.Join(dir, "half.yaml"), filepath.Dir(folder), func(p *models.Point, _ *models.Trial) bool { return p.Trial%10 < 6 })
		paths, err := filepath.Glob(filepath.Join(folder, "journal", "*.journal"))
		if err != nil || len(paths) != 1 {
			t.Fatal(paths, err)
		}
		all, err := os.ReadFile(paths[0])
		if err != nil {
			t.Fatal(err)
		}
		return paths[0], string(all)
	}
	_, other := segment(carried)
	behind := func(text string, frames int) string {
		for range frames {
			text = text[8+little.LittleEndian.Uint32([]byte(text)):]
		}
		return text
	}
	for name, damage := range map[string]func(text string) string{
		"without its header":        func(text string) string { return behind(text, 1) },
		"without its beginning":     func(text string) string { return behind(text, 2) },
		"with a header of nothing":  func(text string) string { return frame("{}") + behind(text, 1) },
		"with no columns":           func(text string) string { return frame(`{"format": 1}`) + behind(text, 1) },
		"twice":                     func(text string) string { return text + text },
		"with another's behind it":  func(text string) string { return text + other },
		"with another's records":    func(text string) string { return text + behind(other, 2) },
		"with another's before it":  func(text string) string { return behind(other, 2) + text },
		"with frames of other text": func(text string) string { return text + frame("text") + text },
	} {
		path, text := segment(walked)
		if err := os.WriteFile(path, []byte(damage(text)), 0o666); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("journal", filepath.Base(path))
		if code, out, err := call(t, "verify", folder); code != exitDifference || !strings.Contains(out, file) {
			t.Errorf("%s: verify: %d\n%s%s", name, code, out, err)
		}
		if code, _, err := call(t, "export", folder, "--csv"); code != exitError || !strings.Contains(err, file) {
			t.Errorf("%s: export: %d\n%s", name, code, err)
		}
		code, out, said := call(t, "run", filepath.Join(dir, "half.yaml"), "--results", filepath.Dir(folder), "--figures", "none")
		if code != exitFailed || !strings.Contains(said, file) {
			t.Errorf("%s: run: %d\n%s%s", name, code, out, said)
		}
		if got := hashes(t, filepath.Join(folder, "trials")); !maps.Equal(got, want) {
			t.Errorf("%s: the data set is another", name)
		}
	}
}
