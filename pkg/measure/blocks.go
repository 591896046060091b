package measure

import "math"

// Estimate is a mean with its standard error.
type Estimate struct {
	Mean float64
	SE   float64 // standard error of the mean
}

// BlockEstimate is the mean of the blocks and its standard error,
// sqrt(sum (b - mean)² / (n (n-1))), which is right if the blocks are independent.
// One block has no standard error: it is NaN.
func BlockEstimate(blocks []float64) Estimate {
	n := float64(len(blocks))
	var sum float64
	for _, b := range blocks {
		sum += b
	}
	mean := sum / n
	var squares float64
	for _, b := range blocks {
		squares += float64((b - mean) * (b - mean))
	}
	return Estimate{mean, math.Sqrt(squares / (n * (n - 1)))}
}

// blocking cuts a run into blocks with gaps between them.
//
// The gaps make the standard error honest. Where the growth of a tangent vector
// is a constant plus a difference of some function g between the two ends of
// the orbit (of the logistic map at r = 4, g = ln sqrt(x (1-x))), what one block
// has too much of its neighbour has too little of. The mean over adjoining
// blocks then scatters sqrt(blocks) times less than the blocks say. With a gap
// longer than the memory of the orbit the ends of neighbours are independent.
//
// On a cycle every block would begin in the same phase if a block and its gap
// were a multiple of its period, and one whose length is none would have the
// same part of the cycle too often, with no scatter to tell it. So a block with
// its gap is a prime number long, and a block a multiple of many periods.
type blocking struct {
	blocks int
	length int // steps that count, of each block
	gap    int // steps before each block that do not
}

// gapShare is the part of the run that gaps take: one in a hundred steps is
// little to lose, and longer than the memory of an orbit for which the blocks
// are long enough at all.
const gapShare = 100

// divisible are the lengths of which blocks are multiples, the largest that is
// no more than a twentieth of the block.
var divisible = []int{6720, 3360, 480, 240, 48, 24, 8, 4, 2, 1}

func prime(n int) bool {
	for d := 2; d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return true
}

// newBlocking divides steps into blocks that are whole multiples of every.
func newBlocking(steps, blocks, every int) blocking {
	stride := steps / blocks / every // in units of every, as what follows
	for stride > 3 && !prime(stride) {
		stride--
	}
	gap := (stride*every/gapShare + every - 1) / every
	length := stride - gap
	if length < 1 {
		panic("measure: too few steps for the blocks")
	}
	for _, d := range divisible {
		if d <= max(length/20, 1) {
			length -= length % d
			break
		}
	}
	return blocking{blocks, length * every, (stride - length) * every}
}
