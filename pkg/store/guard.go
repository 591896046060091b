package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The Parquet library believes the sizes that a file claims. What stands here
// goes before it: a file of some bytes cannot ask for much memory or time, be
// it damaged or made for that. The bounds are those of our writer.

const (
	// maxFooter is far beyond the footer of a part with thousands of columns.
	maxFooter = 64 << 20
	// maxPage is what a page takes at most: it ends with the row that fills it,
	// and a row is never larger than a frame of the journal.
	maxPage = pageBytes + maxFrame
	// maxGroup and groupRatio bound what the pages of a row group take, which may all be
	// in memory at once: what is recorded is never so much and compresses so well.
	maxGroup   = 2 << 30
	groupRatio = 64
	// maxDepth is that of a series: root, list, repeated group, element.
	maxDepth = 4
	// zstdRatio bounds how far zstd compresses: a block of 128 KiB takes four
	// bytes at the least.
	zstdRatio = 128 << 10 / 4
	// maxPageHeader is more than a page's header takes with its statistics.
	maxPageHeader = 256 << 10
)

func damaged(text string, args ...any) error {
	return fmt.Errorf("damaged: "+text, args...)
}

// checkFooter reads the footer of a Parquet file and says whether what it claims
// can be, of row groups of so many rows at most: one ends with the block that fills
// it.
func checkFooter(file io.ReaderAt, size int64, groupRows int) error {
	var end [8]byte
	if size < 12 {
		return damaged("%d bytes are no Parquet file", size)
	}
	if _, err := file.ReadAt(end[:], size-8); err != nil {
		return err
	}
	length := int64(binary.LittleEndian.Uint32(end[:]))
	if string(end[4:]) != "PAR1" || length > size-12 || length > maxFooter {
		return damaged("there is no footer")
	}
	text := make([]byte, length)
	if _, err := file.ReadAt(text, size-8-length); err != nil {
		return err
	}
	if n, err := thriftSize(text); err != nil || n != len(text) {
		return errThrift
	}
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), text, &meta); err != nil {
		return damaged("footer: %v", err)
	}
	leaves, err := schemaLeaves(meta.Schema)
	if err != nil {
		return err
	}
	var rows int64
	for _, g := range meta.RowGroups {
		if g.NumRows < 0 || g.NumRows > int64(groupRows) || len(g.Columns) != leaves {
			return damaged("a row group of %d rows and %d columns", g.NumRows, len(g.Columns))
		}
		rows += g.NumRows
		whole := int64(0)
		for i := range g.Columns {
			m := &g.Columns[i].MetaData
			if err := checkChunk(m, size-8-length); err != nil {
				return err
			}
			if whole += m.TotalUncompressedSize; m.TotalUncompressedSize < 0 || whole > maxGroup+size*groupRatio {
				return damaged("a row group of more than %d bytes in a file of %d", maxGroup, size)
			}
		}
	}
	if rows != meta.NumRows {
		return damaged("%d rows in groups of %d", meta.NumRows, rows)
	}
	return nil
}

// schemaLeaves walks the schema's tree, which is listed depth first.
func schemaLeaves(schema []format.SchemaElement) (leaves int, err error) {
	var open []int32 // children to come, by depth
	for i, e := range schema {
		if i > 0 && len(open) == 0 {
			return 0, damaged("the schema goes on behind its root")
		}
		if n := len(open); n > 0 {
			open[n-1]--
		}
		children := int32(0)
		if e.NumChildren.Valid {
			children = e.NumChildren.V
		}
		switch {
		case children < 0 || int(children) > len(schema) || len(open) >= maxDepth:
			return 0, damaged("the schema is no tree of columns")
		case children > 0:
			open = append(open, children)
		default:
			leaves++
		}
		for n := len(open); n > 0 && open[n-1] == 0; n = len(open) {
			open = open[:n-1]
		}
	}
	if len(schema) == 0 || len(open) > 0 {
		return 0, damaged("the schema is not whole")
	}
	return leaves, nil
}

// chunkStart is where the pages of a column chunk begin.
func chunkStart(m *format.ColumnMetaData) int64 {
	if m.DictionaryPageOffset != 0 {
		return m.DictionaryPageOffset
	}
	return m.DataPageOffset
}

