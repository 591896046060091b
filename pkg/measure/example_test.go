package measure_test

import (
	"context"
	"fmt"

	"github.com/neurosweep/sweep/pkg/measure"
)

// The Lyapunov exponents of the map of Hénon, with their standard errors.
func ExampleLyapunov() {
	s, err := measure.Lyapunov(context.Background(), henon{1.4, 0.3}, []float64{0.1, 0.1}, measure.LyapunovSettings{
		Steps: 100_000, Transient: 1000,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f ± %.0g and %.2f, dimension %.2f\n", s.Exponents[0], s.SE[0], s.Exponents[1], measure.KaplanYorke(s.Exponents))
	// Output: 0.42 ± 0.001 and -1.62, dimension 1.26
}
