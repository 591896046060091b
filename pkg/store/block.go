package store

import (
	"hash/maphash"
	"math"
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
)

// kind is the type of a column in the store.
type kind uint8

const (
	intColumn kind = iota + 1
	floatColumn
	boolColumn
	textColumn
	idColumn
	seriesColumn
	placeColumn // of a series that stays in the journal
)

// column holds the values of one column for some rows. Numbers and flags live
// in bits; a null row has a zero there.
type column struct {
	kind kind
	null []bool
	bits []uint64    // int, float, bool
	text []string    // text
	id   []models.ID // id
	end  []int       // series: where row i ends in flat
	flat []float64   // series: all rows' values

	places []place
}

func (c *column) reset() {
	c.null = c.null[:0]
	c.bits = c.bits[:0]
	clear(c.text)
	c.text = c.text[:0]
	c.id = c.id[:0]
	c.end = c.end[:0]
	c.flat = c.flat[:0]
	c.places = c.places[:0]
}

func (c *column) addNull() {
	c.null = append(c.null, true)
	switch c.kind {
	case textColumn:
		c.text = append(c.text, "")
	case idColumn:
		c.id = append(c.id, models.ID{})
	case seriesColumn:
		c.end = append(c.end, len(c.flat))
	case placeColumn:
		c.places = append(c.places, place{})
	default:
		c.bits = append(c.bits, 0)
	}
}

// addNulls appends n nulls.
func (c *column) addNulls(n int) {
	at := len(c.null)
	c.null = slices.Grow(c.null, n)[:at+n]
	for i := at; i < at+n; i++ {
		c.null[i] = true
	}
	switch c.kind {
	case textColumn:
		c.text = append(c.text, make([]string, n)...)
	case idColumn:
		c.id = append(c.id, make([]models.ID, n)...)
	case seriesColumn:
		for range n {
			c.end = append(c.end, len(c.flat))
		}
	case placeColumn:
		c.places = append(c.places, make([]place, n)...)
	default:
		c.bits = append(c.bits, make([]uint64, n)...)
	}
}

func (c *column) addBits(b uint64)   { c.null, c.bits = append(c.null, false), append(c.bits, b) }
func (c *column) addInt(n int64)     { c.addBits(uint64(n)) }
func (c *column) addFloat(x float64) { c.addBits(math.Float64bits(x)) }
func (c *column) addText(s string)   { c.null, c.text = append(c.null, false), append(c.text, s) }
func (c *column) addID(id models.ID) { c.null, c.id = append(c.null, false), append(c.id, id) }
func (c *column) addSeries(xs []float64) {
	c.null, c.flat = append(c.null, false), append(c.flat, xs...)
	c.end = append(c.end, len(c.flat))
}

func (c *column) addBool(b bool) {
	if b {
		c.addBits(1)
	} else {
		c.addBits(0)
	}
}

// addFrom appends row i of src, a column of the same kind.
func (c *column) addFrom(src *column, i int) {
	switch {
	case src.null[i]:
		c.addNull()
	case c.kind == textColumn:
		c.addText(src.text[i])
	case c.kind == idColumn:
		c.addID(src.id[i])
	case c.kind == seriesColumn:
		c.addSeries(src.series(i))
	default:
		c.addBits(src.bits[i])
	}
}

// addRange appends the rows [from, to) of src, a column of the same kind.
func (c *column) addRange(src *column, from, to int) {
	c.null = append(c.null, src.null[from:to]...)
	switch c.kind {
	case textColumn:
		c.text = append(c.text, src.text[from:to]...)
	case idColumn:
		c.id = append(c.id, src.id[from:to]...)
	case seriesColumn:
		start := 0
		if from > 0 {
			start = src.end[from-1]
		}
		for _, end := range src.end[from:to] {
			c.end = append(c.end, len(c.flat)+end-start)
		}
		if to > from {
			c.flat = append(c.flat, src.flat[start:src.end[to-1]]...)
		}
	default:
		c.bits = append(c.bits, src.bits[from:to]...)
	}
}

// pick is a row of one of some blocks.
type pick struct{ block, row int32 }

// addPicks appends the rows picked of the column of that place in the blocks,
// which is of the same kind.
func (c *column) addPicks(blocks []*block, place int, picks []pick) {
	from := func(i int) *column { return &blocks[i].columns[place] }
	c.null = appendPicks(c.null, len(blocks), picks, func(i int) []bool { return from(i).null })
	switch c.kind {
	case textColumn:
		c.text = appendPicks(c.text, len(blocks), picks, func(i int) []string { return from(i).text })
	case idColumn:
		c.id = appendPicks(c.id, len(blocks), picks, func(i int) []models.ID { return from(i).id })
	case seriesColumn:
		for _, p := range picks {
			c.flat = append(c.flat, from(int(p.block)).series(int(p.row))...)
			c.end = append(c.end, len(c.flat))
		}
	default:
		c.bits = appendPicks(c.bits, len(blocks), picks, func(i int) []uint64 { return from(i).bits })
	}
}

