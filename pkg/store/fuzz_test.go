package store

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The files of a result folder are data: whatever is in them, a reader gives an
// error or rows, without a panic, a hang or memory beyond what the file is worth.

// smallPart is a part of a few rows.
func smallPart(t testing.TB) []byte {
	t.Helper()
	plan := newTestPlan(7)
	b := testBatch(plan)
	trials := []int64{0, 1, 2, 3, 4, 5, 6}
	state := 0
	records(b, plan, trials, func(n int) int { state += 7; return state % n })
	var refs []ref
	for i, trial := range trials {
		refs = append(refs, ref{trial, b.block, i})
	}
	l := newLayout(plan)
	l.fill(refs)
	var out bytes.Buffer
	w := newPartWriter(trialsTable(plan))
	w.begin(&out, map[string]string{"sweep.plan": "x"})
	if err := w.write(l.trials); err != nil {
		t.Fatal(err)
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// bounded runs f, which reads a small file, and checks that it takes neither
// long nor much memory: what the most that a page of some kilobytes decodes to
// takes, which is far from what such a file can claim.
func bounded(t *testing.T, f func()) {
	t.Helper()
	hang := time.AfterFunc(30*time.Second, func() { panic("a hang") })
	defer hang.Stop()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 512<<20 {
		t.Fatalf("%d MiB were allocated", took>>20)
	}
}

// readAll reads the file as a part, as far as it goes.
func readAll(t *testing.T, path string, table *table) {
	t.Helper()
	for _, exact := range []bool{true, false} {
		r, err := openPart(path, table, exact)
		if err != nil {
			continue
		}
		r.metadata("sweep.plan")
		b := newBlock(table)
		for r.next(b) == nil {
			for i := range b.columns {
				if len(b.columns[i].null) != b.rows() {
					t.Fatalf("column %d has %d rows of %d", i, len(b.columns[i].null), b.rows())
				}
			}
		}
		r.close()
	}
}

func FuzzPart(f *testing.F) {
	whole := smallPart(f)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("PAR1PAR1"))
	f.Add([]byte{})
	table := trialsTable(newTestPlan(7))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "part")
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		bounded(t, func() { readAll(t, path, table) })
	})
}

// FuzzPage puts a page of its own into a part that is whole otherwise: a fuzzer
// does not find its way through zstd and checksums.
func FuzzPage(f *testing.F) {
	whole := smallPart(f)
	table := trialsTable(newTestPlan(7))
	end := len(whole) - 8 - int(binary.LittleEndian.Uint32(whole[len(whole)-8:]))
	footer := func() (m format.FileMetaData) {
		if err := thrift.Unmarshal(new(thrift.CompactProtocol), whole[end:len(whole)-8], &m); err != nil {
			f.Fatal(err)
		}
		return m
	}
	// The pages as they are, of each column the last.
	for i, c := range footer().RowGroups[0].Columns {
		start := int(chunkStart(&c.MetaData))
		g := pageGuard{file: bytes.NewReader(whole), at: int64(start), end: int64(start) + c.MetaData.TotalCompressedSize, rows: 7}
		dictionary := []byte{}
		for g.at < g.end {
			h, size, err := g.header()
			if err != nil {
				f.Fatal(err)
			}
			g.at += int64(size)
			page, err := decoder.DecodeAll(whole[g.at:g.at+int64(h.CompressedPageSize)], make([]byte, 0, h.UncompressedPageSize))
			if err != nil {
				f.Fatal(err)
			}
			g.at += int64(h.CompressedPageSize)
			if h.Type == format.DictionaryPage {
				dictionary = page
				continue
			}
			f.Add(uint8(i), int32(h.DataPageHeader.V.NumValues), uint8(h.DataPageHeader.V.Encoding), dictionary, page)
		}
	}
	// A run of a billion levels, and a billion deltas, in some bytes.
	run := binary.AppendUvarint(nil, 1<<30<<1)
	levels := append(binary.LittleEndian.AppendUint32(nil, uint32(len(run)+1)), append(run, 1)...)
	deltas := append(binary.AppendUvarint([]byte{128, 1, 4}, 1<<30), 0, 0, 0, 0, 0, 0)
	for i := range table.fields {
		f.Add(uint8(i), int32(7), uint8(format.Plain), []byte{}, levels)
		f.Add(uint8(i), int32(7), uint8(format.DeltaBinaryPacked), []byte{}, deltas)
		f.Add(uint8(i), int32(7), uint8(format.RLEDictionary), make([]byte, 16), append([]byte{1}, append(run, 1)...))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, column uint8, values int32, encoding uint8, dictionary, page []byte) {
		m := footer()
		chunk := &m.RowGroups[0].Columns[int(column)%len(m.RowGroups[0].Columns)].MetaData
		text := bytes.Clone(whole[:end])
		claimed := int64(0)
		add := func(h format.PageHeader, page []byte) int64 {
			compressed := encoder.EncodeAll(page, nil)
			h.CompressedPageSize, h.UncompressedPageSize = int32(len(compressed)), int32(len(page))
			head, err := thrift.Marshal(new(thrift.CompactProtocol), h)
			if err != nil {
				t.Fatal(err)
			}
			at := len(text)
			claimed += int64(len(head) + len(page))
			text = append(append(text, head...), compressed...)
			return int64(at)
		}
		start := int64(len(text))
		chunk.DictionaryPageOffset = 0
		if len(dictionary) > 0 {
			h := format.PageHeader{Type: format.DictionaryPage}
			h.DictionaryPageHeader.Valid = true
			h.DictionaryPageHeader.V = format.DictionaryPageHeader{NumValues: int32(len(dictionary) / 8), Encoding: format.Plain}
			chunk.DictionaryPageOffset = add(h, dictionary)
		}
		h := format.PageHeader{Type: format.DataPage}
		h.DataPageHeader.Valid = true
		h.DataPageHeader.V = format.DataPageHeader{NumValues: values, Encoding: format.Encoding(encoding), DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE}
		chunk.DataPageOffset = add(h, page)
		chunk.TotalCompressedSize = int64(len(text)) - start
		chunk.NumValues, chunk.TotalUncompressedSize = int64(values), claimed
		tail, err := thrift.Marshal(new(thrift.CompactProtocol), m)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, tail...)
		text = append(binary.LittleEndian.AppendUint32(text, uint32(len(tail))), "PAR1"...)
		path := filepath.Join(dir, "part")
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		bounded(t, func() { readAll(t, path, table) })
	})
}

