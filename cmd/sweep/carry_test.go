package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// hysteresis carries the state of the neuron up and down along b. Near the
// cusps trials take many steps: long enough to be killed in.
const hysteresis = `about: Where does the state jump?
model: neuron
params:
  w: {linspace: [4, 8, 81]}
  b: {linspace: [-6, -1, 501]}
carry: {axis: b, direction: both}
`

// TestCarry: at w = 8 the jumps lie where the fixed points fold, within one step
// of b (docs/known-answers.md, row 5c); with 1 and 4 workers and after kills in
// mid-chain the data set has the same bits.
func TestCarry(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "h.yaml", hysteresis)
	must(t, sweep(t, dir, "run", "h.yaml", "--workers", "1", "--results", "one"), 0)
	trials, states := hashes(t, filepath.Join(dir, "one/h/trials")), hashes(t, filepath.Join(dir, "one/h/states"))
	must(t, sweep(t, dir, "verify", "one/h"), 0)
	must(t, sweep(t, dir, "run", "h.yaml", "--workers", "4", "--results", "four"), 0)
	sameHashes(t, "4 workers", hashes(t, filepath.Join(dir, "four/h/trials")), trials)
	sameHashes(t, "4 workers, states", hashes(t, filepath.Join(dir, "four/h/states")), states)

	killed := 0
	for i := range 3 {
		cmd := sweep(t, dir, "run", "h.yaml", "--workers", "2", "--results", "killed")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The whole journal takes some megabytes.
		for range 2000 {
			if folderBytes(filepath.Join(dir, "killed/h/journal")) > int64(i+1)*400_000 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		if s := statusOf(t, dir, "killed/h"); s.Done > 0 && s.Done < s.Planned {
			killed++
		}
	}
	if killed == 0 {
		t.Error("no run was killed in its middle")
	}
	must(t, sweep(t, dir, "run", "h.yaml", "--results", "killed"), 0)
	must(t, sweep(t, dir, "verify", "killed/h"), 0)
	sameHashes(t, "killed", hashes(t, filepath.Join(dir, "killed/h/trials")), trials)
	sameHashes(t, "killed, states", hashes(t, filepath.Join(dir, "killed/h/states")), states)

	type row struct {
		W         float64 `parquet:"w"`
		B         float64 `parquet:"b"`
		X         float64 `parquet:"x,optional"`
		Direction string  `parquet:"direction"`
	}
	rows, err := parquet.ReadFile[row](filepath.Join(dir, "one/h/trials/part-000000.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	jumps := map[string][]float64{}
	for i := 1; i < len(rows); i++ {
		a, b := rows[i-1], rows[i]
		if a.W == 8 && b.W == 8 && a.Direction == b.Direction && math.Abs(a.X-b.X) > 0.3 {
			jumps[a.Direction] = append(jumps[a.Direction], a.B, b.B)
		}
	}
	for direction, fold := range map[string]float64{"up": -2.934320, "down": -5.065680} {
		at := jumps[direction]
		if len(at) != 2 || fold < min(at[0], at[1]) || fold > max(at[0], at[1]) {
			t.Errorf("%s, the state jumps between the biases %v; the fold is at %v", direction, at, fold)
		}
	}
}

// folderBytes is the size of the files in a folder.
func folderBytes(dir string) int64 {
	sum := int64(0)
	files, _ := os.ReadDir(dir) // none if there is no folder yet
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

// TestCarryWhy: the point of a chain is named with its direction.
func TestCarryWhy(t *testing.T) {
	dir := t.TempDir()
	writeSpec(t, dir, "h.yaml", strings.NewReplacer("81", "2", "501", "11").Replace(hysteresis))
	must(t, sweep(t, dir, "run", "h.yaml"), 0)
	for _, direction := range []string{"up", "down"} {
		out := must(t, sweep(t, dir, "why", "h.yaml", "w=8,b=-4,direction="+direction), 0)
		if !strings.Contains(out, fmt.Sprint(direction, " replicate=0) is done")) {
			t.Error(out)
		}
	}
	if out := must(t, sweep(t, dir, "why", "h.yaml", "w=8,b=-4"), exitUsage); !strings.Contains(out, "say which direction, up or down") {
		t.Error(out)
	}
}
