package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/neurosweep/sweep/pkg/store"
)

const (
	barEvery  = 250 * time.Millisecond
	lineEvery = 30 * time.Second
	// rateWindow is how far back the rate looks: long enough to be steady,
	// short enough to follow a sweep from its cheap to its dear corner.
	rateWindow = 30 * time.Second
)

// progress tells how far a run is, on a terminal with a bar that is drawn in
// place, elsewhere with a line now and then.
type progress struct {
	end  chan struct{}
	done sync.WaitGroup
}

func (a *app) startProgress(tell *teller, st *store.Store, f *forecast) *progress {
	p := &progress{end: make(chan struct{})}
	how := a.settings.Progress
	screen, _ := a.rawErr.(*os.File)
	if how == "auto" {
		how = "plain"
		if screen != nil && term.IsTerminal(int(screen.Fd())) {
			how = "bar"
		}
	}
	if how == "none" {
		return p
	}
	every, show := lineEvery, showLine(tell)
	if how == "bar" {
		every, show = barEvery, showBar(tell, func() int {
			if screen != nil {
				if columns, _, err := term.GetSize(int(screen.Fd())); err == nil && columns > 0 {
					return columns
				}
			}
			return 80
		})
	}
	p.done.Add(1)
	go func() {
		defer p.done.Done()
		var rate meter
		rate.add(time.Now(), st.Counts().Done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			last := false
			select {
			case <-p.end:
				last = true
			case <-tick.C:
			}
			c := st.Counts()
			rate.add(time.Now(), c.Done)
			show(c, rate.perSecond(), f.left(time.Now(), c), last)
			if last {
				return
			}
		}
	}()
	return p
}

func (p *progress) stop() {
	close(p.end)
	p.done.Wait()
}

// show draws how far the run is, at a rate of trials a second, with so much time
// left, or 0 if that is not known.
type show func(c store.Counts, rate float64, left time.Duration, last bool)

func showLine(w io.Writer) show {
	return func(c store.Counts, rate float64, left time.Duration, last bool) {
		if !last {
			fmt.Fprintf(w, "%d of %d trials (%.1f %%), %s\n", c.Done, c.Planned, 100*float64(c.Done)/float64(c.Planned), describe(c, rate, left))
		}
	}
}

// showBar draws a bar in place, as wide as the terminal is then.
func showBar(tell *teller, width func() int) show {
	return func(c store.Counts, rate float64, left time.Duration, last bool) {
		columns := width()
		line := barLine(c, describe(c, rate, left), columns)
		tell.bar(line + strings.Repeat(" ", max(columns-1-len(line), 0))) // over what stood there
		if last {
			tell.keepBar()
		}
	}
}

// barLine is a bar with what is to be said of it, in less than so many columns: a
// line that fills a terminal wraps on some. Where there is no room for a bar it is
// left out, then what is said, the numbers last.
func barLine(c store.Counts, text string, columns int) string {
	room := columns - 1
	const least = 10 // of the bar
	if line := drawBar(c, text, least); len(line) <= room {
		return drawBar(c, text, least+room-len(line))
	}
	line := fmt.Sprintf("%d%% (%d/%d)", int(100*float64(c.Done)/float64(max(c.Planned, 1))), c.Done, c.Planned)
	for part := range strings.SplitSeq(text, ", ") {
		if len(line)+2+len(part) > room {
			break
		}
		line += ", " + part
	}
	return line[:max(min(len(line), room), 0)]
}

// drawBar is a bar of that width behind a text. It is a new one each time, since
// terminals change their width.
func drawBar(c store.Counts, text string, width int) string {
	var line strings.Builder
	bar := progressbar.NewOptions64(max(c.Planned, 1),
		progressbar.OptionSetWriter(&line),
		progressbar.OptionSetDescription(text),
		progressbar.OptionSetWidth(width),
		progressbar.OptionSetPredictTime(false), // its rate counts from the start, resumed trials included
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowCount(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
	)
	bar.Set64(c.Done) // writes to memory
	return strings.TrimSpace(line.String()[strings.LastIndexByte(line.String(), '\r')+1:])
}

func describe(c store.Counts, rate float64, left time.Duration) string {
	text := fmt.Sprintf("%s trials/s", number(rate))
	if left > 0 {
		text += ", " + clock(left) + " left"
	}
	if c.Failed > 0 {
		text += fmt.Sprintf(", %d failed", c.Failed)
	}
	if bytes := resident(os.Getpid()); bytes > 0 {
		text += ", " + size(bytes)
	}
	return text
}

// resident is how much memory a process of this host has, in bytes, 0 where the
// system does not tell.
func resident(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var all, pages float64
	if _, err := fmt.Sscan(string(text), &all, &pages); err != nil {
		return 0
	}
	return pages * float64(os.Getpagesize())
}

// clock is a time with as many digits as tell something of a forecast.
func clock(d time.Duration) string { return rounded(d.Round(time.Second).Seconds()).String() }

func number(x float64) string {
	if x >= 100 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

// meter is the rate of trials over the last rateWindow.
type meter struct {
	times  []time.Time
	counts []int64
}

func (m *meter) add(now time.Time, count int64) {
	m.times, m.counts = append(m.times, now), append(m.counts, count)
	for len(m.times) > 2 && now.Sub(m.times[1]) >= rateWindow {
		m.times, m.counts = m.times[1:], m.counts[1:]
	}
}

func (m *meter) perSecond() float64 {
	last := len(m.times) - 1
	span := m.times[last].Sub(m.times[0]).Seconds()
	if span <= 0 {
		return 0
	}
	return float64(m.counts[last]-m.counts[0]) / span
}
