package main

import (
	"bytes"
	"crypto/sha256"
	endian "encoding/binary"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/store"
)

// python is the interpreter that `make venv` sets up.
func python(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", ".venv", "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run 'make venv' first, which needs python3 with its venv module ('make test' does both)", err)
	}
	return path
}

// TestReaders has four independent readers read a data set with every kind of
// value, null, NaN, infinities, empty lists and failures, and one whose lists have
// one length.
func TestReaders(t *testing.T) {
	readKinds(t, "[0, 1, 3]", 540, "list<element: double>")
	readKinds(t, "3", 180, "fixed_size_list<element: double>[3]")
}

// readKinds has them read a data set of probe with those values of n, so many
// trials and lists of that type.
func readKinds(t *testing.T, n string, trials int, list string) {
	py := python(t)
	dir := t.TempDir()
	writeSpec(t, dir, "kinds.yaml", `about: Do independent readers see the same rows?
model: probe
seed: 5
replicates: 2
params:
  x: [0, -1.5, 0.1, 1e-320, 1e154]
  n: `+n+`
  mode: [ok, nan, inf, minus-inf, minus-zero, tiny, none, error, panic]
  flag: [true, false]
`)
	arguments := func(folder string) []string {
		return []string{"testdata/readers.py", folder, strconv.Itoa(trials), list}
	}
	must(t, sweep(t, dir, "run", "kinds.yaml"), exitFailed)
	out, err := exec.Command(py, arguments(filepath.Join(dir, "results", "kinds"))...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)

	// A planted fault: a data set with one row less, and one with another value.
	for fault, found := range map[string]string{
		"t = t.slice(1)": fmt.Sprintf("pyarrow: %d rows, not %d", trials-1, trials),
		"t = t.set_column(t.schema.get_field_index('list'), 'list', pa.array(t['list'].to_pylist(), pa.large_list(pa.float64())))":                                                    "the type of list is large_list<",
		"t = t.set_column(t.schema.get_field_index('count'), t.schema.field('count'), pa.array([None if x is None else x + (i == 1) for i, x in enumerate(t['count'].to_pylist())]))": "polars: trial 1: count is ",
	} {
		script := "import sys, pyarrow as pa, pyarrow.parquet as pq\nt = pq.read_table(sys.argv[1])\nm = t.schema.metadata\n" + fault + "\npq.write_table(t, sys.argv[1], compression='zstd')\n"
		copied := filepath.Join(t.TempDir(), "kinds")
		if err := os.CopyFS(copied, os.DirFS(filepath.Join(dir, "results", "kinds"))); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(py, "-c", script, filepath.Join(copied, "trials", "part-000000.parquet")).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		out, err := exec.Command(py, arguments(copied)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), found) {
			t.Errorf("the fault %q was not found: %v\n%s", fault, err, out)
		}
	}
}

// manyKinds is a spec of every kind of value in 126 trials a replicate and value of
// n.
const manyKinds = `about: Do independent readers see the same bits?
model: probe
seed: 5
replicates: REPLICATES
params:
  x: [0, -3e-310, -1.5, 0.1, 1e-320, 5e-324, 1e154, -1.7976931348623157e+308, 2.2250738585072014e-308]
  n: NUMBERS
  mode: [ok, nan, inf, minus-inf, minus-zero, none, error]
  flag: [true, false]
`

