package store

import (
	"math"

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
}

func (c *column) reset() {
	c.null = c.null[:0]
	c.bits = c.bits[:0]
	clear(c.text)
	c.text = c.text[:0]
	c.id = c.id[:0]
	c.end = c.end[:0]
	c.flat = c.flat[:0]
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
	default:
		c.bits = append(c.bits, 0)
	}
}

// addNulls appends n nulls.
func (c *column) addNulls(n int) {
	for range n {
		c.addNull()
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

// series is row i of a series column.
func (c *column) series(i int) []float64 {
	start := 0
	if i > 0 {
		start = c.end[i-1]
	}
	return c.flat[start:c.end[i]]
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
	}
	return c.bits[i] == d.bits[j]
}

// fingerprint mixes every value of the column, nulls and lengths included, into
// h. It finds damage; it is no defence against an adversary.
func (c *column) fingerprint(h uint64) uint64 {
	for i, null := range c.null {
		if null {
			h = mix(h, 0x9e3779b97f4a7c15)
			continue
		}
		switch c.kind {
		case textColumn:
			h = mixText(h, c.text[i])
		case idColumn:
			h = mixText(h, string(c.id[i][:]))
		case seriesColumn:
			xs := c.series(i)
			h = mix(h, uint64(len(xs)))
			for _, x := range xs {
				h = mix(h, math.Float64bits(x))
			}
		default:
			h = mix(h, c.bits[i])
		}
	}
	return h
}

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
