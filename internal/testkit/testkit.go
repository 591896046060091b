// Package testkit is what the tests of several packages share.
package testkit

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Generator is a random generator that the numbers, four at most, fix.
func Generator(seed ...uint64) *rand.Rand {
	var key [32]byte
	for i, s := range seed {
		for b := range 8 {
			key[8*i+b] = byte(s >> (8 * b))
		}
	}
	return rand.New(rand.NewChaCha8(key))
}

// Mean compares a measured mean with a known answer. The tolerance must be four of
// its standard errors or more.
func Mean(t testing.TB, name string, mean, se, want, tolerance float64) {
	t.Helper()
	t.Logf("%s: %.5f (standard error %.5f), want %.5f ± %.5f", name, mean, se, want, tolerance)
	if 4*se > tolerance {
		t.Errorf("%s: the standard error %.5f is too large for a tolerance of %.5f", name, se, tolerance)
	}
	if !(math.Abs(mean-want) <= tolerance) {
		t.Errorf("%s is %.5f (standard error %.5f), want %.5f ± %.5f", name, mean, se, want, tolerance)
	}
}

// Must is x; it panics on an error, which ends the test.
func Must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}
