package report

import (
	"math"
	"strconv"
	"strings"
)

// axis is a scale of numbers along one side of a plot, or of a colour bar.
type axis struct {
	low, high float64
	log       bool
	label     string
	fixed     bool // the ends are as they were asked for
}

// tick is a place on an axis with its text; a minor one has none.
type tick struct {
	at   float64
	text string
}

// include widens the axis so that x is on it. What a logarithm has no place for
// is passed by.
func (a *axis) include(x float64) {
	if a.fixed || math.IsNaN(x) || math.IsInf(x, 0) || a.log && x <= 0 {
		return
	}
	if a.low > a.high {
		a.low, a.high = x, x
		return
	}
	a.low, a.high = min(a.low, x), max(a.high, x)
}

// newAxis is an axis with nothing on it yet.
func newAxis(label string, log bool, ends [2]float64, given bool) *axis {
	a := &axis{label: label, log: log, low: 1, high: 0}
	if given && !(log && ends[0] <= 0) {
		a.low, a.high, a.fixed = ends[0], ends[1], true
	}
	return a
}

func (a *axis) scale(x float64) float64 {
	if a.log {
		return math.Log10(x)
	}
	return x
}

// What lies nearer together than a part in 10^12, or than 10^-300, is one place:
// numbers that are equal but for rounding have no ticks between them.
const (
	onePlace = 1e-12
	smallest = 1e-300
)

// finish gives an axis with too little on it some length, and then a margin of a
// fraction of its length. Whatever lies on it, its ends are finite numbers that
// are told apart.
func (a *axis) finish(margin float64) {
	if a.low > a.high {
		a.low, a.high = 0, 1
		if a.log {
			a.low, a.high = 1, 10
		}
	}
	switch {
	case a.log:
		lo, hi := math.Log10(a.low), math.Log10(a.high)
		one := !(hi-lo > onePlace)
		if a.fixed && !one {
			return
		}
		if one {
			lo, hi = lo-0.5, hi+0.5
		}
		d := margin * (hi - lo)
		a.low, a.high = max(math.Pow(10, lo-d), math.SmallestNonzeroFloat64), min(math.Pow(10, hi+d), math.MaxFloat64)
	default:
		half := a.high/2 - a.low/2 // the length itself may be too large a number
		one := !(half > onePlace*max(math.Abs(a.low), math.Abs(a.high)) && half > smallest)
		if a.fixed && !one {
			return
		}
		if one {
			d := max(math.Abs(a.low)/10, 0.5)
			if a.low != a.high && half <= smallest {
				d = max(math.Abs(a.low), math.Abs(a.high), 1e-290)
			}
			a.low, a.high = finite(a.low-d), finite(a.high+d)
		}
		d := 2 * margin * (a.high/2 - a.low/2)
		a.low, a.high = finite(a.low-d), finite(a.high+d)
	}
}

// finite is x, or the largest number there is.
func finite(x float64) float64 { return min(max(x, -math.MaxFloat64), math.MaxFloat64) }

// far is beyond where a place off the axis still makes a difference, in lengths
// of the axis.
const far = 1e6

// part is where x lies between the ends: 0 at the lower, 1 at the upper. It is
// NaN or infinite where the axis has no place for x, such as 0 if it is
// logarithmic.
func (a *axis) part(x float64) float64 {
	// Halves, since the length of a linear axis may be too large a number.
	lo, hi, at := a.scale(a.low)/2, a.scale(a.high)/2, a.scale(x)/2
	if math.IsInf(at, 0) {
		return at
	}
	part := (at - lo) / (hi - lo)
	if part > far || part < -far {
		return math.Copysign(far, part)
	}
	return part
}

// at is the number at a part of the way from the lower to the upper end.
func (a *axis) at(part float64) float64 {
	lo, hi := a.scale(a.low), a.scale(a.high)
	x := lo + part*(hi-lo)
	if math.IsInf(hi-lo, 0) {
		x = lo*(1-part) + hi*part
	}
	if a.log {
		return math.Pow(10, x)
	}
	return x
}

// mostTicks is more than a scale of any length has.
const mostTicks = 30

