package spins

import "math/bits"

// planes keeps overlaps in two's complement, plane b holding bit b of all: a sum
// under the mask of a row is a count of common bits for each plane. It runs
// everywhere.
type planes struct {
	x     *Patterns
	low   int      // planes below are empty: all overlaps of an even number of neurons are even
	depth int      // planes from low on; the last is worth -2^(low+depth-1)
	bits  []uint64 // plane after plane, each as long as a row
	among []uint64 // of peak: the numbers that have all the bits found so far
	seen  uint64   // of touch: what keeps it from being left out
}

func newPlanes(x *Patterns) *planes { return &planes{x: x, among: make([]uint64, x.words)} }

// slack is the room that set leaves beyond the largest overlap: 64 flips.
const slack = 128

func (c *planes) set(m []int16) int {
	peak, odd := 0, 0
	for _, v := range m {
		peak = max(peak, int(v), -int(v))
		odd |= int(v) & 1
	}
	c.low = 1 - odd
	c.depth = bits.Len(uint(peak+slack)) + 1 - c.low
	words := c.x.words
	if size := c.depth * words; cap(c.bits) < size {
		c.bits = make([]uint64, size)
	}
	c.bits = c.bits[:c.depth*words]
	var plane [16]uint64
	for w := range words {
		plane = [16]uint64{}
		for k, v := range m[64*w : min(64*w+64, len(m))] {
			for b := range c.depth {
				plane[b&15] |= uint64(v>>((b+c.low)&15)&1) << (k & 63)
			}
		}
		for b := range c.depth {
			c.bits[b*words+w] = plane[b&15]
		}
	}
	return 1<<(c.low+c.depth-1) - 1
}

func (c *planes) get(m []int16) {
	words := c.x.words
	for mu := range m {
		// The sign fills the bits above.
		v := -int16(c.bits[(c.depth-1)*words+mu/64] >> (mu & 63) & 1)
		for b := c.depth - 2; b >= 0; b-- {
			v = v<<1 | int16(c.bits[b*words+mu/64]>>(mu&63)&1)
		}
		m[mu] = v << c.low
	}
}

// peak looks for the largest number from the highest plane down. A negative one
// counts as its complement, which is one less than its size.
func (c *planes) peak() int {
	words := c.x.words
	sign := c.bits[(c.depth-1)*words:]
	for w := range c.among {
		c.among[w] = ^uint64(0)
	}
	c.among[words-1] = LastMask(c.x.p)
	peak := 0
	for b := c.depth - 2; b >= 0; b-- {
		plane := c.bits[b*words:]
		any := uint64(0)
		for w, among := range c.among {
			any |= among & (plane[w] ^ sign[w])
		}
		peak <<= 1
		if any == 0 {
			continue
		}
		peak |= 1
		for w := range c.among {
			c.among[w] &= plane[w] ^ sign[w]
		}
	}
	return peak<<c.low + 2
}

// add ripples ±2 up the planes.
func (c *planes) add(row []uint64, up bool) {
	down := ^uint64(0)
	if up {
		down = 0
	}
	words := c.x.words
	for w, x := range row {
		x ^= down // 1: add, 0: subtract
		// A carry goes on where a plane has 1 and the number grows, a borrow where
		// it has 0 and the number shrinks.
		carry := ^uint64(0)
		for k := (1-c.low)*words + w; k < len(c.bits) && carry != 0; k += words {
			old := c.bits[k]
			c.bits[k] = old ^ carry
			carry &^= old ^ x
		}
	}
}

func (c *planes) sums(dst, at []int32) {
	for k := range dst {
		row := c.x.Row(int(at[k]))
		c.touch(row)
		dst[k] = c.sum(row)
	}
}

// touch reads a word of each cache line of a row, so that they come from memory all
// at once: sum goes through a row too slowly to have more than a few on their way.
func (c *planes) touch(row []uint64) {
	const line = 8
	for w := 0; w < len(row); w += line {
		c.seen |= row[w]
	}
}

// sum counts three planes at a time, and the sign's plane last.
func (c *planes) sum(row []uint64) int32 {
	n := len(row)
	plane := func(b int) []uint64 { return c.bits[b*n:][:n] }
	sum, b := 0, 0
	for ; b+3 < c.depth; b += 3 {
		p, q, r := plane(b), plane(b+1), plane(b+2)
		i, j, k := 0, 0, 0
		for w, x := range row {
			i += bits.OnesCount64(x & p[w])
			j += bits.OnesCount64(x & q[w])
			k += bits.OnesCount64(x & r[w])
		}
		sum += (i + 2*j + 4*k) << b
	}
	for ; b < c.depth; b++ {
		i := 0
		for w, y := range plane(b) {
			i += bits.OnesCount64(row[w] & y)
		}
		if b == c.depth-1 {
			i = -i
		}
		sum += i << b
	}
	return int32(sum << c.low)
}
