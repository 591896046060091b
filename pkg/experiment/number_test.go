package experiment

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNumbersAreExact(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "+7": "7", "12": "12", "1.0": "1", "1e0": "1", "100e-2": "1",
		"0.1": "1/10", ".5": "1/2", "5.": "5", "-.5": "-1/2", "1/3": "1/3", "-1/3": "-1/3",
		"0.5/1.5": "1/3", "1e2/3": "100/3", "9e-1": "9/10", "1E5": "100000", "1e+5": "100000", "1e-05": "1/100000",
		"0.1e1": "1", "0e7": "0", "0/5": "0", "00.5": "", "0.50": "1/2",
	} {
		got, err := parseNumber(text)
		switch {
		case want == "":
			if err == nil {
				t.Errorf("%s is read as %s", text, got.RatString())
			}
		case err != nil:
			t.Errorf("%s: %v", text, err)
		case got.RatString() != want:
			t.Errorf("%s is read as %s, not %s", text, got.RatString(), want)
		}
	}
}

func TestNotNumbers(t *testing.T) {
	for _, text := range []string{
		"", "-", "+", ".", "e5", "1e", "1e+", "--1", "+-1", "1 ", " 1", "1 2", "1/", "/2", "1/2/3", "1/-2", "1/0", "1/0.0",
		"010", "-01", "00", "1/02", "0x1f", "0o7", "0b1", "1_000", "1,5", "inf", "-inf", "nan", ".inf", ".nan", "Infinity",
		"12:30", "2024-01-01", "1e401", "1e-401", "1e99999999999999999999", "1e5e5", "1.2.3", "½", "１", "1/2e", "0x", "1f",
		strings.Repeat("9", 1001),
	} {
		if got, err := parseNumber(text); err == nil {
			t.Errorf("%q is read as %s", text, got.RatString())
		}
	}
}

func TestRangeOfFloat64(t *testing.T) {
	for text, ok := range map[string]bool{
		"1.7976931348623157e308": true, "1.8e308": false, "-1.8e308": false, "1e400": false,
		"5e-324": true, "2.5e-324": true, "2.4e-324": false, "-1e-400": false, "0": true, "1e400/1e399": true,
	} {
		q, err := parseNumber(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := toFloat(q); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Whatever strconv reads as a decimal is read, and rounds to the same bits.
func TestDecimalsRoundAsStrconvDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?(e[-+]?(0|[1-9][0-9]?|[12][0-9][0-9]))?`).Draw(t, "text")
		q, err := parseNumber(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		want, _ := strconv.ParseFloat(text, 64)
		got, err := toFloat(q)
		if err != nil {
			if !math.IsInf(want, 0) && !(want == 0 && q.Sign() != 0) {
				t.Fatalf("%s: %v", text, err)
			}
			return
		}
		if got != want {
			t.Fatalf("%s is %v, not %v", text, got, want)
		}
	})
}

func TestFractionsAreQuotients(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		decimal := rapid.StringMatching(`(0|[1-9][0-9]{0,9})(\.[0-9]{1,9})?(e-?[0-9])?`)
		above, below := decimal.Draw(t, "above"), decimal.Draw(t, "below")
		a, _ := new(big.Rat).SetString(above)
		b, _ := new(big.Rat).SetString(below)
		got, err := parseNumber("-" + above + "/" + below)
		switch {
		case b.Sign() == 0:
			if err == nil {
				t.Fatal("divided by zero")
			}
		case err != nil:
			t.Fatal(err)
		case got.Cmp(a.Neg(a.Quo(a, b))) != 0:
			t.Fatalf("-%s/%s is %s", above, below, got.RatString())
		}
	})
}

// No text makes the reader of numbers panic, or do more than a little work.
func TestAnyTextIsReadOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[-+0-9./eE_xinf ]{0,12}`)).Draw(t, "text")
		if q, err := parseNumber(text); err == nil && q.Num().BitLen() > 8*maxDigits {
			t.Fatalf("%q is a number of %d bits", text, q.Num().BitLen())
		}
	})
}
