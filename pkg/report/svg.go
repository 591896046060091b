package report

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"image/color"
	"image/png"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/image/font/sfnt"
)

// svg is the scene as an SVG whose characters are outlines, each drawn once and
// used by reference, and whose images are PNG within it. It names the scene for
// readers that do not see it, and begins all identities with a prefix, so that
// many scenes can stand in one document.
func (s *Scene) svg(beat *beat, prefix, label string) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%smm" height="%smm" viewBox="0 0 %s %s" role="img"`, num(s.Width), num(s.Height), num(s.Width), num(s.Height))
	if label != "" {
		b.WriteString(` aria-label="`)
		xml.EscapeText(&b, []byte(label))
		b.WriteString(`"`)
	}
	b.WriteString(">\n<desc>")
	xml.EscapeText(&b, []byte(s.Caption)) // a bytes.Buffer takes everything
	b.WriteString("</desc>\n")
	s.svgGlyphs(&b, prefix)
	fmt.Fprintf(&b, `<rect width="%s" height="%s" fill="#ffffff"/>`+"\n", num(s.Width), num(s.Height))
	clips := 0
	for _, item := range s.Items {
		beat.look()
		switch v := item.(type) {
		case *Path:
			clip := ""
			if v.Clip != nil {
				clips++
				fmt.Fprintf(&b, `<clipPath id="%sc%d"><rect x="%s" y="%s" width="%s" height="%s"/></clipPath>`+"\n", prefix, clips, num(v.Clip.X), num(v.Clip.Y), num(v.Clip.W), num(v.Clip.H))
				clip = fmt.Sprintf(` clip-path="url(#%sc%d)"`, prefix, clips)
			}
			fmt.Fprintf(&b, `<path%s d="%s"%s/>`+"\n", clip, v.svgData(), v.svgStyle())
		case *Image:
			var data bytes.Buffer
			if err := png.Encode(&data, v.Pixels); err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, `<image x="%s" y="%s" width="%s" height="%s" preserveAspectRatio="none" image-rendering="pixelated" href="data:image/png;base64,%s"/>`+"\n",
				num(v.X), num(v.Y), num(v.W), num(v.H), base64.StdEncoding.EncodeToString(data.Bytes()))
		case *Text:
			v.svg(&b, prefix)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes(), nil
}

// num is a length to a thousandth.
func num(x float64) string {
	text := strconv.FormatFloat(x, 'f', 3, 64)
	text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	if text == "-0" {
		return "0"
	}
	return text
}

func hexColor(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

func (p *Path) svgData() string {
	var b strings.Builder
	for _, line := range p.Lines {
		for i, at := range line {
			op := byte('L')
			if i == 0 {
				op = 'M'
			}
			b.WriteByte(op)
			b.WriteString(num(at.X) + " " + num(at.Y))
		}
		if p.Closed {
			b.WriteByte('Z')
		}
	}
	return b.String()
}

func (p *Path) svgStyle() string {
	var b strings.Builder
	if p.Fill.A > 0 {
		fmt.Fprintf(&b, ` fill="%s"`, hexColor(p.Fill))
		if p.Fill.A < 255 {
			fmt.Fprintf(&b, ` fill-opacity="%s"`, num(float64(p.Fill.A)/255))
		}
	} else {
		b.WriteString(` fill="none"`)
	}
	if p.Stroke.A > 0 {
		fmt.Fprintf(&b, ` stroke="%s" stroke-width="%s" stroke-linejoin="round"`, hexColor(p.Stroke), num(p.Width))
		if p.Stroke.A < 255 {
			fmt.Fprintf(&b, ` stroke-opacity="%s"`, num(float64(p.Stroke.A)/255))
		}
		if p.Dash != nil {
			var dash []string
			for _, d := range p.Dash {
				dash = append(dash, num(d))
			}
			fmt.Fprintf(&b, ` stroke-dasharray="%s"`, strings.Join(dash, " "))
		}
	}
	return b.String()
}

// svgGlyphs writes the outline of each character that the scene uses.
func (s *Scene) svgGlyphs(b *bytes.Buffer, prefix string) {
	var used []rune
	for _, item := range s.Items {
		if t, ok := item.(*Text); ok {
			t.eachGlyph(func(c rune, _ Point, _ float64) { used = append(used, c) })
		}
	}
	slices.Sort(used)
	b.WriteString("<defs>\n")
	for _, c := range slices.Compact(used) {
		segments := glyphOf(c).segments
		if len(segments) == 0 {
			continue
		}
		fmt.Fprintf(b, `<path id="%sg%x" d="`, prefix, c)
		for _, s := range segments {
			at := func(i int) string { return fmt.Sprintf("%d %d", s.Args[i].X.Round(), s.Args[i].Y.Round()) }
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				b.WriteString("M" + at(0))
			case sfnt.SegmentOpLineTo:
				b.WriteString("L" + at(0))
			case sfnt.SegmentOpQuadTo:
				b.WriteString("Q" + at(0) + " " + at(1))
			}
		}
		b.WriteString("Z\"/>\n")
	}
	b.WriteString("</defs>\n")
}

func (t *Text) svg(b *bytes.Buffer, prefix string) {
	fmt.Fprintf(b, `<g fill="%s" aria-label="`, hexColor(t.Color))
	xml.EscapeText(b, []byte(t.Text))
	b.WriteString(`">`)
	t.eachGlyph(func(c rune, at Point, size float64) {
		if len(glyphOf(c).segments) == 0 {
			return
		}
		turn := ""
		if t.Up {
			turn = " rotate(-90)"
		}
		fmt.Fprintf(b, `<use href="#%sg%x" transform="translate(%s %s)%s scale(%s)"/>`, prefix, c, num(at.X), num(at.Y), turn, strconv.FormatFloat(size/glyphUnits, 'g', 6, 64))
	})
	b.WriteString("</g>\n")
}
