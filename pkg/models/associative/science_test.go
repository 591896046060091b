//go:build science

package associative

import "testing"

// TestMinoverLarge is TestMinover at N = 801, where the scatter of networks is worth 0.02.
func TestMinoverLarge(t *testing.T) {
	const n, neurons = 801, 20
	for _, alpha := range []float64{0.25, 0.5, 1} {
		m := randomMemories(n, int(alpha*n), 1)
		s := newStudent(t, m)
		l := lesson{memories: m, accuracy: 0.01, maxUpdates: 2_000_000}
		low, high := 0.0, 0.0
		for i := range neurons {
			s.begin(i)
			if ending, err := l.minover(t.Context(), s); ending != converged || err != nil {
				t.Fatal(ending, err)
			}
			low += 0.99 * s.bound() / neurons
			high += s.bound() / neurons
		}
		want := largestStability(alpha)
		t.Logf("α = %g: from %.4f to %.4f, want %.4f", alpha, low, high, want)
		if want < low-0.02 || want > high+0.02 {
			t.Errorf("α = %g: the largest stability is from %.4f to %.4f, want %.4f", alpha, low, high, want)
		}
	}
}
