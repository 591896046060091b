package store

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
)

// TestJournalIsArrow: the payloads of a segment from the second on are an Arrow
// stream, in which Arrow's own reader finds what ours does.
func TestJournalIsArrow(t *testing.T) {
	plan := newTestPlan(100)
	table := journalTable(plan)
	w := newBatchWriter(table)
	var stream bytes.Buffer
	message, err := w.encode(newBlock(table))
	if err != nil {
		t.Fatal(err)
	}
	stream.Write(message)
	b := testBatch(plan)
	state := 3
	records(b, plan, []int64{4, 5, 6, 7, 8, 9, 10, 11, 12}, func(n int) int { state = (state*31 + 7) % 1009; return state % n })
	if message, err = w.encode(b.block); err != nil {
		t.Fatal(err)
	}
	stream.Write(message)
	ours := newBlock(table)
	if err := decodeBatch(table, message, table, ours); err != nil {
		t.Fatal(err)
	}
	sameBlocks(t, ours, b.block)

	r, err := ipc.NewReader(&stream)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if !r.Next() || r.Record().NumRows() != 0 || !r.Next() {
		t.Fatal("Arrow reads no batch behind the empty one")
	}
	rec := r.Record()
	for i, f := range table.fields {
		c, a := &ours.columns[i], rec.Column(i)
		for row := range ours.rows() {
			if a.IsNull(row) != c.null[row] {
				t.Fatalf("row %d of %s: null is %v", row, f.name, c.null[row])
			}
			if c.null[row] {
				continue
			}
			same := true
			switch a := a.(type) {
			case *array.Int64:
				same = uint64(a.Value(row)) == c.bits[row]
			case *array.String:
				same = a.Value(row) == c.text[row]
			case *array.Boolean:
				same = a.Value(row) == (c.bits[row] != 0)
			case *array.FixedSizeBinary:
				same = bytes.Equal(a.Value(row), c.id[row][:])
			case *array.List:
				from, to := a.ValueOffsets(row)
				same = int(to-from) == len(c.series(row))
			}
			if !same {
				t.Fatalf("row %d of %s differs", row, f.name)
			}
		}
	}
}

// TestForeignBatch: a message whose lengths are not within it is refused, and so
// is a schema that the header's columns do not give.
func TestForeignBatch(t *testing.T) {
	plan := newTestPlan(100)
	table := journalTable(plan)
	w := newBatchWriter(table)
	if _, err := w.encode(newBlock(table)); err != nil {
		t.Fatal(err)
	}
	b := testBatch(plan)
	records(b, plan, []int64{0, 1, 2}, func(n int) int { return 1 % n })
	message, err := w.encode(b.block)
	if err != nil {
		t.Fatal(err)
	}
	meta := int(binary.LittleEndian.Uint32(message[4:]))
	refused := 0
	for at := range 8 + meta {
		for _, x := range []byte{0x7f, 0x80, 0xff} {
			other := bytes.Clone(message)
			other[at] ^= x
			got := newBlock(table)
			if decodeBatch(table, other, table, got) != nil {
				refused++
			} else if got.rows() != 3 {
				t.Fatalf("byte %d: %d rows", at, got.rows())
			}
		}
	}
	if refused < meta {
		t.Errorf("only %d of %d changes were refused", refused, 3*(8+meta))
	}
	for cut := range message {
		if decodeBatch(table, message[:cut], table, newBlock(table)) == nil {
			t.Fatalf("a message cut at byte %d is read", cut)
		}
	}
	h := segmentHeader{Columns: table.segmentColumns()}
	for _, change := range []func(c *segmentColumn){
		func(c *segmentColumn) { c.Kind = "blob" },
		func(c *segmentColumn) { c.Name = "id" },
	} {
		h.Columns = table.segmentColumns()
		change(&h.Columns[0])
		if _, err := h.table(); err == nil {
			t.Errorf("columns %v are taken", h.Columns[0])
		}
	}
}
