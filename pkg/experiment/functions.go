package experiment

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/expr-lang/expr"
)

// The functions of expressions. The same expression gives the same bits on any
// machine of one architecture: math.Exp, and what rests on it, does not, for it
// uses fused multiply-add where the processor has it. These have their own.

var (
	numberToNumber  = []any{new(func(float64) float64), new(func(int) float64)}
	numberToInteger = []any{new(func(float64) int), new(func(int) int)}
	twoNumbers      = []any{new(func(float64, float64) float64), new(func(int, float64) float64), new(func(float64, int) float64), new(func(int, int) float64)}
	sameKind        = []any{new(func(int) int), new(func(float64) float64)}
	sameTwo         = []any{new(func(int, int) int), new(func(float64, float64) float64), new(func(int, float64) float64), new(func(float64, int) float64)}
	twoIntegers     = []any{new(func(int, int) int)}
	twoTexts        = []any{new(func(string, string) string)}
)

type function struct {
	call  func(args ...any) (any, error)
	types []any
}

func toFloat64(x any) float64 {
	if n, ok := x.(int); ok {
		return float64(n)
	}
	return x.(float64)
}

func real1(f func(float64) float64) function {
	return function{func(a ...any) (any, error) { return f(toFloat64(a[0])), nil }, numberToNumber}
}

func real2(f func(x, y float64) float64) function {
	return function{func(a ...any) (any, error) { return f(toFloat64(a[0]), toFloat64(a[1])), nil }, twoNumbers}
}

// whole rounds to an integer.
func whole(name string, f func(float64) float64) function {
	return function{func(a ...any) (any, error) {
		if n, ok := a[0].(int); ok {
			return n, nil
		}
		x := f(a[0].(float64))
		if !(math.Abs(x) < 1<<63) {
			return nil, fmt.Errorf("%s of %v is beyond the integers", name, a[0])
		}
		return int(x), nil
	}, numberToInteger}
}

func extreme(less func(a, b float64) bool) function {
	return function{func(a ...any) (any, error) {
		x, y := a[0], a[1]
		_, i := x.(int)
		_, j := y.(int)
		if !i || !j {
			x, y = toFloat64(x), toFloat64(y)
		}
		if less(toFloat64(y), toFloat64(x)) {
			return y, nil
		}
		return x, nil
	}, sameTwo}
}

// checked is an operator on integers that does not wrap around.
func checked(sign string, f func(a, b int) (int, bool)) function {
	return function{func(a ...any) (any, error) {
		x, y := a[0].(int), a[1].(int)
		z, ok := f(x, y)
		if !ok {
			return nil, fmt.Errorf("%d %s %d is beyond the integers", x, sign, y)
		}
		return z, nil
	}, twoIntegers}
}

// maxText is the length of a text that an expression gives, in bytes.
const maxText = maxExpression

// joined puts two texts together.
var joined = function{func(a ...any) (any, error) {
	x, y := a[0].(string), a[1].(string)
	if len(x)+len(y) > maxText {
		return nil, fmt.Errorf("the text is longer than %d bytes", maxText)
	}
	return x + y, nil
}, twoTexts}

// functions are those that a spec may call.
var functions = map[string]function{
	"abs": {func(a ...any) (any, error) {
		if n, ok := a[0].(int); ok {
			return max(n, -n), nil
		}
		return math.Abs(a[0].(float64)), nil
	}, sameKind},
	"acos": real1(math.Acos), "asin": real1(math.Asin), "atan": real1(math.Atan), "atan2": real2(math.Atan2),
	"cbrt": real1(math.Cbrt), "ceil": whole("ceil", math.Ceil), "cos": real1(math.Cos), "exp": real1(exp),
	"float": real1(func(x float64) float64 { return x }), "floor": whole("floor", math.Floor),
	"hypot": real2(func(x, y float64) float64 { return math.Sqrt(float64(x*x) + float64(y*y)) }),
	"int":   whole("int", math.Trunc), "log": real1(ln), "log10": real1(log10), "log2": real1(math.Log2),
	"max": extreme(func(a, b float64) bool { return a > b }), "min": extreme(func(a, b float64) bool { return a < b }),
	"pow": real2(pow), "round": whole("round", math.Round), "sin": real1(math.Sin), "sqrt": real1(math.Sqrt),
	"tan": real1(math.Tan), "tanh": real1(tanh),
}

func functionNames() []string { return slices.Sorted(maps.Keys(functions)) }

// options set the expression library: its own functions and its rewriting of
// expressions are off, and its operators are bound to ours where they matter.
var options = expressionOptions()

