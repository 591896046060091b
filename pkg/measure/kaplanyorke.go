package measure

import "math"

// KaplanYorke is the Lyapunov dimension of Kaplan and Yorke of a whole spectrum
// in descending order,
//
//	D = j + (lambda_1 + ... + lambda_j) / |lambda_(j+1)|
//
// with the largest j for which the sum is not negative; 0 if there is none, and
// len(exponents) if no sum is negative.
//
// J.L. Kaplan, J.A. Yorke, Lecture Notes in Mathematics 730:204 (1979).
func KaplanYorke(exponents []float64) float64 {
	var sum float64
	for j, l := range exponents {
		if sum+l < 0 {
			if math.IsInf(l, -1) {
				return float64(j)
			}
			return float64(j) + sum/-l
		}
		sum += l
	}
	return float64(len(exponents))
}
