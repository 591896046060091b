package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/report"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

// figuresDir is where a result folder has its figures.
const figuresDir = "figures"

// plotKeys are the keys of a figure that have a flag.
var plotKeys = []string{"kind", "x", "y", "z", "by", "panels", "where"}

func (a *app) plotCommand() *cobra.Command {
	var flags specFlags
	var names, formats []string
	var out string
	var terminal bool
	given := make(map[string]*string)
	cmd := a.verb(&cobra.Command{
		Use:   "plot RESULTS-FOLDER | SPEC",
		Short: "Draw figures of the results",
		Long: `plot draws the figures that the spec asks for, from the data set in trials/ alone:
of a result folder those of the spec as run, of a spec file those that the file
has now. Without figures in the spec it draws some that axes and outputs suggest.
--kind, --x, --y and so on draw another one in their place.

Files go to the folder's figures/, in each format, with the caption as text
beside them. The same data give the same bytes. Files that are there already are
replaced only if they are such figures.`,
		Example: "  sweep plot results/bms-regimes\n  sweep plot results/bms-regimes --kind line --x sigma --y 'mean(rate)' --by gamma\n  sweep plot results/logistic-bifurcation --term",
		Args:    cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		for _, f := range formats {
			if !slices.Contains(report.Formats, f) {
				return fmt.Errorf("--format takes %s, not %q", strings.Join(report.Formats, ", "), f)
			}
		}
		r, dir, err := a.report(args[0], flags)
		if err != nil {
			return err
		}
		figures, err := r.Figures()
		if err != nil {
			return err
		}
		if text := figureText(given); text != "" {
			specs, err := r.Spec().ParseFigures("flags", text)
			if err != nil {
				return err
			}
			figures = []*report.Figure{r.Figure(specs[0])}
		}
		if figures, err = pickFigures(figures, names); err != nil {
			return err
		}
		if terminal {
			return a.showFigures(cmd.Context(), figures)
		}
		if out == "" {
			out = filepath.Join(dir, figuresDir)
		}
		paths, err := drawFigures(cmd.Context(), figures, out, formats)
		if err == nil && len(paths) == 0 && len(figures) > 0 {
			if _, err = figures[0].Caption(cmd.Context()); err != nil { // as those of the others
				err = fmt.Errorf("no figure has anything to show: %w", err)
			}
		}
		if a.json {
			return errors.Join(a.printJSON("sweep.plot/v1", "figures", paths), err)
		}
		for _, p := range paths {
			fmt.Fprintln(a.stdout, plain.Text(p))
		}
		return err
	})
	flags.add(cmd)
	cmd.Flags().StringSliceVar(&names, "figure", nil, "draw the `name`d figures only")
	cmd.Flags().StringSliceVar(&formats, "format", []string{"png", "svg", "pdf"}, "`formats` of the files")
	cmd.Flags().StringVar(&out, "out", "", "`folder` for the files (default figures/ of the result folder)")
	cmd.Flags().BoolVar(&terminal, "term", false, "show the figures on the terminal and write no file")
	for _, key := range plotKeys {
		given[key] = cmd.Flags().String(key, "", "draw another figure: its "+key+", as in a spec")
	}
	return cmd
}

// report opens the result folder that the argument names, itself or by its spec.
// Of a spec file the figures are those that the file has now.
func (a *app) report(arg string, flags specFlags) (*report.Report, string, error) {
	on, err := a.judged(arg, flags)
	if err != nil {
		return nil, "", err
	}
	// A folder without a data set yet is the report's to tell.
	if r, err := store.Status(on.dir, on.plan); err == nil {
		a.note(on.dir, r)
	}
	return report.New(on.dir, on.spec, all.Models), on.dir, nil
}

// figureText is the figure that flags give as it would stand in a spec, "" if
// none is given.
func figureText(given map[string]*string) string {
	var b strings.Builder
	for _, key := range plotKeys {
		if text := *given[key]; text != "" {
			if key != "kind" && !strings.HasPrefix(text, "[") {
				text = "'" + strings.ReplaceAll(text, "'", "''") + "'"
			}
			fmt.Fprintf(&b, "%s: %s\n", key, text)
		}
	}
	return b.String()
}

// pickFigures are the figures of these names; all if there are none.
func pickFigures(figures []*report.Figure, names []string) ([]*report.Figure, error) {
	if names == nil {
		return figures, nil
	}
	var known []string
	for _, f := range figures {
		known = append(known, f.Name())
	}
	var list []*report.Figure
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, fmt.Errorf("there is no figure %q; figures are %s", name, strings.Join(known, ", "))
		}
		list = append(list, figures[i])
	}
	return list, nil
}

