package experiment

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// value is what an expression gives for n = 7 and gamma = 0.25.
func valueOf(t testing.TB, text string) string {
	t.Helper()
	s := parse(t, fmt.Sprintf("about: a\nmodel: bms\nparams: {n: 7, gamma: 0.25, self: true}\nderive: {x: %q}", text))
	return rows(t, s.Plan())[0]
}

func TestExpressions(t *testing.T) {
	for text, want := range map[string]string{
		"n / 2": "3.5", "n * 2": "14", "n * gamma": "1.75", "n % 4": "3", "-n": "-7", "2 ** 3": "8", "2 ^ 0.5": "1.4142135623730951",
		"round(2.5)": "3", "round(-2.5)": "-3", "floor(-0.5)": "-1", "ceil(n / 2)": "4", "int(-3.9)": "-3", "float(n)": "7",
		"log10(1000)": "3", "log2(8)": "3", "log(1)": "0", "sqrt(n + 2)": "3", "exp(0)": "1", "abs(-n)": "7", "abs(-gamma)": "0.25",
		"min(n, gamma)": "0.25", "max(n, 9)": "9", "hypot(3, 4)": "5", "atan2(1, 1) * 4": "3.141592653589793", "cos(pi)": "-1", "pow(2, 10)": "1024",
		"n in [3, 7]": "true", "n not in [3, 7]": "false", "n > 5 ? 1 : 2": "1", `scaling == "raw" or self`: "true", "not self": "false",
		"gamma < 0.5 and n != 7": "false", "tanh(0)": "0", "cbrt(27)": "3",
	} {
		if got := valueOf(t, text); got != want {
			t.Errorf("%s is %s, not %s", text, got, want)
		}
	}
}

// The functions that are ours agree with the library's to the last bits.
func TestOwnFunctions(t *testing.T) {
	near := func(t *rapid.T, name string, got, want, ulps float64) {
		if got == want || math.IsNaN(got) && math.IsNaN(want) {
			return
		}
		if math.Abs(got-want) > ulps*(math.Nextafter(math.Abs(want), math.Inf(1))-math.Abs(want)) {
			t.Fatalf("%s: %v, not %v", name, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-750, 720).Draw(t, "x")
		near(t, "exp", exp(x), math.Exp(x), 2)
		near(t, "tanh", tanh(x/20), math.Tanh(x/20), 2)
		base := rapid.Float64Range(1e-3, 1e3).Draw(t, "base")
		y := rapid.Float64Range(-40, 40).Draw(t, "y")
		near(t, "pow", pow(base, y), math.Pow(base, y), 8)
		n := float64(rapid.IntRange(-20, 20).Draw(t, "n"))
		near(t, "ln", ln(base), math.Log(base), 0)
		near(t, "whole power", pow(-base, n), math.Pow(-base, n), 2)
	})
	for _, x := range []float64{math.Inf(1), math.Inf(-1), math.NaN(), 0, math.Copysign(0, -1), 1e-320, -800, 800, 709.78, -745} {
		for _, f := range [][2]float64{{exp(x), math.Exp(x)}, {tanh(x), math.Tanh(x)}, {pow(x, 2), math.Pow(x, 2)}, {pow(2, x), math.Pow(2, x)}, {pow(x, 0.5), math.Pow(x, 0.5)}, {pow(x, -3), math.Pow(x, -3)}} {
			if f[0] != f[1] && !(math.IsNaN(f[0]) && math.IsNaN(f[1])) && math.Abs(f[0]-f[1]) > 1e-15*math.Abs(f[1]) {
				t.Errorf("of %v: %v, not %v", x, f[0], f[1])
			}
		}
	}
	for k := -20; k <= 20; k++ {
		if got := log10(pow(10, float64(k))); got != float64(k) {
			t.Errorf("log10 of 10^%d is %v", k, got)
		}
	}
}

// Known bits, so that a change of library or compiler is seen.
func TestExpressionsKeepTheirBits(t *testing.T) {
	for text, want := range map[string]string{
		"exp(gamma * n)": "5.75460267600573", "gamma ** 1.7": "0.09473228540689989", "tanh(n / 5)": "0.8853516482022625",
		"sin(n) * cos(gamma) + log(n)": "2.582472625451375",
	} {
		if got := valueOf(t, text); got != want {
			t.Errorf("%s is %s, not %s", text, got, want)
		}
	}
}
