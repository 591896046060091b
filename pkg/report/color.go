package report

import (
	"image/color"
	"math"
)

// The colours of figures. The maps are made in Oklab (B. Ottosson, 2020), whose
// distances are about those that the eye sees, with a lightness that goes evenly
// from end to end: they read in grey, and without red or green.

// colorMap gives the colour at t in [0, 1].
type colorMap func(t float64) color.NRGBA

// oklch is the sRGB colour of that lightness, chroma and hue in Oklab, with less
// chroma where a screen has not so much of it.
func oklch(lightness, chroma, hue float64) color.NRGBA {
	sin, cos := math.Sincos(hue)
	for ; ; chroma -= 0.002 {
		r, g, b := oklab(lightness, chroma*cos, chroma*sin)
		if low, high := min(r, g, b), max(r, g, b); low >= -1e-4 && high <= 1+1e-4 || chroma <= 0 {
			return color.NRGBA{encoded(r), encoded(g), encoded(b), 255}
		}
	}
}

// oklab are the linear red, green and blue of a colour in Oklab; below 0 or above
// 1 where sRGB has it not.
func oklab(l, a, b float64) (red, green, blue float64) {
	cube := func(x float64) float64 { return x * x * x }
	u := cube(l + 0.3963377774*a + 0.2158037573*b)
	v := cube(l - 0.1055613458*a - 0.0638541728*b)
	w := cube(l - 0.0894841775*a - 1.2914855480*b)
	return 4.0767416621*u - 3.3077115913*v + 0.2309699292*w,
		-1.2684380046*u + 2.6097574011*v - 0.3413193965*w,
		-0.0041960863*u - 0.7034186147*v + 1.7076147010*w
}

// encoded is a linear intensity as sRGB writes it.
func encoded(x float64) uint8 {
	x = min(max(x, 0), 1)
	if x <= 0.0031308 {
		x *= 12.92
	} else {
		x = 1.055*math.Pow(x, 1/2.4) - 0.055
	}
	return uint8(math.Round(255 * x))
}

// ramp makes a map of 256 colours.
func ramp(at func(t float64) color.NRGBA) colorMap {
	var colors [256]color.NRGBA
	for i := range colors {
		colors[i] = at(float64(i) / 255)
	}
	return func(t float64) color.NRGBA {
		if math.IsNaN(t) {
			return nothing
		}
		return colors[int(math.Round(255*min(max(t, 0), 1)))]
	}
}

// sequential goes from dark violet over blue and green to yellow.
func sequential() colorMap {
	return ramp(func(t float64) color.NRGBA {
		hue := (305 - 200*t) * math.Pi / 180
		return oklch(0.27+0.66*t, 0.11+0.06*t, hue)
	})
}

// diverging goes from blue over nearly white, in its middle, to red-brown.
func diverging() colorMap {
	return ramp(func(t float64) color.NRGBA {
		d := 2*t - 1
		hue := 250 * math.Pi / 180
		if d > 0 {
			hue = 45 * math.Pi / 180
		}
		d = math.Abs(d)
		chroma := 0.13 * math.Sin(math.Pi/2*min(1.15*d, 1))
		return oklch(0.97-0.55*d, chroma, hue)
	})
}

// ink goes from pale to dark blue: for densities on white paper.
func ink() colorMap {
	return ramp(func(t float64) color.NRGBA {
		chroma := 0.05 + 0.05*math.Sin(math.Pi*t)
		return oklch(0.86-0.66*t, chroma, 262*math.Pi/180)
	})
}

// okabeIto are the colours of M. Okabe and K. Ito (2008), which people with any
// kind of colour vision tell apart, black last and yellow, pale on paper, behind
// the others.
var okabeIto = []color.NRGBA{
	{0x00, 0x72, 0xb2, 255}, {0xd5, 0x5e, 0x00, 255}, {0x00, 0x9e, 0x73, 255}, {0xcc, 0x79, 0xa7, 255},
	{0xe6, 0x9f, 0x00, 255}, {0x56, 0xb4, 0xe9, 255}, {0xf0, 0xe4, 0x42, 255}, {0x00, 0x00, 0x00, 255},
}

var (
	black   = color.NRGBA{0x1a, 0x1a, 0x1a, 255}
	grey    = color.NRGBA{0x80, 0x80, 0x80, 255}
	nothing = color.NRGBA{0xdd, 0xdd, 0xdd, 255} // a place without a value
)

// fade is the colour with so much of its strength.
func fade(c color.NRGBA, alpha float64) color.NRGBA {
	c.A = uint8(math.Round(255 * alpha))
	return c
}

// curveColors are colours for n curves: a few that are told apart, or, for many
// that have an order, those of a map.
func curveColors(n int) []color.NRGBA {
	if n < len(okabeIto) {
		return okabeIto[:n]
	}
	var list []color.NRGBA
	m := sequential()
	for i := range n {
		list = append(list, m(0.92*float64(i)/float64(n-1)))
	}
	return list
}
