package report

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"unicode/utf8"
)

// Terminal is the figure as lines of text for a terminal of so many characters
// across and down: images in half blocks, lines in dots of braille. Without
// colors images are dots of braille too, and nothing is escaped.
func (f *Figure) Terminal(ctx context.Context, columns, rows int, colors bool) (text string, err error) {
	c, err := f.compute(ctx)
	if err != nil {
		return "", err
	}
	columns, rows = min(max(columns, 30), mostColumns), min(max(rows, 10), mostRows)
	err = guard(ctx, func(b *beat) error {
		// A character is one unit wide and two high.
		text = c.layout(b, &style{
			width: float64(columns), height: float64(2 * rows), font: 2, small: 2, line: 0.4, curve: 0.6, tick: 0, dots: 1,
			textSize: cellWidth, gap: 1, terminal: true,
		}).terminal(b, columns, rows, colors)
		return nil
	})
	return text, err
}

// A terminal says how large it is, and need not be one that somebody sees.
const (
	mostColumns = 1000
	mostRows    = 500
)

// cellWidth is how many characters a text has on a terminal.
func cellWidth(text string, _ float64) float64 {
	return float64(utf8.RuneCountInString(flat(text)))
}

// flat writes raised and lowered parts in the line.
func flat(text string) string {
	var b strings.Builder
	for _, r := range runs(text) {
		switch {
		case r.rise > 0:
			b.WriteString(superscript.Replace(r.text))
		default:
			b.WriteString(r.text)
		}
	}
	return b.String()
}

var superscript = strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹", "−", "⁻")

// square is one character of a terminal.
type square struct {
	char         rune
	upper, lower color.NRGBA // of an image, where char is 0
	image        bool
	dots         uint8 // of braille
	ink          color.NRGBA
}

// brailleBits are the dots of a character, by row and column.
var brailleBits = [4][2]uint8{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

func (s *Scene) terminal(beat *beat, columns, rows int, colors bool) string {
	squares := make([]square, columns*rows)
	at := func(x, y int) *square {
		if x < 0 || y < 0 || x >= columns || y >= rows {
			return nil
		}
		return &squares[y*columns+x]
	}
	for _, item := range s.Items {
		beat.look()
		switch v := item.(type) {
		case *Image:
			r := pixels(v.Box, 1)
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					q := at(x, int(math.Floor(float64(y)/2)))
					if q == nil {
						continue
					}
					c := v.sample(x-r.Min.X, y-r.Min.Y, r)
					q.image = q.image || c.A > 0
					if y%2 == 0 {
						q.upper = c
					} else {
						q.lower = c
					}
					// The darker the pixel, the more of its four dots. A place
					// without a value has none, and every other at least one.
					if c.A > 0 && c != nothing {
						light := (0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B)) / 255
						q.dots |= dither(x, y, max(1-light, 0.13))
					}
				}
			}
		case *Path:
			s.brailled(beat, v, columns, rows, at)
		case *Text:
			text := []rune(flat(v.Text))
			x := int(math.Round(v.At.X - v.Align*float64(len(text))))
			y := int(math.Round(v.At.Y/2)) - 1
			x = min(max(x, 0), max(columns-len(text), 0))
			for i, c := range text {
				if q := at(x+i, max(y, 0)); q != nil {
					*q = square{char: c, ink: v.Color}
				}
			}
		}
	}
	var b strings.Builder
	for y := range rows {
		line := squares[y*columns : (y+1)*columns]
		end := len(line)
		for end > 0 && line[end-1] == (square{}) {
			end--
		}
		for _, q := range line[:end] {
			q.write(&b, colors)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// sample is a pixel of the image where it is r.
func (m *Image) sample(x, y int, r image.Rectangle) color.NRGBA {
	w, h := m.Pixels.Rect.Dx(), m.Pixels.Rect.Dy()
	return m.Pixels.NRGBAAt((2*x+1)*w/(2*r.Dx()), (2*y+1)*h/(2*r.Dy()))
}

// dither are the dots of one of the two halves of a character, 2 across and 2
// down, that a darkness sets.
func dither(x, y int, dark float64) (bits uint8) {
	order := [2][2]float64{{0.125, 0.625}, {0.875, 0.375}}
	for j := range 2 {
		for i := range 2 {
			if dark > order[j][i] {
				bits |= brailleBits[2*(y&1)+j][i]
			}
		}
	}
	return bits
}

// brailled draws a path in dots of braille: two across and four down for each
// character.
func (s *Scene) brailled(beat *beat, p *Path, columns, rows int, at func(x, y int) *square) {
	if p.Stroke.A == 0 {
		return // areas would cover what lies in them
	}
	box := Box{0, 0, float64(columns), float64(2 * rows)}
	if p.Clip != nil {
		box = *p.Clip
	}
	put := func(x, y float64) {
		if x < box.X || x > box.X+box.W || y < box.Y || y > box.Y+box.H {
			return
		}
		i, j := int(math.Floor(2*x)), int(math.Floor(2*y))
		if q := at(i>>1, j>>2); q != nil && q.char == 0 {
			q.dots |= brailleBits[j&3][i&1]
			q.ink = p.Stroke
			if q.image {
				q.image = false // the line goes before the image
			}
		}
	}
	for _, line := range p.Lines {
		if p.Closed {
			line = append(line[:len(line):len(line)], line[0])
		}
		for i := 1; i < len(line); i++ {
			beat.tick()
			a, b := line[i-1], line[i]
			n := int(min(4*max(math.Abs(b.X-a.X), math.Abs(b.Y-a.Y)), 1e4)) + 1
			for k := range n + 1 {
				t := float64(k) / float64(n)
				put(a.X+t*(b.X-a.X), a.Y+t*(b.Y-a.Y))
			}
		}
	}
}

// write writes a character, with its colours if there are any.
func (q *square) write(b *strings.Builder, colors bool) {
	escape := func(ground int, c color.NRGBA) string {
		return fmt.Sprintf("\x1b[%d;2;%d;%d;%dm", ground, c.R, c.G, c.B)
	}
	plain := !colors || q.ink == black || q.ink.A == 0
	switch {
	case q.char != 0 && plain:
		b.WriteRune(q.char)
	case q.char != 0:
		b.WriteString(escape(38, q.ink) + string(q.char) + "\x1b[0m")
	case q.image && colors && q.upper.A == 0:
		b.WriteString(escape(38, q.lower) + "▄\x1b[0m")
	case q.image && colors && q.lower.A == 0:
		b.WriteString(escape(38, q.upper) + "▀\x1b[0m")
	case q.image && colors:
		b.WriteString(escape(38, q.upper) + escape(48, q.lower) + "▀\x1b[0m")
	case q.dots == 0:
		b.WriteByte(' ')
	case plain:
		b.WriteRune(0x2800 + rune(q.dots))
	default:
		b.WriteString(escape(38, q.ink) + string(0x2800+rune(q.dots)) + "\x1b[0m")
	}
}
