package experiment

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The bounds of what is read as a number, far beyond what float64 holds and
// small enough that exact arithmetic on it is cheap.
const (
	maxDigits   = 1000
	maxExponent = 400
)

// mistake is what is wrong with a value, and the way to put it right.
type mistake struct{ message, hint string }

func (m *mistake) Error() string { return m.message }

func mistakef(hint, format string, args ...any) *mistake {
	return &mistake{message: fmt.Sprintf(format, args...), hint: hint}
}

// parseNumber reads a number exactly: an integer, a decimal, an exponent or a
// fraction of two of these, with a sign in front.
func parseNumber(text string) (*big.Rat, error) {
	if text == "" {
		return nil, mistakef("", "a number is missing")
	}
	if len(text) > maxDigits {
		return nil, mistakef("", "a number has at most %d characters, this has %d", maxDigits, len(text))
	}
	body := text
	negative := false
	switch body[0] {
	case '-':
		negative = true
		fallthrough
	case '+':
		body = body[1:]
	}
	above, below, fraction := strings.Cut(body, "/")
	r, err := parseDecimal(above)
	if err == nil && fraction {
		var d *big.Rat
		if d, err = parseDecimal(below); err == nil {
			if d.Sign() == 0 {
				return nil, mistakef("", "%s divides by zero", clip(text))
			}
			r.Quo(r, d)
		}
	}
	if err != nil {
		return nil, explain(text, err)
	}
	if negative {
		r.Neg(r)
	}
	return r, nil
}

var (
	errNotDecimal   = errors.New("not a number")
	errLeadingZero  = errors.New("leading zero")
	errLongExponent = errors.New("exponent out of range")
)

// parseDecimal reads digits, an optional fractional part and an optional
// exponent, without a sign.
func parseDecimal(text string) (*big.Rat, error) {
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa = text[:i]
		digits := text[i+1:]
		if digits != "" && (digits[0] == '-' || digits[0] == '+') {
			digits = digits[1:]
		}
		if !allDigits(digits) || digits == "" {
			return nil, errNotDecimal
		}
		e, err := strconv.Atoi(text[i+1:])
		if err != nil || e > maxExponent || e < -maxExponent {
			if whole, part, _ := strings.Cut(mantissa, "."); !allDigits(whole+part) || whole+part == "" {
				return nil, errNotDecimal
			}
			return nil, errLongExponent
		}
		exponent = e
	}
	whole, part, _ := strings.Cut(mantissa, ".")
	if !allDigits(whole) || !allDigits(part) || whole+part == "" {
		return nil, errNotDecimal
	}
	if len(whole) > 1 && whole[0] == '0' {
		return nil, errLeadingZero
	}
	n, _ := new(big.Int).SetString(whole+part, 10)
	exponent -= len(part)
	r := new(big.Rat).SetInt(n)
	power := new(big.Rat).SetInt(tenTo(max(exponent, -exponent)))
	if exponent < 0 {
		return r.Quo(r, power), nil
	}
	return r.Mul(r, power), nil
}

