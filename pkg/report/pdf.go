package report

import (
	"bytes"
	"fmt"
	"image/color"
	"image/draw"
	"image/png"
	"time"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"
)

// pdf is the scene as a PDF of its own size, with the part of the font that it
// uses in it.
func (s *Scene) pdf(beat *beat) ([]byte, error) {
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: s.Width, Ht: s.Height}})
	// The same bytes for the same scene: no clock, and no order of a map.
	when := time.Unix(0, 0).UTC()
	doc.SetCreationDate(when)
	doc.SetModificationDate(when)
	doc.SetCatalogSort(true)
	doc.SetSubject(s.Caption, true)
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	doc.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	// "L" would exchange width and height.
	doc.AddPageFormat("P", fpdf.SizeType{Wd: s.Width, Ht: s.Height})
	doc.SetLineCapStyle("butt")
	doc.SetLineJoinStyle("round")
	widths := make(map[int]bool)
	for i, item := range s.Items {
		beat.look()
		switch v := item.(type) {
		case *Path:
			v.pdf(doc)
		case *Image:
			pixels := v.Pixels
			from := pixels.Bounds()
			// The library writes images in the order of their widths, and those of
			// one width in that of a map: each gets its own, of clear pixels.
			width := from.Dx()
			for widths[width] {
				width++
			}
			widths[width] = true
			if width > from.Dx() {
				pixels = newImage(width, from.Dy())
				draw.Draw(pixels, from, v.Pixels, from.Min, draw.Src)
			}
			var data bytes.Buffer
			if err := png.Encode(&data, pixels); err != nil {
				return nil, err
			}
			name := fmt.Sprint("image", i)
			doc.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "PNG"}, &data)
			doc.ImageOptions(name, v.X, v.Y, v.W*float64(width)/float64(from.Dx()), v.H, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
		case *Text:
			v.pdf(doc)
		}
	}
	var b bytes.Buffer
	err := doc.Output(&b)
	return b.Bytes(), err
}

func setAlpha(doc *fpdf.Fpdf, c color.NRGBA) { doc.SetAlpha(float64(c.A)/255, "Normal") }

func (p *Path) pdf(doc *fpdf.Fpdf) {
	if p.Clip != nil {
		doc.ClipRect(p.Clip.X, p.Clip.Y, p.Clip.W, p.Clip.H, false)
		defer doc.ClipEnd()
	}
	trace := func() {
		for _, line := range p.Lines {
			for i, at := range line {
				if i == 0 {
					doc.MoveTo(at.X, at.Y)
				} else {
					doc.LineTo(at.X, at.Y)
				}
			}
			if p.Closed {
				doc.ClosePath()
			}
		}
	}
	if p.Fill.A > 0 {
		setAlpha(doc, p.Fill)
		doc.SetFillColor(int(p.Fill.R), int(p.Fill.G), int(p.Fill.B))
		trace()
		doc.DrawPath("F")
	}
	if p.Stroke.A > 0 {
		setAlpha(doc, p.Stroke)
		doc.SetDrawColor(int(p.Stroke.R), int(p.Stroke.G), int(p.Stroke.B))
		doc.SetLineWidth(p.Width)
		doc.SetDashPattern(p.Dash, 0)
		trace()
		doc.DrawPath("D")
	}
	doc.SetAlpha(1, "Normal")
}

// pointsPerMM turns the size of a font into points.
const pointsPerMM = 72 / 25.4

func (t *Text) pdf(doc *fpdf.Fpdf) {
	doc.SetTextColor(int(t.Color.R), int(t.Color.G), int(t.Color.B))
	at := t.begin(paperWidth(t.Text, t.Size))
	if t.Up {
		doc.TransformBegin()
		doc.TransformRotate(90, at.X, at.Y)
		defer doc.TransformEnd()
	}
	for _, r := range runs(t.Text) {
		doc.SetFont("sans", "", t.Size*r.size*pointsPerMM)
		doc.Text(at.X, at.Y-r.rise*t.Size, r.text)
		at.X += paperWidth(r.text, t.Size*r.size)
	}
}
