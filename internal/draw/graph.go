package draw

import (
	"context"
	"math"
	"math/rand/v2"
)

// drawsPerCheck is how many choices pass between two looks at a context: some
// milliseconds.
const drawsPerCheck = 1 << 18

// Inputs draws c of the other neurons for each of n, without repetition and
// independently of those of the others: neuron i has list[i*c:][:c], in random order.
func Inputs(ctx context.Context, n, c int, r *rand.Rand) (list []int32, err error) {
	list = make([]int32, 0, n*c)
	others := Identity(n - 1)
	for i := range n {
		if i%(drawsPerCheck/c+1) == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		Choose(others, c, r)
		for _, j := range others[:c] {
			if j >= int32(i) {
				j++
			}
			list = append(list, j)
		}
	}
	return list, nil
}

// Pairs draws each of the n(n-1)/2 pairs of n neurons with probability q,
// independently, and lists them as i > j by i and then by j. It leaps from one to
// the next (Batagelj and Brandes, Phys. Rev. E 71:036113, 2005), so it costs as much
// as it draws.
func Pairs(ctx context.Context, n int, q float64, r *rand.Rand) (list [][2]int32, err error) {
	if q <= 0 {
		return nil, nil
	}
	scale := 1 / math.Log1p(-q) // -0 if q is 1: no pair is left out
	j := -1
	for i := 1; ; {
		if len(list)%drawsPerCheck == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		// How many are left out: k with probability q(1-q)^k.
		leap := math.Floor(math.Log1p(-r.Float64()) * scale)
		if leap >= float64(n)*float64(n) {
			return list, nil
		}
		for j += 1 + int(leap); j >= i; i++ {
			j -= i
		}
		if i >= n {
			return list, nil
		}
		list = append(list, [2]int32{int32(i), int32(j)})
	}
}
