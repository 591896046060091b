package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"html/template"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/store"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"count": func(n int64) string { return strconv.FormatInt(n, 10) },
	"float": func(x float64) string {
		if math.IsNaN(x) {
			return ""
		}
		return minus(strconv.FormatFloat(x, 'g', 6, 64))
	},
	"time":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"arg":   QuoteArg,
	"short": func(s string) string { return s[:min(len(s), 12)] },
}).Parse(pageText))

// page is what the template is filled with.
type page struct {
	Name, Dir, Data, Policy string
	Style                   template.HTML
	About                   []string
	Plan                    *experiment.Plan
	Spec                    *experiment.Spec
	Axes                    []pageAxis
	Report                  *store.Report
	Figures                 []pageFigure
	Groups                  []*FailureGroup
	Columns                 []*summary
	Lines                   []pageLine
	Runs                    []pageRun
	Latest                  *pageRun
}

type pageAxis struct {
	Name, Unit, First, Last string
	Len                     int64
}

type pageFigure struct {
	Name    string
	Caption template.HTML
	Picture template.HTML
	Narrow  bool // as wide as a column
	Mistake string
}

// pageLine is a line of the spec.
type pageLine []pageToken

type pageToken struct{ Class, Text string }

type pageRun struct {
	*store.Run
	Command  string
	Took     string
	Settings []string
	Computed int64 // records, -1 if not known
}

// HTML is the report as one page that needs no other file and no network: what
// was asked, the figures, what failed, what each column holds, the spec, what
// ran it and how to do so again. The same data give the same bytes.
func (r *Report) HTML(ctx context.Context, figures []*Figure) (text []byte, err error) {
	err = guard(ctx, func(b *beat) error {
		text, err = r.page(b, figures)
		return err
	})
	return text, err
}

func (r *Report) page(beat *beat, figures []*Figure) ([]byte, error) {
	plan := r.spec.Plan()
	rows, err := store.OpenRows(r.dir, plan)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sum := sha256.Sum256([]byte(pageStyle))
	p := &page{
		Dir: filepath.ToSlash(r.dir), Data: filepath.ToSlash(r.dir) + "/trials",
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'",
		// As it is, for its checksum.
		Style:  template.HTML("<style>" + pageStyle + "</style>"),
		Plan:   plan,
		Spec:   r.spec,
		Report: rows.Report(),
		Lines:  highlight(string(r.spec.Resolved())),
	}
	for text := range strings.SplitSeq(strings.TrimSpace(r.spec.About), "\n\n") {
		p.About = append(p.About, text)
	}
	for _, a := range plan.Axes() {
		d := r.spec.Model.Params[a.Param].Decl()
		p.Axes = append(p.Axes, pageAxis{d.Name, d.Unit, a.Value(0).String(), a.Value(a.Len - 1).String(), a.Len})
	}
	if p.Groups, err = groupFailures(beat, r.dir, rows, plan); err != nil {
		return nil, err
	}
	if p.Columns, err = summarize(beat, r.dir, plan); err != nil {
		return nil, err
	}
	runs, err := store.Runs(r.dir)
	if err != nil {
		return nil, err
	}
	for _, one := range slices.Backward(runs) {
		p.Runs = append(p.Runs, pageRunOf(one))
	}
	p.Name = r.spec.Name
	if len(p.Runs) > 0 {
		p.Latest = &p.Runs[0]
		p.Name = p.Latest.Experiment
	}
	for i, f := range figures {
		one, err := f.onPage(beat, fmt.Sprintf("f%d-", i+1))
		switch {
		case beat.ctx.Err() != nil:
			return nil, err
		case f.suggested && errors.Is(err, ErrNothing):
			continue
		case err != nil:
			one.Mistake = plain.Text(err.Error())
		}
		p.Figures = append(p.Figures, one)
	}
	var b bytes.Buffer
	if err = pageTemplate.Execute(&b, p); err != nil {
		return nil, err
	}
	return []byte(plain.Lines(b.String())), nil // texts of others are text on a page, too
}

