package stream_test

import (
	"math"
	"testing"

	"github.com/neurosweep/sweep/internal/stream"
)

func key(seed uint64, name string, replicate int64, deps ...string) [32]byte {
	var k stream.Key
	k.Reset(seed, name, replicate)
	for i := 0; i+1 < len(deps); i += 2 {
		k.Depend(deps[i], []byte(deps[i+1]))
	}
	return k.Sum()
}

// TestKeysDiffer: nothing that a stream is a function of can stand in for
// something else, be it by moving a letter from a name to a value.
func TestKeysDiffer(t *testing.T) {
	keys := map[[32]byte]string{}
	for what, k := range map[string][32]byte{
		"plain":                 key(1, "weights", 0),
		"seed":                  key(2, "weights", 0),
		"replicate":             key(1, "weights", 1),
		"seed and replicate":    key(2, "weights", -1),
		"name":                  key(1, "weight", 0),
		"name, s to a value":    key(1, "weight", 0, "s", ""),
		"one dependence":        key(1, "weights", 0, "n", "10"),
		"another value":         key(1, "weights", 0, "n", "11"),
		"letters moved":         key(1, "weights", 0, "n1", "0"),
		"two dependences":       key(1, "weights", 0, "n", "10", "m", "1"),
		"their order":           key(1, "weights", 0, "m", "1", "n", "10"),
		"values run together":   key(1, "weights", 0, "n", "10m", "", "1"),
		"an empty dependence":   key(1, "weights", 0, "", ""),
		"two empty dependences": key(1, "weights", 0, "", "", "", ""),
	} {
		if other, ok := keys[k]; ok {
			t.Errorf("%s and %s have the same key", what, other)
		}
		keys[k] = what
	}
}

// TestGolden pins the derivation: a change of it changes every result.
func TestGolden(t *testing.T) {
	var s stream.Source
	r := s.Start(key(1, "weights", 3, "n", "100"))
	got := [3]uint64{r.Uint64(), r.Uint64(), r.Uint64()}
	want := [3]uint64{0xc541b6c45f9999c1, 0x8a37576e35dcd175, 0x8c48f05c3ee4f10b}
	if got != want {
		t.Errorf("the stream begins with %#x, not %#x", got, want)
	}
}

// TestStartAgain: a source that was used gives the same stream as a new one, and
// does not allocate.
func TestStartAgain(t *testing.T) {
	var used, fresh stream.Source
	r := used.Start(key(1, "a", 0))
	for range 1001 {
		r.Uint32()
		r.NormFloat64()
	}
	a, b := used.Start(key(1, "b", 0)), fresh.Start(key(1, "b", 0))
	for i := range 1000 {
		if x, y := a.Uint64(), b.Uint64(); x != y {
			t.Fatalf("number %d is %x from a used source and %x from a new one", i, x, y)
		}
	}
	var k stream.Key
	value := []byte("12345678")
	if n := testing.AllocsPerRun(100, func() {
		k.Reset(1, "weights", 7)
		k.Depend("n", value)
		used.Start(k.Sum()).Uint64()
	}); n > 0 {
		t.Errorf("a start allocates %v times", n)
	}
}

// TestIndependent: the normals of neighbouring replicates are not correlated.
// 4 standard errors of the correlation of n pairs are 4/sqrt(n).
func TestIndependent(t *testing.T) {
	const n = 20000
	var a, b stream.Source
	for rep := range int64(20) {
		x, y := a.Start(key(9, "noise", rep)), b.Start(key(9, "noise", rep+1))
		sum := 0.0
		for range n {
			sum += x.NormFloat64() * y.NormFloat64()
		}
		if c := sum / n; math.Abs(c) > 4/math.Sqrt(n) {
			t.Errorf("replicates %d and %d have correlation %.4f", rep, rep+1, c)
		}
	}
}

func BenchmarkStart(b *testing.B) {
	var k stream.Key
	var s stream.Source
	value := []byte("12345678")
	b.ReportAllocs()
	for b.Loop() {
		k.Reset(1, "weights", 7)
		k.Depend("n", value)
		s.Start(k.Sum()).Uint64()
	}
}

// TestAgain: a stream that begins again under the same key, and one that begins
// under another in between, give the numbers that a new source gives.
func TestAgain(t *testing.T) {
	var k stream.Key
	var s stream.Source
	for _, replicate := range []int64{0, 0, 1, 1, 0, 2} {
		k.Reset(1, "weights", replicate)
		for range 2 {
			if k.Sum() != key(1, "weights", replicate) {
				t.Fatalf("replicate %d has another key", replicate)
			}
		}
		var fresh stream.Source
		a, b := s.Start(k.Sum()), fresh.Start(k.Sum())
		for i := range 100 {
			if x, y := a.Uint64(), b.Uint64(); x != y {
				t.Fatalf("replicate %d: number %d is %#x, not %#x", replicate, i, x, y)
			}
		}
		a.Uint32() // leaves it inside a block
	}
}
