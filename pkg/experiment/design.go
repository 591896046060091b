package experiment

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/stream"
)

// design is a way to spread points over the unit cube. coordinates gives one
// dimension of count points: numbers in (0, 1).
//
// Of those that are extendable the first points are the same whatever the
// count, to the bit.
type design struct {
	name        string
	extendable  bool
	dimensions  int // at most; 0: any number
	coordinates func(seed uint64, param string, dimension int, dst []float64)
}

var designs = []*design{
	{"sobol", true, len(sobolDirections) + 1, sobolDesign},
	{"halton", true, len(primes), haltonDesign},
	{"lhs", false, 0, lhsDesign},
	{"random", true, 0, randomDesign},
}

func designNames() []string {
	var names []string
	for _, d := range designs {
		names = append(names, d.name)
	}
	return names
}

// sobolDesign is Sobol's sequence, each point in the middle of its cell, so that
// none lies on the border. It is the same for every seed.
func sobolDesign(_ uint64, _ string, dimension int, dst []float64) {
	v := sobolColumn(dimension)
	for i := range dst {
		dst[i] = (float64(sobol(&v, uint64(i))) + 0.5) / (1 << sobolBits)
	}
}

// The bases of Halton's sequence. Beyond these its dimensions are too alike to
// be of use.
var primes = []uint64{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53}

// haltonDesign is Halton's sequence from its second point on, for the first is
// the origin: the digits of i+1 in the base, mirrored at the point. It is the
// same for every seed.
func haltonDesign(_ uint64, _ string, dimension int, dst []float64) {
	base := primes[dimension]
	for i := range dst {
		var above, below uint64 = 0, 1
		for n := uint64(i) + 1; n > 0; n /= base {
			above = above*base + n%base
			below *= base
		}
		dst[i] = float64(above) / float64(below)
	}
}

// unit is a uniform number in (0, 1), in the middle of one of 2^52 cells.
func unit(r *rand.Rand) float64 { return (float64(r.Uint64()>>12) + 0.5) / (1 << 52) }

// designKey begins the key of a design's stream. Streams of trials have a
// replicate of at least 0.
func designKey(seed uint64, design, param string) (k stream.Key) {
	k.Reset(seed, "design", -1)
	k.Depend(design, []byte(param))
	return k
}

// randomDesign draws every number from a stream of its own.
func randomDesign(seed uint64, param string, _ int, dst []float64) {
	var src stream.Source
	for i := range dst {
		k := designKey(seed, "random", param)
		k.Depend("point", binary.LittleEndian.AppendUint64(nil, uint64(i)))
		dst[i] = unit(src.Start(k.Sum()))
	}
}

// lhsDesign is a Latin hypercube: of count equal intervals each has one number.
func lhsDesign(seed uint64, param string, _ int, dst []float64) {
	k := designKey(seed, "lhs", param)
	k.Depend("count", binary.LittleEndian.AppendUint64(nil, uint64(len(dst))))
	var src stream.Source
	r := src.Start(k.Sum())
	n := float64(len(dst))
	for i, at := range r.Perm(len(dst)) {
		dst[i] = (float64(at) + unit(r)) / n
	}
}