// TestReadersBits has them read every column of more rows than a row group has, of
// a million rows in several parts under make readers, and compares all bits with
// what our own reader finds, of lists of several lengths and of one.
func TestReadersBits(t *testing.T) {
	replicates := 186
	if text := os.Getenv("SWEEP_REPLICATES"); text != "" {
		var err error
		if replicates, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("lists of several lengths", func(t *testing.T) {
		readBits(t, "[0, 1, 3]", replicates, 378*replicates, "[x if x is None or len(x) > 0 else None for x in t['list'].to_pylist()]")
	})
	t.Run("lists of one length", func(t *testing.T) {
		readBits(t, "[3]", 3*replicates, 378*replicates, "[x or [0.0, 0.0, 0.0] for x in t['list'].to_pylist()]")
	})
}

// readBits has them read n rows of manyKinds. fault makes other lists of those of
// the last part.
func readBits(t *testing.T, numbers string, replicates, n int, fault string) {
	py, dir := python(t), t.TempDir()
	writeSpec(t, dir, "many.yaml", strings.NewReplacer("REPLICATES", strconv.Itoa(replicates), "NUMBERS", numbers).Replace(manyKinds))
	must(t, sweep(t, dir, "run", "many.yaml"), exitFailed)
	folder := filepath.Join(dir, "results", "many")
	parts, err := filepath.Glob(filepath.Join(folder, "trials", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}

	sums, counts := ourSums(t, folder)
	for column, values := range map[string]map[string]int{
		// Of a parameter -0 is 0.
		"x":      {"is null": 0, "= 0": n / 9, "-0": 0},
		"square": {"is null": n * 2 / 7, "= 'nan'": n / 7, "= 'inf'": n/7 + n/7/9, "= '-inf'": n / 7, "-0": n / 7},
	} {
		for what, want := range values {
			if got := counts[column+" "+what]; got != want {
				t.Errorf("our reader finds %d rows where %s %s, not %d", got, column, what, want)
			}
		}
	}
	theirs, theirCounts := theirSums(t, py, folder)
	for _, d := range differentSums(sums, counts, theirs, theirCounts) {
		t.Error(d)
	}
	t.Logf("%d rows in %d parts, %d columns, %d sums of 4 readers and %d counts", n, len(parts), len(sums), len(theirs), len(theirCounts))

	// Planted faults: a sign of zero that is lost, a null in place of an empty list
	// or zeros in place of a null.
	script := `
import sys, pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
t = pq.read_table(sys.argv[1])
for c, fault in {
    "square": pc.add(t["square"], 0.0),
    "list": pa.array(` + fault + `, t["list"].type),
}.items():
    t = t.set_column(t.schema.get_field_index(c), t.schema.field(c), fault)
pq.write_table(t, sys.argv[1], compression="zstd")
`
	if out, err := exec.Command(py, "-c", script, parts[len(parts)-1]).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	theirs, theirCounts = theirSums(t, py, folder)
	want := []string{}
	for _, reader := range readers {
		for _, column := range []string{"list", "square"} {
			want = append(want, fmt.Sprintf("%s reads other bits in column %s", reader, column))
		}
	}
	if found := differentSums(sums, counts, theirs, theirCounts); !slices.Equal(found, want) {
		t.Errorf("of the faults that were planted it was found that %q", found)
	}
}

// readers are those of testdata/readers.py.
var readers = []string{"pyarrow", "pandas", "polars", "DuckDB"}

// theirSums is what testdata/readers.py finds: sums by reader and column, and
// counts by condition.
func theirSums(t *testing.T, py, folder string) (sums map[string]string, counts map[string]int) {
	t.Helper()
	c := exec.Command(py, "testdata/readers.py", folder, "--sums")
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	sums, counts = make(map[string]string), make(map[string]int)
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "count "); ok {
			what, n, _ := strings.Cut(text, ": ")
			if counts[what], err = strconv.Atoi(n); err != nil {
				t.Fatal(err)
			}
			continue
		}
		i := strings.LastIndexByte(line, ' ')
		sums[line[:i]] = line[i+1:]
	}
	return sums, counts
}

// differentSums says which reader reads other bits than we do, and what DuckDB
// counts otherwise.
func differentSums(sums map[string]string, counts map[string]int, theirs map[string]string, theirCounts map[string]int) (found []string) {
	for _, reader := range readers {
		for _, column := range slices.Sorted(maps.Keys(sums)) {
			if theirs[reader+" "+column] != sums[column] {
				found = append(found, fmt.Sprintf("%s reads other bits in column %s", reader, column))
			}
		}
	}
	if len(theirs) != len(readers)*len(sums) {
		found = append(found, fmt.Sprintf("they read %d columns in all, and not %d times %d", len(theirs), len(readers), len(sums)))
	}
	for what, n := range theirCounts {
		if counts[what] != n {
			found = append(found, fmt.Sprintf("DuckDB counts %d rows where %s, not %d", n, what, counts[what]))
		}
	}
	return found
}

