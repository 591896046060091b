package spins

import "slices"

// History is the states that a deterministic dynamics went through, to see one come
// back. The zero History is empty. It keeps every state, n/8 bytes each.
type History struct {
	words  int
	states []uint64
	at     map[uint64]int // when, by a hash of the state; the next with the same hash is at the next free one
}

// Reset forgets all states, and keeps their memory.
func (h *History) Reset() {
	h.states = h.states[:0]
	clear(h.at)
}

// Add adds the next state and is when it was first added, counted from 0: now if it is
// new. All states have the same length.
func (h *History) Add(state []uint64) int {
	if h.at == nil {
		h.at = make(map[uint64]int)
	}
	h.words = len(state)
	now := len(h.states) / h.words
	h.states = append(h.states, state...)
	for hash := hashOf(state); ; hash++ {
		then, known := h.at[hash]
		if !known {
			h.at[hash] = now
			return now
		}
		if slices.Equal(h.State(then), state) {
			return then
		}
	}
}

// State is the state added at a time. It must not be written to, and is valid until
// Reset.
func (h *History) State(at int) []uint64 { return h.states[at*h.words:][:h.words] }

func hashOf(state []uint64) uint64 {
	hash := uint64(14695981039346656037)
	for _, w := range state {
		hash = (hash ^ w) * 0x9e3779b97f4a7c15
		hash ^= hash >> 32
	}
	return hash
}
