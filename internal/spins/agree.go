package spins

// tally counts, for every pattern, the spins that agree with it. Plane b holds bit
// b of the counts; an addition carries from plane to plane, 64 patterns at once.
type tally struct {
	words  int
	planes []uint64 // plane after plane
}

// sixteen is the plane that a count of 16 goes to.
const sixteen = 4

// overlaps overwrites m with the overlaps M^μ of x with a state.
func (t *tally) overlaps(m []int32, x *Patterns, state []uint64) {
	depth := sixteen
	for 1<<depth <= x.n {
		depth++
	}
	t.words = x.words
	if cap(t.planes) < depth*t.words {
		t.planes = make([]uint64, depth*t.words)
	}
	t.planes = t.planes[:depth*t.words]
	clear(t.planes)
	i := 0
	for ; i+16 <= x.n; i += 16 {
		t.rows(x.rows[i*x.words:][:16*x.words], state[i/64]>>(i&63))
	}
	for ; i < x.n; i++ {
		against := state[i/64]>>(i&63)&1 - 1
		for w, bits := range x.Row(i) {
			t.carry(0, w, bits^against)
		}
	}
	for mu := range m {
		w, shift := mu/64, mu&63
		count := int32(0)
		for b := range depth {
			count |= int32(t.planes[b*t.words+w]>>shift&1) << b
		}
		m[mu] = 2*count - int32(x.n)
	}
}

// carry adds 2^b to the counts of word w that bits has.
func (t *tally) carry(b, w int, bits uint64) {
	for k := b*t.words + w; bits != 0; k += t.words {
		bits, t.planes[k] = bits&t.planes[k], bits^t.planes[k]
	}
}

// rows adds 16 rows, whose spins are the low bits of s. Adders of three bits
// gather them, so that only one carry in 16 goes up the planes.
func (t *tally) rows(rows []uint64, s uint64) {
	n := t.words
	var against [16]uint64 // 0 for a spin +1, else all ones
	for i := range against {
		against[i] = s>>i&1 - 1
	}
	for w := range n {
		r := rows[w:]
		at := func(i int) uint64 { return r[i*n] ^ against[i] }
		one, two, four, eight := t.planes[w], t.planes[n+w], t.planes[2*n+w], t.planes[3*n+w]
		one, a := add3(one, at(0), at(1))
		one, b := add3(one, at(2), at(3))
		two, c := add3(two, a, b)
		one, a = add3(one, at(4), at(5))
		one, b = add3(one, at(6), at(7))
		two, d := add3(two, a, b)
		four, e := add3(four, c, d)
		one, a = add3(one, at(8), at(9))
		one, b = add3(one, at(10), at(11))
		two, c = add3(two, a, b)
		one, a = add3(one, at(12), at(13))
		one, b = add3(one, at(14), at(15))
		two, d = add3(two, a, b)
		four, f := add3(four, c, d)
		eight, up := add3(eight, e, f)
		t.planes[w], t.planes[n+w], t.planes[2*n+w], t.planes[3*n+w] = one, two, four, eight
		t.carry(sixteen, w, up)
	}
}

// add3 adds three numbers of one bit each, 64 times over.
func add3(a, b, c uint64) (sum, carry uint64) {
	x := a ^ b
	return x ^ c, a&b | x&c
}
