package spins

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// vector lists the kernels in assembly.
func vector() (list []Kernel) {
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX2 {
		list = append(list, Kernel{"avx512", func(x *Patterns) counter { return newLanes(x, sums512, add512) }})
	}
	if cpu.X86.HasAVX2 {
		list = append(list, Kernel{"avx2", func(x *Patterns) counter { return newLanes(x, sums256, add256) }})
	}
	return list
}

// lanes keeps overlaps as numbers of 16 bits, 64 for each word of a row. Those
// beyond p belong to no pattern: they drift with the flips, but no row has their
// bits.
type lanes struct {
	x    *Patterns
	m    []int16
	sum  func(dst, at *int32, count int, rows *uint64, words int, m *int16)
	flip func(m *int16, row *uint64, words int, d int16)
}

func newLanes(x *Patterns, sum func(dst, at *int32, count int, rows *uint64, words int, m *int16), flip func(m *int16, row *uint64, words int, d int16)) *lanes {
	// Vectors that straddle cache lines would be read at half the speed.
	const line = 64
	m := make([]int16, 64*x.words+line/2)
	skip := int(-uintptr(unsafe.Pointer(&m[0]))%line) / 2
	return &lanes{x, m[skip:][:64*x.words], sum, flip}
}

func (c *lanes) set(m []int16) int {
	copy(c.m, m)
	return limitSmall
}

func (c *lanes) get(m []int16) { copy(m, c.m) }

func (c *lanes) peak() int {
	peak := int16(0)
	for _, v := range c.m[:c.x.p] {
		peak = max(peak, v, -v)
	}
	return int(peak)
}

func (c *lanes) add(row []uint64, up bool) {
	d := int16(-2)
	if up {
		d = 2
	}
	c.flip(&c.m[0], &row[:c.x.words][0], c.x.words, d)
}

func (c *lanes) sums(dst, at []int32) {
	_ = at[len(dst)+ahead-1]
	c.sum(&dst[0], &at[0], len(dst), &c.x.rows[0], c.x.words, &c.m[0])
}