func tenTo(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// numpy is a sequence as Python writes it.
var numpy = regexp.MustCompile(`^(?:np\.|numpy\.)?(linspace|logspace|geomspace|arange|range)\((.*)\)$`)

// cutCall is what braces and brackets leave of one: to YAML its first comma ends it.
var cutCall = regexp.MustCompile(`^(?:np\.|numpy\.)?(?:linspace|logspace|geomspace|arange|range)\([^()]*$`)

// glue puts together again, below a node, what YAML has cut of sequences that are
// written as in Python, so that they are one mistake.
func glue(n *yaml.Node) {
	step := 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	for i := step - 1; i < len(n.Content); i += step {
		c := n.Content[i]
		glue(c)
		if n.Style&yaml.FlowStyle == 0 || c.Kind != yaml.ScalarNode || quoted(c) || !cutCall.MatchString(c.Value) {
			continue
		}
		text := c.Value
		const most = 6 // pieces behind the first
		for j := i + 1; j+step <= min(len(n.Content), i+1+most*step); j += step {
			if n.Content[j].Kind != yaml.ScalarNode || step == 2 && !isNull(n.Content[j+1]) {
				break
			}
			if text += ", " + n.Content[j].Value; strings.HasSuffix(text, ")") {
				c.Value = text
				n.Content = slices.Delete(n.Content, i+1, j+step)
				break
			}
		}
	}
}

// explain turns a refusal into a message for what people write by habit.
func explain(text string, err error) error {
	lower := strings.ToLower(strings.TrimLeft(text, "+-"))
	switch {
	case errors.Is(err, errLongExponent):
		return mistakef("", "%s is out of the range of float64: exponents reach from -%d to %d", clip(text), maxExponent, maxExponent)
	case errors.Is(err, errLeadingZero):
		return mistakef("write "+withoutZeros(text), "%s has a leading zero, which some read as octal", clip(text))
	case strings.HasPrefix(lower, "0x"), strings.HasPrefix(lower, "0o"), strings.HasPrefix(lower, "0b"):
		return mistakef("write it in decimal", "%s is not a decimal number", clip(text))
	case strings.Trim(lower, ".") == "nan", strings.Trim(lower, ".") == "inf", lower == "infinity":
		return mistakef("", "%s is not a finite number", clip(text))
	case strings.Contains(text, "_") && allDigits(strings.ReplaceAll(lower, "_", "")):
		return mistakef("write "+strings.ReplaceAll(text, "_", ""), "%s has underscores", clip(text))
	case strings.Contains(text, ",") && allDigits(strings.ReplaceAll(lower, ",", "")):
		return mistakef("write a decimal point, and no separator of thousands", "%s has a comma", clip(text))
	}
	if call := numpy.FindStringSubmatch(text); call != nil {
		name, values := call[1], strings.TrimSpace(call[2])
		if name == "arange" || name == "range" {
			name = "range"
			switch strings.Count(values, ",") {
			case 0:
				values = "0, " + values + ", 1"
			case 1:
				values += ", 1"
			}
		}
		return mistakef("did you mean {"+name+": ["+clip(values)+"]}?", "%q is not a number", clip(text))
	}
	if closed := strings.ReplaceAll(text, " ", ""); closed != text {
		if _, err := parseNumber(closed); err == nil {
			return mistakef("write "+clip(closed), "a number has no spaces")
		}
	}
	return mistakef("numbers are written 12, -0.5, 1e-3 or 1/3", "%q is not a number", clip(text))
}

// withoutZeros drops the leading zeros of each part of a number.
func withoutZeros(text string) string {
	sign := text[:len(text)-len(strings.TrimLeft(text, "+-"))]
	parts := strings.Split(text[len(sign):], "/")
	for i, p := range parts {
		p = strings.TrimLeft(p, "0")
		if p == "" || p[0] < '1' || p[0] > '9' {
			p = "0" + p
		}
		parts[i] = p
	}
	return clip(sign + strings.Join(parts, "/"))
}

// clip shortens what is quoted in a message.
func clip(text string) string {
	const most = 40
	count := 0
	for i := range text {
		if count++; count > most {
			return text[:i] + "…"
		}
	}
	return text
}

// toFloat rounds r to the nearest float64, ties to even.
func toFloat(r *big.Rat) (float64, error) {
	x, _ := r.Float64()
	if x-x != 0 {
		return 0, mistakef("", "%s is out of the range of float64, which ends at 1.8e308", show(r))
	}
	if x == 0 && r.Sign() != 0 {
		return 0, mistakef("", "%s is too small for float64, whose smallest number is 4.9e-324", show(r))
	}
	return x, nil
}

// toInt is r as an int64.
func toInt(r *big.Rat) (int64, error) {
	if !r.IsInt() {
		return 0, mistakef("", "takes integers, not %s", show(r))
	}
	if !r.Num().IsInt64() {
		return 0, mistakef("", "%s is out of the range of integers, which ends at 9223372036854775807", show(r))
	}
	return r.Num().Int64(), nil
}

// show writes a rational for a message: exactly if that is short.
func show(r *big.Rat) string {
	if s := r.RatString(); len(s) <= 24 {
		if !r.IsInt() {
			if n, exact := r.FloatPrec(); exact && n <= 12 {
				return r.FloatString(n)
			}
		}
		return s
	}
	f := new(big.Float).SetPrec(64).SetRat(r)
	return f.Text('g', 6)
}
