package store

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestEmptyColumns: columns without a value, with and without a dictionary, and
// long lists pass the guard.
func TestEmptyColumns(t *testing.T) {
	table := &table{}
	for _, k := range []kind{intColumn, floatColumn, boolColumn, textColumn, seriesColumn} {
		for _, few := range []bool{false, true} {
			if few && k == seriesColumn {
				continue
			}
			name := columnKinds[k]
			if few {
				name += "_few"
			}
			table.add(field{name: name, kind: k, optional: true, few: few})
		}
	}
	for _, long := range []int{0, 1, 300_000} {
		var out bytes.Buffer
		w := newPartWriter(table)
		w.begin(&out, nil)
		b := newBlock(table)
		for i := range b.columns {
			for range blockRows {
				if c := &b.columns[i]; c.kind == seriesColumn && long > 0 && len(c.null)%1000 == 5 {
					c.addSeries(make([]float64, long))
				} else {
					c.addNull()
				}
			}
		}
		for range 20 {
			if err := w.write(b); err != nil {
				t.Fatal(err)
			}
			if long > 1 {
				break
			}
		}
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "part")
		if err := os.WriteFile(path, out.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := w.check(path); err != nil {
			t.Fatalf("lists of %d: %v", long, err)
		}
		r, err := openPart(path, table, true)
		if err != nil {
			t.Fatal(err)
		}
		got := newBlock(table)
		for r.next(got) != io.EOF {
			sameBlocks(t, got, b)
		}
		r.close()
	}
}
