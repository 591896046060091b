package experiment

import "math/bits"

// The directions of Sobol's sequence, for the second dimension on, by S. Joe
// and F. Y. Kuo, Constructing Sobol sequences with better two-dimensional
// projections, SIAM J. Sci. Comput. 30 (2008) 2635-2654, set new-joe-kuo-6.21201
// (BSD licence): the degree of a primitive polynomial over two elements, its
// inner coefficients as a number, and the first odd numbers.
var sobolDirections = []struct {
	degree, inner int
	first         []uint64
}{
	{1, 0, []uint64{1}},
	{2, 1, []uint64{1, 3}},
	{3, 1, []uint64{1, 3, 1}},
	{3, 2, []uint64{1, 1, 1}},
	{4, 1, []uint64{1, 1, 3, 3}},
	{4, 4, []uint64{1, 3, 5, 13}},
	{5, 2, []uint64{1, 1, 5, 5, 17}},
	{5, 4, []uint64{1, 1, 5, 5, 5}},
	{5, 7, []uint64{1, 1, 7, 11, 19}},
	{5, 11, []uint64{1, 1, 5, 1, 1}},
	{5, 13, []uint64{1, 1, 1, 3, 11}},
	{5, 14, []uint64{1, 3, 5, 5, 31}},
	{6, 1, []uint64{1, 3, 3, 9, 7, 49}},
	{6, 13, []uint64{1, 1, 1, 15, 21, 21}},
	{6, 16, []uint64{1, 3, 1, 13, 27, 49}},
	{6, 19, []uint64{1, 1, 1, 15, 7, 5}},
	{6, 22, []uint64{1, 3, 1, 15, 13, 25}},
	{6, 25, []uint64{1, 1, 5, 5, 19, 61}},
	{7, 1, []uint64{1, 3, 7, 11, 23, 15, 103}},
	{7, 4, []uint64{1, 3, 7, 13, 13, 15, 69}},
	{7, 7, []uint64{1, 1, 3, 13, 7, 35, 63}},
	{7, 8, []uint64{1, 3, 5, 9, 1, 25, 53}},
	{7, 14, []uint64{1, 3, 1, 13, 9, 35, 107}},
	{7, 19, []uint64{1, 3, 1, 5, 27, 61, 31}},
	{7, 21, []uint64{1, 1, 5, 11, 19, 41, 61}},
	{7, 28, []uint64{1, 3, 5, 3, 3, 13, 69}},
	{7, 31, []uint64{1, 1, 7, 13, 1, 19, 1}},
	{7, 32, []uint64{1, 3, 7, 5, 13, 19, 59}},
	{7, 37, []uint64{1, 1, 3, 9, 25, 29, 41}},
	{7, 41, []uint64{1, 3, 5, 13, 23, 1, 55}},
	{7, 42, []uint64{1, 3, 7, 3, 13, 59, 17}},
	{7, 50, []uint64{1, 3, 1, 3, 5, 53, 69}},
	{7, 55, []uint64{1, 1, 5, 5, 23, 33, 13}},
	{7, 56, []uint64{1, 1, 7, 7, 1, 61, 123}},
	{7, 59, []uint64{1, 1, 7, 9, 13, 61, 49}},
	{7, 62, []uint64{1, 3, 3, 5, 3, 55, 33}},
}

// sobolBits is the resolution of the sequence: it has 2^sobolBits points.
const sobolBits = 32

// sobolColumn is the direction numbers of one dimension, from 0.
func sobolColumn(dimension int) (v [sobolBits]uint64) {
	if dimension == 0 {
		for k := range v {
			v[k] = 1 << (sobolBits - 1 - k)
		}
		return v
	}
	d := sobolDirections[dimension-1]
	for k := range v {
		if k < d.degree {
			v[k] = d.first[k] << (sobolBits - 1 - k)
			continue
		}
		v[k] = v[k-d.degree] ^ v[k-d.degree]>>d.degree
		for j := 1; j < d.degree; j++ {
			if d.inner>>(d.degree-1-j)&1 == 1 {
				v[k] ^= v[k-j]
			}
		}
	}
	return v
}

// sobol is point i of the sequence in that dimension, in units of
// 2^-sobolBits. Points come in the order of the Gray code, so that the first
// 2^k of them are those of the sequence in any other order.
func sobol(v *[sobolBits]uint64, i uint64) uint64 {
	var x uint64
	for g := i ^ i>>1; g != 0; g &= g - 1 {
		x ^= v[bits.TrailingZeros64(g)]
	}
	return x
}
