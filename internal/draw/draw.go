// Package draw holds the random choices that models of memory share: fair signs
// and uniform choices of neurons.
package draw

import (
	"math"
	"math/rand/v2"
)

// Signs overwrites dst with fair signs ±1, drawn in whole words of 64: element i
// is +1 where bit i mod 64 of word i/64 is 1.
func Signs(dst []float64, r *rand.Rand) {
	var word uint64
	for i := range dst {
		if i%64 == 0 {
			word = r.Uint64()
		}
		dst[i] = float64(int(word>>(i%64)&1)*2 - 1)
	}
}

// Identity is the list 0, 1, …, n-1.
func Identity(n int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(i)
	}
	return list
}

// Choose moves a uniform choice of k elements, in random order, to the front of
// list: k steps of Fisher-Yates. All of list is shuffled if k is its length.
func Choose(list []int32, k int, r *rand.Rand) {
	for i := range k {
		j := i + int(r.Uint32N(uint32(len(list)-i)))
		list[i], list[j] = list[j], list[i]
	}
}

// Flips is the number (1-m0)n/2 of n spins to be flipped for an overlap of m0,
// rounded half up. In the form that it has here 0.8 of 5 is one spin; (1-m0)/2·n
// would be just below a half.
func Flips(m0 float64, n int) int {
	return int(math.Round((float64(n) - float64(m0*float64(n))) / 2))
}