// drawFigures writes figures into a folder and returns what it wrote. One that
// cannot be drawn does not keep the others from being; one that nobody asked for
// and that has nothing to show is passed by. When ctx is done it writes no more,
// and its error is that of ctx.
func drawFigures(ctx context.Context, figures []*report.Figure, dir string, formats []string) (paths []string, err error) {
	if len(figures) == 0 {
		return nil, nil
	}
	if err := unowned(filepath.Join(dir, figures[0].Name())); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	for _, f := range figures {
		caption, mistake := f.Caption(ctx)
		switch {
		case ctx.Err() != nil:
			return paths, ctx.Err()
		case f.Suggested() && errors.Is(mistake, report.ErrNothing):
			continue
		case mistake != nil:
			err = errors.Join(err, fmt.Errorf("figure %s: %w", f.Name(), mistake))
			continue
		}
		path := filepath.Join(dir, f.Name())
		if mistake := captioned(path); mistake != nil && (filepath.Base(dir) != figuresDir || !regular(path+".txt")) {
			err = errors.Join(err, fmt.Errorf("figure %s: %w", f.Name(), mistake))
			continue
		}
		for _, format := range formats {
			if mistake := placed(path+"."+format, madeFigure(format)); mistake != nil {
				err = errors.Join(err, fmt.Errorf("figure %s: %w", f.Name(), mistake))
				continue
			}
			drawn, mistake := f.Draw(ctx, format)
			if ctx.Err() != nil {
				return paths, ctx.Err()
			}
			if mistake != nil {
				err = errors.Join(err, fmt.Errorf("figure %s: %w", f.Name(), mistake))
				continue
			}
			if ctx.Err() != nil {
				return paths, ctx.Err()
			}
			if mistake := store.WriteFile(path+"."+format, drawn); mistake != nil {
				return paths, errors.Join(err, mistake)
			}
			paths = append(paths, path+"."+format)
		}
		f.Release()
		if mistake := store.WriteFile(path+".txt", []byte(caption+"\n")); mistake != nil {
			return paths, errors.Join(err, mistake)
		}
	}
	return paths, err
}

// showFigures prints figures as large as the terminal is.
func (a *app) showFigures(ctx context.Context, figures []*report.Figure) (err error) {
	columns, rows := 80, 24
	colors := false
	if f := a.rawOut.terminal(); f != nil {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			columns, rows = w, min(h-1, w/2)
		}
		colors = os.Getenv("NO_COLOR") == ""
	}
	for i, f := range figures {
		text, mistake := f.Terminal(ctx, columns, rows, colors)
		if mistake != nil {
			err = errors.Join(err, fmt.Errorf("figure %s: %w", f.Name(), mistake))
			continue
		}
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		if _, err := io.WriteString(a.rawOut, text); err != nil {
			return err
		}
	}
	return err
}

// drawEvery is how often the figures of a run are drawn while it goes on, if
// that takes no more than a twentieth of the time.
const drawEvery = 30 * time.Second

// A run draws by itself what takes some hundred megabytes at most: the memory is
// the trials', and a model must not be blamed for it.
const (
	drawnTrials = 2_000_000
	drawnBytes  = 256 << 20 // of trials/, compressed
)

// drawnByRun are the figures that a run draws by itself.
func drawnByRun(dir string, spec *experiment.Spec) *report.Report {
	r := report.New(dir, spec, all.Models)
	r.Limit = 2 * drawnBytes
	return r
}

// light says whether the data set is small enough for a run to draw it.
func light(dir string, trials int64) bool {
	files, err := filepath.Glob(filepath.Join(dir, "trials", "*.parquet"))
	var bytes int64
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			bytes += info.Size()
		}
	}
	return err == nil && trials <= drawnTrials && bytes <= drawnBytes
}

// growth draws figures while a run goes on.
type growth struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

// growFigures draws the figures of the records that there are, every so often,
// until it is stopped. What cannot be drawn yet is said when the run ends. It gives
// way where memory is short.
func (a *app) growFigures(ctx context.Context, beside *runner.Beside, dir string, spec *experiment.Spec, done func() int64, every time.Duration) *growth {
	ctx, cancel := context.WithCancel(ctx)
	g := &growth{cancel, make(chan struct{})}
	if a.settings.Figures == nil {
		close(g.ended)
		return g
	}
	go func() {
		defer close(g.ended)
		wait := every
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
			begun := time.Now()
			if !light(dir, done()) {
				return
			}
			err := beside.Do(ctx, func(ctx context.Context) {
				defer func() { recover() }() // nor what panics; it is said when the run ends
				if figures, err := drawnByRun(dir, spec).Figures(); err == nil {
					drawFigures(ctx, figures, filepath.Join(dir, figuresDir), a.settings.Figures)
				}
			})
			if errors.Is(err, runner.ErrGivenUp) {
				fmt.Fprintln(a.stderr, "sweep: no figures are drawn while the run goes on, since memory is short")
				return
			}
			wait = max(every, 20*time.Since(begun))
		}
	}()
	return g
}

// stop has the drawing end.
func (g *growth) stop() { g.cancel() }

// await waits until the drawing, which was stopped, has ended, or somebody does not
// want to wait for it.
func (g *growth) await(h *halt) {
	select {
	case <-g.ended:
		return
	case <-h.first:
	}
	select {
	case <-g.ended:
	case <-time.After(patience):
	case <-h.second:
	}
}

// drawing is what was drawn at the end of a run: the figures' first files, and the
// report's, "" if there is none.
type drawing struct {
	files []string
	page  string
}

// drawAfter draws the figures of a run, in the formats of the setting, and its
// report. What goes wrong is nothing to the run.
func (a *app) drawAfter(ctx context.Context, dir string, spec *experiment.Spec) (d drawing, err error) {
	r := drawnByRun(dir, spec)
	figures, err := r.Figures()
	if err != nil {
		return d, err
	}
	paths, err := drawFigures(ctx, figures, filepath.Join(dir, figuresDir), a.settings.Figures)
	for _, path := range paths {
		if filepath.Ext(path) == "."+a.settings.Figures[0] {
			d.files = append(d.files, path)
		}
	}
	if ctx.Err() != nil {
		return d, ctx.Err()
	}
	page, mistake := writeReport(ctx, r, figures, dir, "")
	if mistake == nil {
		d.page = page
	}
	return d, errors.Join(err, mistake)
}