func expressionOptions() []expr.Option {
	o := []expr.Option{expr.DisableAllBuiltins(), expr.Optimize(false), expr.DisableIfOperator()}
	for _, name := range functionNames() {
		o = append(o, expr.Function(name, functions[name].call, functions[name].types...))
	}
	o = append(o, expr.Function("join texts", joined.call, joined.types...))
	for _, op := range []struct {
		sign, name string
		f          function
	}{
		{"+", "add integers", checked("+", func(a, b int) (int, bool) { c := a + b; return c, (c > a) == (b > 0) })},
		{"-", "subtract integers", checked("-", func(a, b int) (int, bool) { c := a - b; return c, (c < a) == (b > 0) })},
		{"*", "multiply integers", checked("*", func(a, b int) (int, bool) {
			c := a * b
			return c, a == 0 || c/a == b && !(a == -1 && b == math.MinInt)
		})},
		{"**", "power of numbers", real2(pow)},
	} {
		o = append(o, expr.Function(op.name, op.f.call, op.f.types...), expr.Operator(op.sign, overloads(op.sign, op.name)...))
		if op.sign == "**" {
			o = append(o, expr.Operator("^", op.name))
		}
	}
	return o
}

// overloads are the functions that stand for an operator.
func overloads(sign, name string) []string {
	if sign == "+" {
		return []string{name, "join texts"}
	}
	return []string{name}
}

// exp is e^x: 2^k · e^r with |r| ≤ ln(2)/2, the rest by the rational function
// of FreeBSD's e_exp.c, every product rounded before it is added. Within 1 ulp.
func exp(x float64) float64 {
	const (
		ln2Hi = 6.93147180369123816490e-01
		ln2Lo = 1.90821492927058770002e-10
	)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 1):
		return x
	case math.IsInf(x, -1) || x < -745.1332191019411:
		return 0
	case x > 709.782712893384:
		return math.Inf(1)
	case math.Abs(x) < 0x1p-28:
		return 1 + x
	}
	k := math.Round(x / math.Ln2)
	hi := x - float64(k*ln2Hi)
	lo := float64(k * ln2Lo)
	r := hi - lo
	t := float64(r * r)
	c := 0.0
	for _, p := range []float64{4.13813679705723846039e-08, -1.65339022054652515390e-06, 6.61375632143793436117e-05, -2.77777777770155933842e-03, 1.66666666666666019037e-01} {
		c = float64(t * (p + c))
	}
	c = r - c
	y := 1 - ((lo - float64(float64(r*c)/(2-c))) - hi)
	return math.Ldexp(y, int(k))
}

// pow is x^y: the whole part of y by squaring, the rest by exp and log.
func pow(x, y float64) float64 {
	switch {
	case y == 0 || x == 1:
		return 1
	case y == 0.5:
		return math.Sqrt(x)
	case x <= 0 || math.IsNaN(x) || math.IsNaN(y) || math.IsInf(x, 0) || math.IsInf(y, 0) || math.Abs(y) >= 1<<53:
		if x < 0 && y == math.Trunc(y) && math.Abs(y) < 1<<53 && !math.IsInf(x, 0) {
			z := pow(-x, y)
			if math.Mod(y, 2) != 0 {
				return -z
			}
			return z
		}
		return math.Pow(x, y) // a special case, which needs no exp
	}
	n, part := math.Modf(math.Abs(y))
	if part > 0.5 {
		part--
		n++
	}
	z, scale := 1.0, 0
	if part != 0 {
		z = exp(float64(part * ln(x)))
	}
	m, e := math.Frexp(x)
	for i := int64(n); i != 0; i >>= 1 {
		if e < -1<<12 || e > 1<<12 {
			scale += e // far out of range: the result is 0 or infinite
			break
		}
		if i&1 == 1 {
			z = float64(z * m)
			scale += e
		}
		m = float64(m * m)
		if e <<= 1; m < 0.5 {
			m += m
			e--
		}
	}
	if y < 0 {
		z, scale = 1/z, -scale
	}
	return math.Ldexp(z, scale)
}

// ln is the natural logarithm. That of numbers too small to be normal, which
// math.Log has wrong on amd64, is taken of 2^54 times the number.
func ln(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*(1<<54)) - 54*math.Ln2
	}
	return math.Log(x)
}

// tanh by exp, but for small arguments, whose tanh the library has by a
// rational function.
func tanh(x float64) float64 {
	switch z := math.Abs(x); {
	case z < 0.625 || math.IsNaN(x):
		return math.Tanh(x)
	case z > 22:
		return math.Copysign(1, x)
	default:
		return math.Copysign(1-2/(exp(2*z)+1), x)
	}
}

// log10 gives the whole numbers at powers of ten, which math.Log10 may miss by
// a bit.
func log10(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return ln(x) / math.Ln10
	}
	y := math.Log10(x)
	if k := math.Round(y); math.Abs(y-k) < 1e-9 && math.Abs(k) < 300 && pow(10, k) == x {
		return k
	}
	return y
}
