package report

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"git.sr.ht/~sbinet/gg"
	"golang.org/x/image/font/sfnt"
)

// dotsPerMM is the resolution of PNG and of the images in SVG and PDF: 300 dots
// an inch.
const dotsPerMM = 300 / 25.4

// png is the scene as a PNG, 300 dots an inch, with the caption in its metadata.
func (s *Scene) png(beat *beat) ([]byte, error) {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.DefaultCompression}
	if err := e.Encode(&b, s.raster(beat, dotsPerMM, true)); err != nil {
		return nil, err
	}
	// Behind the 8 bytes of the signature and the 25 of the header.
	out := append([]byte(nil), b.Bytes()[:33]...)
	perMetre := uint32(math.Round(1000 * dotsPerMM))
	size := binary.BigEndian.AppendUint32(nil, perMetre)
	out = appendChunk(out, "pHYs", append(binary.BigEndian.AppendUint32(size, perMetre), 1))
	out = appendChunk(out, "iTXt", append([]byte("Description\x00\x00\x00\x00\x00"), s.Caption...))
	return append(out, b.Bytes()[33:]...), nil
}

func appendChunk(out []byte, kind string, data []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	from := len(out)
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[from:]))
}

// raster draws the scene with so many dots for a unit.
func (s *Scene) raster(beat *beat, dots float64, texts bool) *image.RGBA {
	w, h := int(math.Round(s.Width*dots)), int(math.Round(s.Height*dots))
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(im, im.Bounds(), image.White, image.Point{}, draw.Src)
	c := gg.NewContextForRGBA(im)
	c.SetLineCapButt()
	c.SetLineJoinRound()
	for _, item := range s.Items {
		beat.look()
		switch v := item.(type) {
		case *Path:
			v.raster(c, im, dots)
		case *Image:
			v.raster(im, dots)
		case *Text:
			if texts {
				v.raster(c, dots)
			}
		}
	}
	return im
}

func (p *Path) raster(c *gg.Context, whole *image.RGBA, dots float64) {
	var shift Point
	if p.Clip != nil {
		// A part of the image is a canvas of its own: nothing leaves it.
		r := pixels(*p.Clip, dots).Intersect(whole.Bounds()).Intersect(p.around(dots))
		if r.Empty() {
			return
		}
		shift = Point{float64(r.Min.X), float64(r.Min.Y)}
		part := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
		draw.Draw(part, part.Bounds(), whole, r.Min, draw.Src)
		defer func() { draw.Draw(whole, r, part, image.Point{}, draw.Src) }()
		c = gg.NewContextForRGBA(part)
		c.SetLineJoinRound()
		c.SetLineCapButt()
	}
	trace := func() {
		for _, line := range p.Lines {
			for i, at := range line {
				if i == 0 {
					c.MoveTo(at.X*dots-shift.X, at.Y*dots-shift.Y)
				} else {
					c.LineTo(at.X*dots-shift.X, at.Y*dots-shift.Y)
				}
			}
			if p.Closed {
				c.ClosePath()
			}
		}
	}
	if p.Fill.A > 0 {
		trace()
		c.SetColor(p.Fill)
		c.Fill()
	}
	if p.Stroke.A > 0 {
		c.SetDash()
		if p.Dash != nil {
			var dash []float64
			for _, d := range p.Dash {
				dash = append(dash, d*dots)
			}
			c.SetDash(dash...)
		}
		trace()
		c.SetLineWidth(p.Width * dots)
		c.SetColor(p.Stroke)
		c.Stroke()
	}
}

// around are the pixels that the path can reach.
func (p *Path) around(dots float64) image.Rectangle {
	box := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, line := range p.Lines {
		for _, at := range line {
			box = [4]float64{min(box[0], at.X), min(box[1], at.Y), max(box[2], at.X), max(box[3], at.Y)}
		}
	}
	if !(box[0] <= box[2] && box[1] <= box[3]) {
		return image.Rectangle{}
	}
	// An int of any size holds it.
	whole := func(x float64) int { return int(min(max(x, -1e9), 1e9)) }
	room := p.Width*dots + 2
	return image.Rect(whole(math.Floor(box[0]*dots-room)), whole(math.Floor(box[1]*dots-room)), whole(math.Ceil(box[2]*dots+room)), whole(math.Ceil(box[3]*dots+room)))
}

// pixels are those that a box covers.
func pixels(b Box, dots float64) image.Rectangle {
	round := func(x float64) int { return int(math.Round(x * dots)) }
	return image.Rect(round(b.X), round(b.Y), round(b.X+b.W), round(b.Y+b.H))
}

func (m *Image) raster(im *image.RGBA, dots float64) {
	r := pixels(m.Box, dots)
	w, h := m.Pixels.Rect.Dx(), m.Pixels.Rect.Dy()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if (image.Point{X: x, Y: y}).In(im.Rect) {
				c := m.Pixels.NRGBAAt((2*(x-r.Min.X)+1)*w/(2*r.Dx()), (2*(y-r.Min.Y)+1)*h/(2*r.Dy()))
				if c.A > 0 {
					im.SetRGBA(x, y, color.RGBA{c.R, c.G, c.B, 255})
				}
			}
		}
	}
}

func (t *Text) raster(c *gg.Context, dots float64) {
	t.eachGlyph(func(char rune, at Point, size float64) {
		scale := size / glyphUnits * dots
		place := func(i int, s *sfnt.Segment) (x, y float64) {
			u, v := float64(s.Args[i].X)/64*scale, float64(s.Args[i].Y)/64*scale
			if t.Up {
				u, v = v, -u
			}
			return at.X*dots + u, at.Y*dots + v
		}
		for _, s := range glyphOf(char).segments {
			x, y := place(0, &s)
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				c.MoveTo(x, y)
			case sfnt.SegmentOpLineTo:
				c.LineTo(x, y)
			case sfnt.SegmentOpQuadTo:
				u, v := place(1, &s)
				c.QuadraticTo(x, y, u, v)
			}
		}
	})
	c.SetColor(t.Color)
	c.Fill()
}
