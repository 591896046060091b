package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/report"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) watchCommand() *cobra.Command {
	var flags specFlags
	var once bool
	var figure string
	cmd := a.verb(&cobra.Command{
		Use:   "watch RESULTS-FOLDER | SPEC",
		Short: "Watch a run from another terminal",
		Long: `watch shows how far the run of a result folder is: the rate, the time left, what
has failed, which grids are complete, and a figure of what there is. It only reads
the folder. It ends with the run, and with the run's status: 0 done, 4 done with
failed trials, 8 stopped with work left, 1 killed or ended by an error. q or
Ctrl-C ends it before. Where stdout is no terminal it prints what it would show
once, as with --once, and ends with 0.`,
		Example: "  sweep watch results/bms-regimes\n  sweep watch results/bms-regimes --once",
		Args:    cobra.ExactArgs(1),
	}, false, func(cmd *cobra.Command, args []string) error {
		on, err := a.judged(args[0], flags)
		if err != nil {
			return err
		}
		w := &watch{dir: on.dir, plan: on.plan, report: report.New(on.dir, on.spec, all.Models), name: figure}
		w.report.Limit = watchLimit
		if err := w.pick(); err != nil {
			return err
		}
		screen := a.rawOut.terminal()
		if once || screen == nil {
			ctx := cmd.Context()
			if err := w.look(ctx, time.Now()); err != nil {
				return err
			}
			a.note(w.dir, &w.found)
			columns := 80
			if screen != nil {
				if fit, _, err := term.GetSize(int(screen.Fd())); err == nil && fit > 0 {
					columns = min(columns, fit)
				}
			}
			_, err := io.WriteString(a.stdout, w.frame(ctx, time.Now(), columns, 32, false))
			return err
		}
		return w.show(cmd.Context(), screen)
	})
	flags.add(cmd)
	cmd.Flags().BoolVar(&once, "once", false, "print it once and end")
	cmd.Flags().StringVar(&figure, "figure", "", "show the `name`d figure (default the first)")
	return cmd
}

const (
	// watchEvery is how often the folder is looked at, but a look at a large one
	// takes time: watchShare bounds how much of the time that is.
	watchEvery = time.Second
	watchShare = 0.1
	// figureEvery is how often the figure is drawn anew: trials/ changes every
	// ten seconds or less often.
	figureEvery = 10 * time.Second
	// maxPlaces bounds the plans whose grids are shown: it takes a look at each
	// place, some tenths of a second for so many.
	maxPlaces = 1 << 21
	// watchLimit is how many bytes the figure may take: the machine is the run's.
	watchLimit = 512 << 20
)

// watch is what is known of a run from its folder.
type watch struct {
	dir    string
	plan   *experiment.Plan
	report *report.Report
	name   string // of the figure, "" for the first

	found    store.Report
	levels   []share
	causes   []cause
	failed   int64 // failures when causes were counted
	rate     meter
	forecast forecast
	left     time.Duration
	run      string // that the rate and the forecast are of
	mistake  error  // of the last look, which may be of the moment

	figures []*report.Figure
	drawn   *report.Figure // the last that could be drawn
	large   error          // why there is none
	figured time.Time      // when it was drawn
	took    time.Duration
}

// share is how many of some trials have a record.
type share struct{ done, all int64 }

// cause is a class and message of failures.
type cause struct {
	text  string
	count int64
}

// pick finds the figure to be shown anew, with the data that are there now.
func (w *watch) pick() error {
	figures, err := w.report.Figures()
	if err != nil {
		return err
	}
	if w.name != "" {
		if figures, err = pickFigures(figures, []string{w.name}); err != nil {
			return err
		}
	}
	w.figures = figures
	return nil
}

// look looks at the folder.
func (w *watch) look(ctx context.Context, now time.Time) error {
	rows, err := store.OpenRows(w.dir, w.plan)
	if err != nil {
		return err
	}
	defer rows.Close()
	w.found = *rows.Report()
	w.levels = nil
	if w.plan.Len()/w.plan.Replicates() <= maxPlaces {
		w.levels = make([]share, w.plan.Levels())
		w.plan.EachLevel(func(level int, first, end int64) {
			w.levels[level].all += end - first
			w.levels[level].done += rows.Recorded(first, end)
		})
	}
	if err := w.findCauses(rows, w.found.Failed); err != nil {
		return err
	}
	w.expect(now, rows)
	w.rate.add(now, w.found.Done)
	if due := max(figureEvery, time.Duration(float64(w.took)/watchShare)); w.found.Writer != nil && now.Sub(w.figured) < due {
		return nil
	}
	if err := w.pick(); err != nil {
		return err
	}
	begun := time.Now()
	for _, f := range w.figures {
		// It cannot be drawn while there is nothing to draw, or a file goes away.
		_, err := f.Caption(ctx)
		var large *report.SizeError
		switch {
		case err == nil:
			w.drawn, w.large = f, nil
		case f.Suggested() && errors.Is(err, report.ErrNothing):
			continue
		case errors.As(err, &large):
			w.drawn, w.large = nil, fmt.Errorf("figure %s: %w", f.Name(), err)
		}
		w.figured, w.took = now, time.Since(begun)
		break
	}
	return nil
}