func FuzzSegment(f *testing.F) {
	plan := newTestPlan(100).recording(recorded...)
	dir := f.TempDir()
	w, g, err := createSegment(&disk{}, dir, segmentHeader{Format: segmentFormat}, journalTable(plan))
	if err != nil {
		f.Fatal(err)
	}
	b := testBatch(plan)
	state := 0
	records(b, plan, []int64{0, 1, 2}, func(n int) int { state += 7; return state % n })
	if err := w.append(b.block); err != nil {
		f.Fatal(err)
	}
	w.file.Close()
	whole, err := os.ReadFile(g.path)
	if err != nil {
		f.Fatal(err)
	}
	// The payloads, since a fuzzer does not find checksums.
	r := bytes.NewReader(whole)
	var payloads [][]byte
	for {
		p, err := readFrame(r, nil)
		if err == io.EOF {
			break
		}
		if err != nil {
			f.Fatal(err)
		}
		payloads = append(payloads, p)
	}
	f.Add(payloads[0], payloads[1], payloads[2], []byte{})
	f.Add([]byte("{}"), payloads[1], payloads[1], []byte{1, 0, 0, 0})
	f.Add([]byte(`{"format":1}`), []byte{}, []byte{}, []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
	// A schema that claims a great number of fields, as Arrow's reader believed.
	f.Add(payloads[0], bytes.ReplaceAll(payloads[1], []byte{15, 0, 0, 0}, []byte{255, 255, 255, 63}), payloads[2], []byte{})
	table := journalTable(plan)
	f.Fuzz(func(t *testing.T, header, head, batch, tail []byte) {
		text := appendFrame(appendFrame(appendFrame(nil, header), head), batch)
		path := filepath.Join(dir, "fuzzed.journal")
		if err := os.WriteFile(path, append(text, tail...), 0o666); err != nil {
			t.Fatal(err)
		}
		bounded(t, func() {
			g, _, r, err := openSegment(path)
			if err != nil {
				return
			}
			defer g.file.Close()
			g.scan(r, table, func(e entry, b *block) error {
				for i := range b.columns {
					if len(b.columns[i].null) != b.rows() {
						t.Fatalf("column %d has %d rows of %d", i, len(b.columns[i].null), b.rows())
					}
				}
				return nil
			})
		})
	})
}

// FuzzBatch gives the reader of batches what a checksum would let through.
func FuzzBatch(f *testing.F) {
	plan := newTestPlan(100).recording(recorded...)
	journal := journalTable(plan)
	for seed := range 5 {
		w := newBatchWriter(journal)
		if _, err := w.encode(newBlock(journal)); err != nil {
			f.Fatal(err)
		}
		b := testBatch(plan)
		state := seed
		records(b, plan, []int64{0, 1, 2, 3, 4, 5, 6, 7, 8}, func(n int) int { state += 7; return state % n })
		message, err := w.encode(b.block)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(message))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		bounded(t, func() {
			for _, to := range []*table{journal, newTables(plan).places} {
				b := newBlock(to)
				if decodeBatch(journal, message, to, b) != nil {
					continue
				}
				for i := range b.columns {
					c := &b.columns[i]
					if len(c.null) != b.rows() {
						t.Fatalf("column %d has %d rows of %d", i, len(c.null), b.rows())
					}
					for _, p := range c.places {
						if p.at < 0 || p.len < 0 || p.at+8*p.len > int64(len(message)) {
							t.Fatalf("column %d has a row at %d of %d numbers in a message of %d bytes", i, p.at, p.len, len(message))
						}
					}
				}
			}
		})
	})
}

// FuzzSmallFiles: provenance, lock and checksums.
func FuzzSmallFiles(f *testing.F) {
	f.Add([]byte(`{"id":"20260101T000000.000Z-00000000","host":"h","pid":1,"started":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte("0123456789012345678901234567890123456789012345678901234567890123  trials/part-000000.parquet\n"))
	f.Add(bytes.Repeat([]byte("["), 5000))
	dir := f.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, runsDir), 0o777); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, name := range []string{lockFile, sumsFile, filepath.Join(runsDir, "a.json")} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		bounded(t, func() {
			lastRun(dir)
			if sums, err := readSums(dir); err == nil && len(sums) > len(text)/64 {
				t.Fatalf("%d checksums in %d bytes", len(sums), len(text))
			}
			if held, err := locked(dir); held != nil || err != nil {
				t.Fatalf("a lock that nobody holds: %v, %v", held, err)
			}
			file, err := os.Open(filepath.Join(dir, lockFile))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if holder(dir, file).Error() == "" {
				t.Fatal("no message")
			}
		})
	})
}