// onPage draws the figure for a page, in which it has all identities that begin
// with the prefix.
func (f *Figure) onPage(look *beat, prefix string) (p pageFigure, err error) {
	p.Name = f.Name()
	defer f.Release()
	scene, err := f.Scene(look.ctx)
	if err != nil {
		return p, err
	}
	p.Caption = marked(scene.Caption)
	p.Narrow = scene.Width == columnWidth
	err = guard(look.ctx, func(b *beat) error {
		picture, err := scene.svg(b, prefix, f.alt())
		p.Picture = template.HTML(picture)
		return err
	})
	return p, err
}

// alt is the figure for who does not see it: what it shows, in a few words.
func (f *Figure) alt() string {
	if f.spec.Title != "" {
		return f.spec.Title
	}
	text := f.spec.Kind + " figure " + f.spec.File
	shown := f.spec.Z
	if shown == nil && len(f.spec.Y) > 0 {
		shown = f.spec.Y[0]
	}
	if shown != nil {
		text += ": " + flat(describe(shown))
	}
	if len(f.spec.X) > 0 {
		text += ", along " + flat(describe(f.spec.X[0]))
	}
	return text
}

// marked writes raised and lowered parts as HTML.
func marked(text string) template.HTML {
	var b strings.Builder
	for _, r := range runs(text) {
		text := html.EscapeString(r.text)
		switch {
		case r.rise > 0:
			text = "<sup>" + text + "</sup>"
		case r.rise < 0:
			text = "<sub>" + text + "</sub>"
		}
		b.WriteString(text)
	}
	return template.HTML(b.String())
}

func pageRunOf(r *store.Run) pageRun {
	p := pageRun{Run: r, Computed: -1}
	if len(r.Args) > 0 {
		p.Command = "sweep"
		for _, arg := range r.Args[1:] {
			p.Command += " " + QuoteArg(arg)
		}
	}
	if !r.Ended.IsZero() {
		p.Took = r.Ended.Sub(r.Started).Round(time.Millisecond).String()
	}
	if r.Before != nil && r.Counts != nil {
		p.Computed = r.Counts.Done - r.Before.Done
	}
	for _, key := range slices.Sorted(maps.Keys(r.Settings)) {
		p.Settings = append(p.Settings, key+" = "+r.Settings[key])
	}
	return p
}

// highlight takes the lines of a spec apart into keys, comments and the rest. It
// knows as much of YAML as a light hand with colours needs.
func highlight(text string) (lines []pageLine) {
	block := -1 // how far the key of a block of text is indented, -1 outside
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		var l pageLine
		add := func(class, text string) {
			if text != "" {
				l = append(l, pageToken{class, text})
			}
		}
		body := strings.TrimLeft(line, " ")
		indent := len(line) - len(body)
		if block >= 0 && (body == "" || indent > block) {
			add("", line)
			lines = append(lines, l)
			continue
		}
		block = -1
		code, comment := splitComment(line)
		if end := strings.TrimRight(code, " "); strings.HasSuffix(end, "|") || strings.HasSuffix(end, ">") || strings.HasSuffix(end, "|-") || strings.HasSuffix(end, ">-") {
			block = indent
		}
		dash := indent
		for strings.HasPrefix(code[dash:], "- ") {
			dash += 2
		}
		if key, rest, ok := strings.Cut(code[dash:], ":"); ok && plainKey(key) && (rest == "" || rest[0] == ' ') {
			add("", code[:dash])
			add("k", key)
			add("", ":"+rest)
		} else {
			add("", code)
		}
		add("c", comment)
		lines = append(lines, l)
	}
	return lines
}

func plainKey(key string) bool {
	return key != "" && strings.IndexFunc(key, func(c rune) bool {
		return c != '_' && c != '-' && c != '.' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}) < 0
}

// splitComment parts a line where a # outside quotes begins a comment.
func splitComment(line string) (code, comment string) {
	quote := byte(0)
	for i := range len(line) {
		switch c := line[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '#' && (i == 0 || line[i-1] == ' '):
			return line[:i], line[i:]
		}
	}
	return line, ""
}
