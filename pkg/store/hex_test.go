package store

import (
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// TestHex: identities are written as encoding/hex does and read back, and what
// is no digit, or one in another case, is refused at every place.
func TestHex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c := &column{kind: idColumn}
	for range 1000 {
		var id models.ID
		for i := range id {
			id[i] = byte(r.Uint32())
		}
		c.reset()
		c.addID(id)
		text := appendIDs(nil, c)
		if want := hex.EncodeToString(id[:]); string(text) != want {
			t.Fatalf("%s, not %s", text, want)
		}
		if got, ok := parseID(text); !ok || got != id {
			t.Fatalf("%v was read as %v, %v", id, got, ok)
		}
	}
	text := appendIDs(nil, c)
	for at := 0; at < len(text); at++ {
		for b := range 256 {
			bad := append([]byte(nil), text...)
			bad[at] = byte(b)
			digit := b >= '0' && b <= '9' || b >= 'a' && b <= 'f'
			if _, ok := parseID(bad); ok != digit {
				t.Fatalf("byte %d as a digit: %v", b, ok)
			}
		}
	}
}