// conditions are what DuckDB counts, which has NaN above all numbers, and -0.
var conditions = [...]struct {
	name string
	is   func(null bool, v float64) bool
}{
	{"is null", func(null bool, v float64) bool { return null }},
	{"= 'nan'", func(null bool, v float64) bool { return !null && v != v }},
	{"= 'inf'", func(null bool, v float64) bool { return !null && math.IsInf(v, 1) }},
	{"= '-inf'", func(null bool, v float64) bool { return !null && math.IsInf(v, -1) }},
	{"= 0", func(null bool, v float64) bool { return !null && v == 0 }},
	{"> 0", func(null bool, v float64) bool { return !null && !(v <= 0) }},
	{"< 0", func(null bool, v float64) bool { return !null && v < 0 }},
	{"-0", func(null bool, v float64) bool { return !null && v == 0 && math.Signbit(v) }},
}

// ourSums reads a data set with our own reader: the sum of each column, as
// testdata/readers.py describes it, and how many values of the columns of floats
// are what DuckDB is asked for, or -0.
func ourSums(t *testing.T, folder string) (sums map[string]string, counts map[string]int) {
	t.Helper()
	spec, err := experiment.Read(filepath.Join(folder, "spec.yaml"), experiment.Options{Models: all.Models})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{
		"trial": "int", "id": "text", "replicate": "int", "x": "float", "x_i": "int", "n": "int", "n_i": "int", "mode": "text", "mode_i": "int",
		"work": "float", "flag": "int", "flag_i": "int", "square": "float", "count": "int", "word": "text", "even": "int", "uniform": "float",
		"list": "series", "status": "text", "error_class": "text", "error": "text",
	}
	names := slices.Sorted(maps.Keys(kinds))
	type column struct {
		valid, lengths, values bytes.Buffer
		counts                 [len(conditions)]int
	}
	columns := make([]column, len(names))
	word := func(b *bytes.Buffer, v uint64) { b.Write(endian.LittleEndian.AppendUint64(b.AvailableBuffer(), v)) }
	float := func(b *bytes.Buffer, v float64) {
		if v != v {
			word(b, 0x7ff8000000000000)
			return
		}
		word(b, math.Float64bits(v))
	}
	if _, err := store.Scan(folder, spec.Plan(), names, func(c *store.Chunk) error {
		for i, name := range names {
			to := &columns[i]
			for row := range c.Rows() {
				null := c.Null(i, row)
				valid := byte(1)
				if null {
					valid = 0
				}
				to.valid.WriteByte(valid)
				switch kinds[name] {
				case "int":
					v := uint64(c.Int(i, row))
					if null {
						v = 0
					}
					word(&to.values, v)
				case "float":
					v := c.Float(i, row)
					for k, c := range conditions {
						if c.is(null, v) {
							to.counts[k]++
						}
					}
					if null {
						v = 0
					}
					float(&to.values, v)
				case "text":
					v := ""
					if !null {
						v = c.Text(i, row)
					}
					word(&to.lengths, uint64(len(v)))
					to.values.WriteString(v)
				case "series":
					var v []float64
					if !null {
						v = c.Series(i, row)
					}
					word(&to.lengths, uint64(len(v)))
					for _, x := range v {
						float(&to.values, x)
					}
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	sums, counts = make(map[string]string), make(map[string]int)
	for i, name := range names {
		for k, n := range columns[i].counts {
			counts[name+" "+conditions[k].name] = n
		}
		h := sha256.New()
		for _, b := range []*bytes.Buffer{&columns[i].valid, &columns[i].lengths, &columns[i].values} {
			h.Write(b.Bytes())
		}
		sums[name] = fmt.Sprintf("%x", h.Sum(nil))
	}
	return sums, counts
}