func appendPicks[T any](dst []T, blocks int, picks []pick, values func(block int) []T) []T {
	var few [16][]T
	all := few[:0]
	for i := range blocks {
		all = append(all, values(i))
	}
	at := len(dst)
	dst = slices.Grow(dst, len(picks))[:at+len(picks)]
	for i, p := range picks {
		dst[at+i] = all[p.block][p.row]
	}
	return dst
}

// series is row i of a series column.
func (c *column) series(i int) []float64 {
	start := 0
	if i > 0 {
		start = c.end[i-1]
	}
	return c.flat[start:c.end[i]]
}

// misfit is the first of the rows [from, to) with a list that has not the length;
// -1 if there is none, or the length is 0.
func (c *column) misfit(length, from, to int) int {
	if length == 0 {
		return -1
	}
	for i := from; i < to; i++ {
		if !c.null[i] && len(c.series(i)) != length {
			return i
		}
	}
	return -1
}

// sameRow reports whether row i of c and row j of d hold the same bits.
func (c *column) sameRow(i int, d *column, j int) bool {
	if c.null[i] != d.null[j] {
		return false
	}
	if c.null[i] {
		return true
	}
	switch c.kind {
	case textColumn:
		return c.text[i] == d.text[j]
	case idColumn:
		return c.id[i] == d.id[j]
	case seriesColumn:
		a, b := c.series(i), d.series(j)
		if len(a) != len(b) {
			return false
		}
		for k := range a {
			if math.Float64bits(a[k]) != math.Float64bits(b[k]) {
				return false
			}
		}
		return true
	case placeColumn:
		return c.places[i].len == d.places[j].len && c.places[i].sum == d.places[j].sum
	}
	return c.bits[i] == d.bits[j]
}

// print is a fingerprint of the values of a column, nulls and lengths included,
// however its rows are divided into blocks. It finds damage; it is no defence
// against an adversary, and is another in each process.
type print struct {
	nulls, values maphash.Hash
	rest          uint64 // of texts, and of the lengths of series
}

var printSeed = maphash.MakeSeed()

func (p *print) reset() {
	p.nulls.SetSeed(printSeed)
	p.values.SetSeed(printSeed)
	p.rest = 0
}

func (p *print) add(c *column) {
	p.nulls.Write(bytesOf(c.null))
	switch c.kind {
	case textColumn:
		for i, s := range c.text {
			if !c.null[i] {
				p.rest = mixText(p.rest, s)
			}
		}
	case idColumn:
		p.values.Write(bytesOf(c.id))
	case seriesColumn:
		start := 0
		for _, end := range c.end {
			p.rest = mix(p.rest, uint64(end-start))
			start = end
		}
		p.values.Write(bytesOf(c.flat))
	default:
		p.values.Write(bytesOf(c.bits))
	}
}

func (p *print) sum() uint64 { return mix(mix(p.rest, p.nulls.Sum64()), p.values.Sum64()) }

// mix is one step of a multiply-and-rotate hash; the multiplier is the 64-bit
// golden ratio, odd, so every step is a bijection of h.
func mix(h, x uint64) uint64 {
	h = (h ^ x) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

func mixText(h uint64, s string) uint64 {
	h = mix(h, uint64(len(s)))
	for len(s) >= 8 {
		h = mix(h, uint64(s[0])|uint64(s[1])<<8|uint64(s[2])<<16|uint64(s[3])<<24|
			uint64(s[4])<<32|uint64(s[5])<<40|uint64(s[6])<<48|uint64(s[7])<<56)
		s = s[8:]
	}
	var x uint64
	for i := range len(s) {
		x |= uint64(s[i]) << (8 * i)
	}
	return mix(h, x)
}

// block is some rows of a table, column by column.
type block struct {
	columns []column
	at      int // among the blocks that rows are picked from
}

func newBlock(t *table) *block {
	b := &block{columns: make([]column, len(t.fields))}
	for i, f := range t.fields {
		b.columns[i].kind = f.kind
	}
	return b
}

func (b *block) rows() int { return len(b.columns[0].null) }

func (b *block) reset() {
	for i := range b.columns {
		b.columns[i].reset()
	}
}

// size is about how many bytes of series the block holds.
func (b *block) size() int {
	n := 0
	for i := range b.columns {
		n += 8 * len(b.columns[i].flat)
	}
	return n
}

// rowSize is about how many bytes of series row i holds.
func (b *block) rowSize(i int) (n int) {
	for c := range b.columns {
		if b.columns[c].kind == seriesColumn {
			n += 8 * len(b.columns[c].series(i))
		}
	}
	return n
}

// addRows appends rows of src, a block of the same table, in the order given.
func (b *block) addRows(src *block, order []int32) {
	picks := make([]pick, len(order))
	for i, row := range order {
		picks[i].row = row
	}
	for i := range b.columns {
		b.columns[i].addPicks([]*block{src}, i, picks)
	}
}