// checkChunk checks that a column chunk lies before the footer.
func checkChunk(m *format.ColumnMetaData, end int64) error {
	start := chunkStart(m)
	if m.Codec != format.Zstd {
		return damaged("a column is not compressed with zstd")
	}
	if start < 4 || m.TotalCompressedSize < 0 || start > end || m.TotalCompressedSize > end-start {
		return damaged("a column lies outside the file")
	}
	return nil
}

// pageGuard reads the pages of a column chunk and checks what they claim.
type pageGuard struct {
	file       io.ReaderAt
	at, end    int64
	rows       int64 // of the row group
	values     int64 // seen so far
	repeated   byte  // the highest levels
	defined    byte
	kind       format.Type
	dictionary []byte // values of the dictionary page, nil if there was none
	words      int    // how many
	buf        []byte
	page       []byte
}

// claim walks through the headers of the pages and says whether they have as many
// values as the footer counts, and bytes: where one header is wrong, the rows behind
// its page would be those of others.
func (g pageGuard) claim(m *format.ColumnMetaData) error {
	g.buf = nil
	var values, whole int64
	for g.at < g.end {
		h, size, err := g.header()
		if err != nil {
			return err
		}
		if h.CompressedPageSize < 0 || h.UncompressedPageSize < 0 || int64(h.CompressedPageSize) > g.end-g.at-int64(size) {
			return damaged("a page of %d bytes in %d", h.UncompressedPageSize, h.CompressedPageSize)
		}
		g.at += int64(size) + int64(h.CompressedPageSize)
		whole += int64(size) + int64(h.UncompressedPageSize)
		if h.Type == format.DataPage {
			values += int64(h.DataPageHeader.V.NumValues)
		}
	}
	if values != m.NumValues || whole != m.TotalUncompressedSize {
		return damaged("pages of %d values and %d bytes, where the footer counts %d and %d", values, whole, m.NumValues, m.TotalUncompressedSize)
	}
	return nil
}

// dataPage is a page whose counts have been checked against its bytes: no run in
// it holds more values than the page has, rounded up to groups of eight.
type dataPage struct {
	count                    int // levels
	repetitions, definitions []byte
	encoding                 format.Encoding
	values                   []byte
}

// next reads the next data page, and a dictionary before it; io.EOF at the end.
// The page is void at the next call.
func (g *pageGuard) next() (p dataPage, err error) {
	for g.at < g.end {
		h, size, err := g.header()
		if err != nil {
			return p, err
		}
		g.at += int64(size)
		compressed, whole := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
		if compressed < 0 || compressed > g.end-g.at || whole < 0 || whole > maxPage || whole > zstdRatio*compressed {
			return p, damaged("a page of %d bytes in %d", whole, compressed)
		}
		data, dictionary := h.Type == format.DataPage && h.DataPageHeader.Valid, h.Type == format.DictionaryPage && h.DictionaryPageHeader.Valid
		if !data && !dictionary || dictionary && (g.dictionary != nil || g.values > 0) || data && h.DictionaryPageHeader.Valid || h.DataPageHeaderV2.Valid {
			return p, damaged("a page of type %s", h.Type)
		}
		g.buf = sized(g.buf, int(compressed))
		if _, err := g.file.ReadAt(g.buf, g.at); err != nil {
			return p, err
		}
		if h.CRC != 0 && crc32.ChecksumIEEE(g.buf) != uint32(h.CRC) {
			return p, damaged("a page is not what its checksum says")
		}
		g.at += compressed
		g.page = sized(g.page, int(whole)+pagePadding)
		page, err := decoder.DecodeAll(g.buf, g.page[:0:whole])
		if err != nil || int64(len(page)) != whole {
			return p, damaged("a page does not have %d bytes: %v", whole, err)
		}
		page = g.page[:whole]
		if data {
			return g.check(page, &h.DataPageHeader.V)
		}
		// A value takes eight bytes, or four and a text.
		g.words = int(h.DictionaryPageHeader.V.NumValues)
		if g.words < 0 || 4*int64(g.words) > whole || h.DictionaryPageHeader.V.Encoding != format.Plain {
			return p, damaged("a dictionary of %d values", g.words)
		}
		g.dictionary = append(make([]byte, 0, len(page)), page...)
	}
	return p, io.EOF
}

// pagePadding stands behind a page in memory, so that the library that unpacks
// bits need not copy it.
const pagePadding = 32

