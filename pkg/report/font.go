package report

import (
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The one font of figures is Liberation Sans: in the program, so that a figure is
// the same everywhere, and as wide as Arial. It is parsed when the first figure
// is drawn.
var sans = sync.OnceValue(func() *sfnt.Font {
	f, err := sfnt.Parse(liberationsansregular.TTF)
	if err != nil {
		panic("report: the font: " + err.Error()) // it is part of the program
	}
	return f
})

// glyphUnits is the size at which outlines and widths are taken from the font.
const glyphUnits = 2048

// glyph is the shape of a character: outlines in glyphUnits, y down from the
// base line, and how far the next character stands from it.
type glyph struct {
	segments sfnt.Segments
	advance  float64
}

var (
	glyphs     = make(map[rune]*glyph)
	glyphsLock sync.Mutex
)

// glyphOf is the shape of c, that of a box if the font has none.
func glyphOf(c rune) *glyph {
	glyphsLock.Lock()
	defer glyphsLock.Unlock()
	if g := glyphs[c]; g != nil {
		return g
	}
	var buf sfnt.Buffer
	g := &glyph{}
	size := fixed.I(glyphUnits)
	// The embedded font answers for every index it gives itself.
	if i, err := sans().GlyphIndex(&buf, c); err == nil {
		if segments, err := sans().LoadGlyph(&buf, i, size, nil); err == nil {
			g.segments = append(sfnt.Segments(nil), segments...)
		}
		if a, err := sans().GlyphAdvance(&buf, i, size, font.HintingNone); err == nil {
			g.advance = float64(a) / 64
		}
	}
	glyphs[c] = g
	return g
}

// paperWidth is how wide a text is on paper.
func paperWidth(text string, size float64) float64 {
	var w float64
	for _, r := range runs(text) {
		for _, c := range r.text {
			w += glyphOf(c).advance * r.size
		}
	}
	return w * size / glyphUnits
}

// begin is where a text starts whose width is w, and how it goes on.
func (t *Text) begin(w float64) Point {
	if t.Up {
		return Point{t.At.X, t.At.Y + t.Align*w}
	}
	return Point{t.At.X - t.Align*w, t.At.Y}
}

// eachGlyph visits the characters of a text, with the place of each one's base
// point in the scene and its size.
func (t *Text) eachGlyph(visit func(c rune, at Point, size float64)) {
	at := t.begin(paperWidth(t.Text, t.Size))
	for _, r := range runs(t.Text) {
		size := t.Size * r.size
		for _, c := range r.text {
			p := Point{at.X, at.Y - r.rise*t.Size}
			if t.Up {
				p = Point{at.X - r.rise*t.Size, at.Y}
			}
			visit(c, p, size)
			step := glyphOf(c).advance * size / glyphUnits
			if t.Up {
				at.Y -= step
			} else {
				at.X += step
			}
		}
	}
}

// Box is what the text covers on paper, with the room that letters have above
// and below the base line.
func (t *Text) Box() Box {
	w := paperWidth(t.Text, t.Size)
	at := t.begin(w)
	if t.Up {
		return Box{at.X - 0.75*t.Size, at.Y - w, t.Size, w}
	}
	return Box{at.X, at.Y - 0.75*t.Size, w, t.Size}
}
