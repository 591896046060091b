package report

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
)

// Report shows one result folder.
type Report struct {
	dir    string
	spec   *experiment.Spec
	models []*models.Model
}

// Open opens a result folder by the spec that lies in it, of one of the models.
func Open(dir string, list []*models.Model) (*Report, error) {
	spec, err := experiment.Read(filepath.Join(dir, "spec.yaml"), experiment.Options{Models: list})
	if err != nil {
		return nil, err
	}
	return New(dir, spec, list), nil
}

// New shows the folder as another spec of the same plan asks for, such as one
// whose figures have changed since it was run.
func New(dir string, spec *experiment.Spec, list []*models.Model) *Report {
	return &Report{dir: dir, spec: spec, models: list}
}

// Dir is the result folder.
func (r *Report) Dir() string { return r.dir }

// Spec is the spec whose figures are shown.
func (r *Report) Spec() *experiment.Spec { return r.spec }

// Figures are those that the spec asks for, or, if it says nothing of figures,
// those that its axes and outputs suggest.
func (r *Report) Figures() ([]*Figure, error) {
	specs := r.spec.Figures
	if specs == nil {
		var err error
		if specs, err = r.spec.ParseFigures("figures", suggested(r.spec)); err != nil {
			return nil, fmt.Errorf("the suggested figures: %w", err)
		}
	}
	var list []*Figure
	for _, f := range specs {
		list = append(list, r.Figure(f))
	}
	return list, nil
}

// Figure is a figure of the folder.
func (r *Report) Figure(f experiment.Figure) *Figure { return &Figure{report: r, spec: f} }

// suggested are figures for a spec that asks for none, as they would stand in it:
// an orbit diagram of each of the first two series, a plane or curves of the
// first two numbers, along the first axes.
func suggested(s *experiment.Spec) string {
	var axes []string
	for _, a := range s.Axes {
		if d := s.Model.Params[a.Param].Decl(); (d.Kind == models.FloatKind || d.Kind == models.IntKind) && a.Len > 1 {
			axes = append(axes, d.Name)
		}
	}
	var series, numbers, labels []string
	for _, o := range s.Model.Outputs {
		switch d := o.Decl(); {
		case d.Kind == models.SeriesKind:
			series = append(series, d.Name)
		case d.Kind == models.LabelKind && len(d.Labels) > 0:
			labels = append(labels, d.Name)
		case d.Kind != models.LabelKind && !strings.HasSuffix(d.Name, "_se"):
			numbers = append(numbers, d.Name)
		}
	}
	var b strings.Builder
	add := func(format string, args ...any) { fmt.Fprintf(&b, "- "+format+"\n", args...) }
	switch {
	case len(axes) == 0:
		if len(numbers) > 0 {
			add("{kind: histogram, x: %s}", numbers[0])
		}
	case len(axes) == 1:
		if len(series) > 0 {
			add("{kind: orbit, x: %s, y: %s}", axes[0], series[0])
		}
		for _, y := range numbers[:min(len(numbers), 2)] {
			add("{kind: line, x: %s, y: %s}", axes[0], y)
		}
	default:
		for _, z := range numbers[:min(len(numbers), 2)] {
			add("{kind: heatmap, x: %s, y: %s, z: %s}", axes[0], axes[1], z)
		}
		if len(labels) > 0 {
			add("{kind: phases, x: %s, y: %s, z: %s}", axes[0], axes[1], labels[0])
		}
		if len(numbers) == 0 && len(series) > 0 {
			add("{kind: orbit, x: %s, y: %s}", axes[0], series[0])
		}
	}
	if b.Len() == 0 {
		return "[]"
	}
	return b.String()
}

// Figure is one picture of a result folder. Its methods may be called from many
// goroutines.
type Figure struct {
	report *Report
	spec   experiment.Figure

	once  sync.Once
	chart *chart
	err   error
}

// Name is the name of the figure's files, without extension.
func (f *Figure) Name() string { return f.spec.File }

// Spec is the figure as a spec asks for it.
func (f *Figure) Spec() experiment.Figure { return f.spec }

// Title is the sentence that the spec gives the figure, or "".
func (f *Figure) Title() string { return f.spec.Title }

// compute reads the data that the figure shows, the first time.
func (f *Figure) compute() (*chart, error) {
	f.once.Do(func() { f.chart, f.err = f.report.build(&f.spec) })
	return f.chart, f.err
}

// Caption says what the figure shows: what was averaged, over what, and what was
// left out.
func (f *Figure) Caption() (string, error) {
	c, err := f.compute()
	if err != nil {
		return "", err
	}
	return c.caption, nil
}

// Widths of figures in millimetres: of a column and of a page.
const (
	columnWidth = 85
	pageWidth   = 175
)

// Scene is the figure on paper, in millimetres.
func (f *Figure) Scene() (*Scene, error) {
	c, err := f.compute()
	if err != nil {
		return nil, err
	}
	width := float64(columnWidth)
	if f.spec.Width == "page" || f.spec.Width == "" && len(c.panels) > 1 {
		width = pageWidth
	}
	return c.layout(paper(width)), nil
}

// Formats are the formats of files.
var Formats = []string{"png", "svg", "pdf"}

// Draw is the figure as a file of the format. The same data give the same bytes.
func (f *Figure) Draw(format string) ([]byte, error) {
	s, err := f.Scene()
	if err != nil {
		return nil, err
	}
	switch format {
	case "png":
		return s.PNG()
	case "svg":
		return s.SVG()
	case "pdf":
		return s.PDF()
	}
	return nil, fmt.Errorf("there is no format %q; formats are %s", format, strings.Join(Formats, ", "))
}
