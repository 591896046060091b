// Package stream derives random generators by name.
//
// A generator is a pure function of what it is for: the experiment's seed, the
// stream's name, the replicate and the parameter values that the stream
// depends on. Nothing else enters, so a trial draws the same numbers on any
// worker, in any order, after any resume. In order of use: [Key] says what the
// stream is for, [Source] is a ChaCha8 generator that can be keyed again.
package stream

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// domain separates these hashes from every other use of SHA-256 in the
// project; its version changes when the derivation does.
const domain = "sweep/stream/v1"

// Key collects what a stream is a function of. Its zero value is not ready:
// start with [Key.Reset].
type Key struct {
	buf []byte
	// The last key and its sum: many trials in a row may share it.
	last []byte
	sum  [32]byte
}

// Reset begins the key of stream name for an experiment's seed and a replicate.
func (k *Key) Reset(seed uint64, name string, replicate int64) {
	k.buf = append(k.buf[:0], domain...)
	k.buf = binary.LittleEndian.AppendUint64(k.buf, seed)
	k.text(name)
	k.buf = binary.LittleEndian.AppendUint64(k.buf, uint64(replicate))
}

// Depend adds the value of one parameter, encoded by the caller without loss.
// Every part is length-prefixed, so no two lists of parts share a key.
func (k *Key) Depend(name string, value []byte) {
	k.text(name)
	k.buf = binary.LittleEndian.AppendUint64(k.buf, uint64(len(value)))
	k.buf = append(k.buf, value...)
}

func (k *Key) text(s string) {
	k.buf = binary.LittleEndian.AppendUint64(k.buf, uint64(len(s)))
	k.buf = append(k.buf, s...)
}

// Sum is the key's SHA-256.
func (k *Key) Sum() [32]byte {
	if !bytes.Equal(k.buf, k.last) {
		k.last = append(k.last[:0], k.buf...)
		k.sum = sha256.Sum256(k.buf)
	}
	return k.sum
}

// Source is a random generator that can be started again under another key
// without allocating.
type Source struct {
	chacha rand.ChaCha8
	rand   *rand.Rand
	key    [32]byte
	begin  rand.ChaCha8 // the state with which the key's stream begins
}

// Start puts the source at the beginning of the stream of key and returns its
// generator, which stays valid until the next Start.
func (s *Source) Start(key [32]byte) *rand.Rand {
	if s.rand == nil || key != s.key {
		s.begin.Seed(key)
		s.key = key
	}
	s.chacha = s.begin
	if s.rand == nil {
		s.rand = rand.New(&s.chacha)
	}
	return s.rand
}