// findCauses counts what the failures have for causes, the most frequent first.
func (w *watch) findCauses(rows *store.Rows, failed int64) error {
	if failed == w.failed {
		return nil
	}
	counts := make(map[string]int64)
	err := rows.Each(store.FailureColumns, func(r *store.Record) error {
		if r.Failure != nil {
			counts[r.Failure.Class+": "+report.Pattern(r.Failure.Message)]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.failed, w.causes = failed, nil
	for text, n := range counts {
		w.causes = append(w.causes, cause{text, n})
	}
	slices.SortFunc(w.causes, func(a, b cause) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.text, b.text)) })
	return nil
}

// expect reckons how long the run will go on, as the run itself does.
func (w *watch) expect(now time.Time, rows *store.Rows) {
	last := w.found.LastRun
	if last == nil || w.found.Writer == nil {
		w.left = 0
		return
	}
	if w.run != last.ID {
		w.run, w.rate = last.ID, meter{}
		workers := last.Cores
		var n int
		if _, err := fmt.Sscan(last.Settings["workers"], &n); err == nil && n > 0 {
			workers = n
		}
		w.forecast = forecast{plan: w.plan, costs: runner.NewCosts(w.plan.Setting().Model), workers: workers, began: last.Started}
		if last.Before != nil {
			w.forecast.before = last.Before.Done
		}
	}
	if now.Sub(w.forecast.at) >= forecastEvery {
		if timed, err := rows.Timings(); err == nil {
			w.forecast.costs = costsOf(w.plan, timed)
		}
	}
	w.forecast.todo = rows.Left
	w.left = w.forecast.left(now, w.found.Counts)
}

// status is how the run ended.
func (w *watch) status() error {
	last := w.found.LastRun
	switch {
	case len(w.found.Problems) > 0:
		return status(exitError)
	case w.found.Done == w.found.Planned && w.found.Failed > 0:
		return status(exitFailed)
	case w.found.Done == w.found.Planned:
		return nil
	case last == nil || last.Ended.IsZero() || last.Error != "":
		return status(exitError)
	}
	return status(exitWorkLeft)
}

// frame is what a terminal of that size shows.
func (w *watch) frame(ctx context.Context, now time.Time, columns, rows int, colors bool) string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, clip(fmt.Sprintf(format, args...), columns)) }
	c := w.found.Counts
	last := w.found.LastRun
	state := "nobody writes to it"
	switch {
	case w.found.Writer != nil:
		state = fmt.Sprintf("process %d on %s, for %v", w.found.Writer.PID, plain.Text(w.found.Writer.Host), now.Sub(w.found.Writer.Started).Round(time.Second))
	case c.Done == c.Planned:
		state = "done"
	case last != nil && last.Error != "":
		state = "ended with: " + last.Error
	case last != nil && last.Ended.IsZero():
		state = "killed"
	case last != nil:
		state = "stopped"
	}
	add("%s: %s", w.dir, state)
	part := fmt.Sprintf(" %d of %d trials, %.1f %%", c.Done, c.Planned, 100*float64(c.Done)/float64(c.Planned))
	add("%s%s", bar(share{c.Done, c.Planned}, min(max(columns-utf8.RuneCountInString(part), 10), 40)), part)
	if w.found.Writer != nil {
		speed := w.rate.perSecond()
		if len(w.rate.times) < 2 && last != nil && last.Before != nil { // one look: the mean since it began
			speed = float64(c.Done-last.Before.Done) / max(now.Sub(last.Started).Seconds(), 1e-3)
		}
		text := number(speed) + " trials/s"
		if w.left > 0 {
			text += ", " + clock(w.left) + " left, until " + now.Add(w.left).Format("Mon 15:04")
		}
		if host, err := os.Hostname(); err == nil && host == w.found.Writer.Host {
			if bytes := resident(w.found.Writer.PID); bytes > 0 {
				text += ", " + size(bytes)
			}
		}
		add("%s", text)
	}
	if len(w.levels) > 1 {
		for i, l := range w.levels {
			if l.all > 0 {
				add("grid %d %s %d of %d", i+1, bar(l, 20), l.done, l.all)
			}
		}
	}
	if c.Failed > 0 {
		add("%d failed:", c.Failed)
		for i, f := range w.causes {
			if i == 3 {
				add("  more; see sweep failures %s", report.QuoteArg(w.dir))
				break
			}
			add("  %d × %s", f.count, f.text)
		}
	}
	if w.mistake != nil {
		add("looking again: %v", w.mistake)
	}
	if w.large != nil {
		add("%v", w.large)
	}
	if len(lines) > rows {
		lines = lines[:rows]
	}
	text := strings.Join(lines, "\n") + "\n"
	if room := rows - len(lines) - 1; w.drawn != nil && room >= 10 && columns >= 30 {
		if picture, err := w.drawn.Terminal(ctx, columns, min(room, columns/2), colors); err == nil {
			text += "\n" + picture
		}
	}
	return text
}

