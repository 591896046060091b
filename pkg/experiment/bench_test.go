package experiment

import (
	"math/big"
	"testing"
)

func BenchmarkGeometric(b *testing.B) {
	g := newGeometric(big.NewRat(1, 3), big.NewRat(1000, 7), 1000)
	for i := range b.N {
		g.float(int64(i%998) + 1)
	}
}

func BenchmarkChebyshev(b *testing.B) {
	c := &chebyshev{big.NewRat(1, 3), big.NewRat(1000, 7), 1000}
	for i := range b.N {
		c.float(int64(i%998) + 1)
	}
}