// sized returns n bytes, in the memory of b where it suffices.
func sized(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// header reads the header of the page at g.at, and its size.
func (g *pageGuard) header() (h format.PageHeader, size int, err error) {
	for most := int64(256); ; most = maxPageHeader {
		g.buf = sized(g.buf, int(min(most, g.end-g.at)))
		if _, err := g.file.ReadAt(g.buf, g.at); err != nil {
			return h, 0, err
		}
		size, err = thriftSize(g.buf)
		if err == nil {
			break
		}
		if most == maxPageHeader {
			return h, 0, err
		}
	}
	err = thrift.Unmarshal(new(thrift.CompactProtocol), g.buf[:size], &h)
	return h, size, err
}

// check checks the counts inside an uncompressed page.
func (g *pageGuard) check(page []byte, h *format.DataPageHeader) (p dataPage, err error) {
	n := int64(h.NumValues)
	g.values += n
	// Beside one for each row, lists have a value for each number.
	most := g.rows
	if g.repeated > 0 {
		most += g.end
		if n > int64(len(page))/8+g.rows {
			most = -1
		}
	}
	if n < 0 || g.repeated == 0 && g.values > most || most < 0 {
		return p, damaged("a page of %d values", n)
	}
	p.count = int(n)
	p.encoding = h.Encoding
	for _, level := range []struct {
		highest  byte
		encoding format.Encoding
		of       *[]byte
	}{{g.repeated, h.RepetitionLevelEncoding, &p.repetitions}, {g.defined, h.DefinitionLevelEncoding, &p.definitions}} {
		if level.highest == 0 {
			continue
		}
		if len(page) < 4 || level.encoding != format.RLE {
			return p, damaged("levels")
		}
		size := int64(binary.LittleEndian.Uint32(page))
		if size > int64(len(page)-4) {
			return p, damaged("levels of %d bytes", size)
		}
		*level.of = page[4 : 4+size]
		if err := checkRuns(*level.of, bits.Len8(level.highest), n); err != nil {
			return p, err
		}
		page = page[4+size:]
	}
	p.values = page
	switch h.Encoding {
	case format.Plain:
		return p, nil
	case format.RLEDictionary:
		if g.dictionary == nil {
			return p, damaged("a page without its dictionary")
		}
		if len(page) == 0 {
			return p, nil
		}
		return p, checkRuns(page[1:], int(page[0]), n)
	case format.DeltaBinaryPacked:
		if g.kind == format.Int64 {
			return p, checkDeltas(page, 64, n)
		}
	case format.DeltaLengthByteArray:
		if g.kind == format.ByteArray {
			return p, checkDeltas(page, 32, n)
		}
	}
	return p, damaged("a page in encoding %s", h.Encoding)
}

var errRuns = errors.New("damaged: a page holds more than it claims")

// checkRuns walks through run-length encoded values of some bits each. They are
// at most n, rounded up to groups of eight.
func checkRuns(text []byte, width int, n int64) error {
	if width > 32 {
		return errRuns
	}
	for left := n + 7; len(text) > 0; {
		head, size := binary.Uvarint(text)
		if size <= 0 {
			return errRuns
		}
		text = text[size:]
		count, take := head>>1, uint64(width+7)/8
		if count > uint64(left) {
			return errRuns
		}
		if head&1 != 0 {
			take, count = count*uint64(width), count*8
		}
		if count > uint64(left) || take > uint64(len(text)) {
			return errRuns
		}
		left -= int64(count)
		text = text[take:]
	}
	return nil
}

// checkDeltas walks through delta-encoded integers, at most n.
func checkDeltas(text []byte, width int, n int64) error {
	var head [3]uint64 // values a block, parts a block, values
	for i := range head {
		var size int
		if head[i], size = binary.Uvarint(text); size <= 0 {
			return errRuns
		}
		text = text[size:]
	}
	block, parts, values := head[0], head[1], head[2]
	if values > uint64(n) || block == 0 || block > 1<<16 || parts == 0 || parts > block || block%parts != 0 {
		return errRuns
	}
	varint := func() bool {
		_, size := binary.Varint(text)
		if size > 0 {
			text = text[size:]
		}
		return size > 0
	}
	if !varint() {
		return errRuns
	}
	for left := int64(values) - 1; left > 0; {
		if !varint() || uint64(len(text)) < parts {
			return errRuns
		}
		widths := text[:parts]
		text = text[parts:]
		for _, w := range widths {
			if left <= 0 {
				break
			}
			take := int(block/parts) * int(w) / 8
			if int(w) > width || take > len(text) {
				return errRuns
			}
			text = text[take:]
			left -= int64(block / parts)
		}
	}
	return nil
}
