package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
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

// TestGroupsClaimNoMoreThanTheyCanHold: what a footer says of the size of a row group is
// refused before memory is taken for it, in one column or in all together.
func TestGroupsClaimNoMoreThanTheyCanHold(t *testing.T) {
	table := &table{}
	for _, name := range []string{"a", "b", "c", "d"} {
		table.add(field{name: name, kind: intColumn, optional: true})
	}
	var out bytes.Buffer
	w := newPartWriter(table)
	w.begin(&out, nil)
	b := newBlock(table)
	for i := range b.columns {
		b.columns[i].addNull()
	}
	if err := errors.Join(w.write(b), w.close()); err != nil {
		t.Fatal(err)
	}
	whole := out.Bytes()
	length := int(binary.LittleEndian.Uint32(whole[len(whole)-8:]))
	at := len(whole) - 8 - length
	for claim, fine := range map[int64]bool{100: true, 16 << 30: false, 4 << 30: false, -1: false} {
		var meta format.FileMetaData
		if err := thrift.Unmarshal(new(thrift.CompactProtocol), whole[at:len(whole)-8], &meta); err != nil {
			t.Fatal(err)
		}
		for i := range meta.RowGroups[0].Columns {
			meta.RowGroups[0].Columns[i].MetaData.TotalUncompressedSize = claim
		}
		text, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
		if err != nil {
			t.Fatal(err)
		}
		file := append(bytes.Clone(whole[:at]), text...)
		file = append(binary.LittleEndian.AppendUint32(file, uint32(len(text))), "PAR1"...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = checkFooter(bytes.NewReader(file), int64(len(file)), 1<<16)
		runtime.ReadMemStats(&after)
		if (err == nil) != fine || after.TotalAlloc-before.TotalAlloc > 50<<20 {
			t.Errorf("a claim of %d bytes a column: %v, after taking %d bytes", claim, err, after.TotalAlloc-before.TotalAlloc)
		}
	}
}