// ticks are at most about so many places at round numbers.
func (a *axis) ticks(most int) []tick {
	most = max(most, 2)
	if a.log {
		if list := a.decades(most); list != nil {
			return list
		}
	}
	span := finite(a.high - a.low)
	step := math.Pow(10, math.Floor(math.Log10(span/float64(most))))
	for _, f := range []float64{1, 2, 5, 10} {
		if span/(f*step) <= float64(most) {
			step *= f
			break
		}
	}
	var list []tick
	eps := 1e-9 * span
	first := math.Ceil((a.low - eps) / step)
	for i := range mostTicks {
		at := (first + float64(i)) * step
		if at > a.high+eps || math.IsInf(at, 0) {
			break
		}
		if len(list) > 0 && at <= list[len(list)-1].at {
			continue // the step is lost beside the number
		}
		list = append(list, tick{at: at})
	}
	format(list, step)
	return list
}

// decades are ticks of a logarithmic axis: powers of ten, every second or third
// of them where there are many; nil if there are too few of them.
func (a *axis) decades(most int) (list []tick) {
	lo, hi := math.Log10(a.low), math.Log10(a.high)
	first, last := math.Ceil(lo-1e-9), math.Floor(hi+1e-9)
	if last-first < 1 {
		if hi-lo < 0.6 {
			return nil
		}
		for e := math.Floor(lo); e <= hi; e++ {
			for _, f := range []float64{1, 2, 5} {
				if x := f * math.Pow(10, e); x >= a.low*(1-1e-9) && x <= finite(a.high*(1+1e-9)) {
					list = append(list, tick{x, plainNumber(x)})
				}
			}
		}
		return list
	}
	every := math.Ceil((last - first + 1) / float64(most))
	for e := first; e <= last; e++ {
		t := tick{at: math.Pow(10, e)}
		if math.Mod(e, every) == 0 {
			t.text = powerOfTen(int(e))
		} else if last-first > 60 {
			continue // strokes would be one
		}
		list = append(list, t)
	}
	if last-first <= 4 {
		for e := math.Floor(lo); e <= hi; e++ {
			for f := 2.0; f < 10; f++ {
				if x := f * math.Pow(10, e); x > a.low && x < a.high {
					list = append(list, tick{at: x})
				}
			}
		}
	}
	return list
}

func powerOfTen(e int) string {
	switch {
	case e >= -1 && e <= 3:
		return plainNumber(math.Pow(10, float64(e)))
	}
	return "10^{" + minus(strconv.Itoa(e)) + "}"
}

// format writes numbers that are multiples of the step, all with as many
// decimals.
func format(list []tick, step float64) {
	var most float64
	for _, t := range list {
		most = max(most, math.Abs(t.at))
	}
	e := 0
	if most >= 1e5 || most < 1e-3 && most > 0 {
		e = int(math.Floor(math.Log10(most)))
	}
	decimals := min(max(0, -int(math.Floor(math.Log10(step)+1e-9))+e), 17)
	for i := range list {
		x := list[i].at / math.Pow(10, float64(e))
		if math.Abs(list[i].at) < 1e-9*step {
			x = 0
		}
		list[i].text = minus(strconv.FormatFloat(x, 'f', decimals, 64))
		switch {
		case e != 0 && x == 0:
			list[i].text = "0"
		case e != 0:
			list[i].text += "·10^{" + minus(strconv.Itoa(e)) + "}"
		}
	}
}

// plainNumber is a number as short as it goes, with four digits at most.
func plainNumber(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e6 {
		return minus(strconv.FormatFloat(x, 'f', 0, 64))
	}
	text := strconv.FormatFloat(x, 'g', 4, 64)
	if mantissa, exponent, ok := strings.Cut(text, "e"); ok {
		e, _ := strconv.Atoi(exponent) // FormatFloat wrote it
		return minus(mantissa) + "·10^{" + minus(strconv.Itoa(e)) + "}"
	}
	return minus(text)
}

// minus writes a number's sign as print does.
func minus(text string) string { return strings.Replace(text, "-", "−", 1) }
