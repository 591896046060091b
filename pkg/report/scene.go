package report

import (
	"image"
	"image/color"

	"github.com/neurosweep/sweep/internal/plain"
)

// Scene is a drawing: what it shows and where, on no canvas yet. Lengths are in
// its canvas's unit, millimetres on paper and half characters on a terminal; x
// goes right and y down.
type Scene struct {
	Width, Height float64
	Items         []Item
	// Caption says in words what is shown.
	Caption string
}

// Item is one thing in a scene: a [*Path], a [*Text] or an [*Image]. Later ones
// lie over earlier ones.
type Item interface{ item() }

// Point is a place in a scene.
type Point struct{ X, Y float64 }

// Box is a rectangle in a scene.
type Box struct{ X, Y, W, H float64 }

// Path is lines through points, stroked, filled, or both.
type Path struct {
	Lines  [][]Point
	Closed bool
	Stroke color.NRGBA // no line if its alpha is 0
	Width  float64
	Dash   []float64
	Fill   color.NRGBA // not filled if its alpha is 0
	Clip   *Box        // what lies outside is not drawn
}

// Text is one line of text. A part in ^{…} or _{…} stands raised or lowered, and
// smaller.
type Text struct {
	At   Point   // of the base line
	Size float64 // height of the font's em
	Text string
	// Align is 0 if the text begins at At, 0.5 if it is centred there, 1 if it
	// ends there.
	Align float64
	Up    bool // turned to read from below
	Color color.NRGBA
}

// Image is a picture of square or other cells, in a box.
type Image struct {
	Box
	Pixels *image.NRGBA
}

func (*Path) item()  {}
func (*Text) item()  {}
func (*Image) item() {}

// maxLabel is how many characters of a text a figure shows.
const maxLabel = 200

func (s *Scene) add(items ...Item) {
	for _, item := range items {
		if t, ok := item.(*Text); ok {
			t.Text = label(t.Text)
		}
	}
	s.Items = append(s.Items, items...)
}

// label is text from data as a figure shows it.
func label(text string) string {
	count := 0
	for i := range text {
		if count++; count > maxLabel {
			return plain.Text(text[:i]) + "…"
		}
	}
	return plain.Text(text)
}

// run is a part of a text in one size and height.
type run struct {
	text string
	size float64 // relative to the text's
	rise float64 // relative to the text's size, upwards
}

// runs takes ^{…} and _{…} apart.
func runs(text string) (list []run) {
	plain := func(s string) {
		if s != "" {
			list = append(list, run{s, 1, 0})
		}
	}
	start := 0
	for i := 0; i+1 < len(text); i++ {
		if (text[i] != '^' && text[i] != '_') || text[i+1] != '{' {
			continue
		}
		end := i + 2
		for end < len(text) && text[end] != '}' {
			end++
		}
		if end == len(text) {
			break
		}
		plain(text[start:i])
		rise := 0.36
		if text[i] == '_' {
			rise = -0.16
		}
		list = append(list, run{text[i+2 : end], 0.72, rise})
		start, i = end+1, end
	}
	plain(text[start:])
	return list
}
