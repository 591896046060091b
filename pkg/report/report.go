package report

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
)

// Report shows one result folder.
type Report struct {
	// Limit is how many bytes a figure may take to be drawn, about; a larger one
	// is refused by a [*SizeError].
	Limit int64

	dir    string
	spec   *experiment.Spec
	models []*models.Model
	// load reads columns of the data set, in place of what lies in dir.
	load func(names []string) *table
}

// defaultLimit is a report's Limit if nobody says: what a machine to work at has
// to spare, and enough for some ten million trials.
const defaultLimit = 2 << 30

// A SizeError is that of a figure whose data are too large to be drawn.
type SizeError struct {
	Rows           int   // that were read before it was given up
	Limit, Planned int64 // bytes and trials
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("to draw it takes more than %s for the first %d of %d trials; a where that keeps fewer, or less of its series, makes it smaller",
		bytesText(e.Limit), e.Rows, e.Planned)
}

func bytesText(n int64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
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
	return &Report{Limit: defaultLimit, dir: dir, spec: spec, models: list}
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
		figure := r.Figure(f)
		figure.suggested = r.spec.Figures == nil
		list = append(list, figure)
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
	report    *Report
	spec      experiment.Figure
	suggested bool

	mu    sync.Mutex
	chart *chart
	err   error
}

// Name is the name of the figure's files, without extension.
func (f *Figure) Name() string { return f.spec.File }

// Spec is the figure as a spec asks for it.
func (f *Figure) Spec() experiment.Figure { return f.spec }

// Title is the sentence that the spec gives the figure, or "".
func (f *Figure) Title() string { return f.spec.Title }

// Suggested reports whether nobody asked for the figure: that it has nothing to
// show is then no news.
func (f *Figure) Suggested() bool { return f.suggested }

// compute reads the data that the figure shows, the first time.
func (f *Figure) compute(ctx context.Context) (*chart, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.chart != nil || f.err != nil {
		return f.chart, f.err
	}
	err := guard(ctx, func(b *beat) (err error) {
		f.chart, err = f.report.build(b, &f.spec)
		return err
	})
	if err != nil {
		f.chart = nil
	}
	if ctx.Err() == nil {
		f.err = err
	}
	return f.chart, err
}

// heldBytes is how much data a figure that was drawn keeps, to be drawn again.
const heldBytes = 16 << 20

// Release lets go of the data of a figure that was drawn, if they are many.
func (f *Figure) Release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.chart != nil && f.chart.bytes > heldBytes {
		f.chart = nil
	}
}

// Caption says what the figure shows: what was averaged, over what, and what was
// left out.
func (f *Figure) Caption(ctx context.Context) (string, error) {
	c, err := f.compute(ctx)
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
func (f *Figure) Scene(ctx context.Context) (s *Scene, err error) {
	c, err := f.compute(ctx)
	if err != nil {
		return nil, err
	}
	width := float64(columnWidth)
	if f.spec.Width == "page" || f.spec.Width == "" && len(c.panels) > 1 {
		width = pageWidth
	}
	err = guard(ctx, func(b *beat) error {
		s = c.layout(b, paper(width))
		return nil
	})
	return s, err
}

// Formats are the formats of files.
var Formats = []string{"png", "svg", "pdf"}

// Draw is the figure as a file of the format. The same data give the same bytes.
func (f *Figure) Draw(ctx context.Context, format string) (data []byte, err error) {
	s, err := f.Scene(ctx)
	if err != nil {
		return nil, err
	}
	err = guard(ctx, func(b *beat) (err error) {
		switch format {
		case "png":
			data, err = s.png(b)
		case "svg":
			data, err = s.svg(b, "", "")
		case "pdf":
			data, err = s.pdf(b)
		default:
			err = fmt.Errorf("there is no format %q; formats are %s", format, strings.Join(Formats, ", "))
		}
		return err
	})
	return data, err
}