func bar(s share, width int) string {
	full := 0
	if s.all > 0 {
		full = int(int64(width) * s.done / s.all)
	}
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "]"
}

// clip is a text in one line of so many characters.
func clip(text string, columns int) string {
	text = plain.Text(text)
	if utf8.RuneCountInString(text) > columns {
		return string([]rune(text)[:max(columns-1, 0)]) + "…"
	}
	return text
}

// What a terminal is told: another screen without a cursor, and back.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l"
	leaveScreen = "\x1b[?25h\x1b[?1049l"
)

// show draws on the terminal until the run ends or the user ends it, and leaves
// the terminal as it was.
func (w *watch) show(ctx context.Context, screen *os.File) error {
	if err := w.look(ctx, time.Now()); err != nil {
		return err
	}
	colors := os.Getenv("NO_COLOR") == ""
	size := func() (int, int) {
		if columns, rows, err := term.GetSize(int(screen.Fd())); err == nil && columns > 0 && rows > 0 {
			return columns, rows
		}
		return 80, 24
	}
	finish := func() error {
		columns, rows := size()
		if _, err := io.WriteString(screen, w.frame(ctx, time.Now(), columns, rows-1, colors)); err != nil {
			return err
		}
		return w.status()
	}
	if w.found.Writer == nil {
		return finish()
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, append(resized(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)...)
	defer signal.Stop(signals)
	keys := make(chan byte)
	restore := func() {}
	if in := int(os.Stdin.Fd()); term.IsTerminal(in) {
		old, err := term.MakeRaw(in)
		if err != nil {
			return err
		}
		restore = func() { term.Restore(in, old) }
		go func() { // ends with the process
			var b [1]byte
			for {
				if n, err := os.Stdin.Read(b[:]); err != nil || n == 0 {
					return
				}
				keys <- b[0]
			}
		}()
	}
	io.WriteString(screen, enterScreen)
	leave := func() {
		io.WriteString(screen, leaveScreen)
		restore()
	}
	draw := func() {
		columns, rows := size()
		frame := w.frame(ctx, time.Now(), columns, rows, colors)
		// A raw terminal does not go back to the first column by itself, and
		// each line ends what was there before.
		frame = strings.ReplaceAll(strings.TrimSuffix(frame, "\n"), "\n", "\x1b[K\r\n")
		io.WriteString(screen, "\x1b[H"+frame+"\x1b[K\x1b[J")
	}
	timer := time.NewTimer(watchEvery)
	defer timer.Stop()
	for {
		draw()
		select {
		case <-ctx.Done():
			leave()
			return ctx.Err()
		case s := <-signals:
			if slices.Contains(resized(), s) {
				continue
			}
			leave()
			if s, ok := s.(syscall.Signal); ok {
				return status(exitSignal + int(s))
			}
			return status(exitTerminated)
		case key := <-keys:
			switch key {
			case 'q', 'Q':
				leave()
				return nil
			case 3: // Ctrl-C
				leave()
				return status(exitInterrupted)
			}
		case <-timer.C:
			begun := time.Now()
			w.mistake = w.look(ctx, begun)
			if w.mistake == nil && w.found.Writer == nil {
				leave()
				return finish()
			}
			timer.Reset(max(watchEvery, time.Duration(float64(time.Since(begun))/watchShare)))
		}
	}
}
