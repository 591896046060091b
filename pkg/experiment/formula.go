package experiment

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
	"go.yaml.in/yaml/v3"

	"github.com/neurosweep/sweep/pkg/models"
)

// Column is a column of an experiment's data set, as formulas of figures see it.
type Column struct {
	Name string
	Kind models.Kind // of its values, or of a series' elements
	// Series says that each trial has a list of numbers.
	Series  bool
	Choices []string // the texts that can stand there, if they are known
	Unit    string   // "" for a pure number
	Doc     string   // one sentence, without its full stop
}

// Columns lists what formulas of figures may name: the columns of the data set
// but for the identity and what tells of failures, which figures leave out.
func (s *Spec) Columns() []Column {
	list := []Column{
		{Name: "trial", Kind: models.IntKind, Doc: "number of the trial in the plan"},
		{Name: "replicate", Kind: models.IntKind, Doc: "number of the replicate"},
	}
	for i, p := range s.Model.Params {
		d := p.Decl()
		list = append(list, Column{Name: d.Name, Kind: d.Kind, Choices: d.Choices, Unit: d.Unit, Doc: d.Doc})
		if slices.ContainsFunc(s.Axes, func(a Axis) bool { return a.Param == i }) {
			list = append(list, Column{Name: d.Name + "_i", Kind: models.IntKind, Doc: "index of " + d.Name + " on its axis"})
		}
	}
	for _, c := range s.columns {
		list = append(list, Column{Name: c.Name, Kind: c.Kind, Unit: c.Unit, Doc: c.Doc})
	}
	if s.carry != nil {
		list = append(list, Column{Name: "direction", Kind: models.TextKind, Choices: []string{"up", "down"}, Doc: "whether the carried axis is gone up or down"})
	}
	for _, o := range s.Model.Outputs {
		d := o.Decl()
		c := Column{Name: d.Name, Choices: d.Labels, Unit: d.Unit, Doc: d.Doc, Series: d.Kind == models.SeriesKind}
		switch d.Kind {
		case models.IntegerKind:
			c.Kind = models.IntKind
		case models.LabelKind:
			c.Kind = models.TextKind
		case models.BoolKind:
			c.Kind = models.FlagKind
		default:
			c.Kind = models.FloatKind
		}
		list = append(list, c)
	}
	return list
}

// Formula is a formula of columns in a figure: a value of each trial, such as
// log10(d), or of many, such as mean(log10(d)) or median(period | class ==
// "periodic").
type Formula struct {
	// Text is the formula as it was written.
	Text string
	// Aggregates are what the formula takes of many trials, in the order of the
	// text; none if it is a value of each.
	Aggregates []Aggregate

	value  *expression // of columns, or of the aggregates' names
	series []string    // among the columns
}

// Aggregate is a value of many trials.
type Aggregate struct {
	Func  string   // one of aggregations
	Of    *Formula // of each trial; nil for count()
	Where *Formula // which trials are taken; nil for all
	Level float64  // of a quantile, in [0, 1]

	name string // that stands for it in the formula
}

// aggregations are the functions that take many trials, each with what it takes
// and gives.
var aggregations = map[string]models.Kind{
	"mean": models.FloatKind, "se": models.FloatKind, "std": models.FloatKind, "median": models.FloatKind,
	"quantile": models.FloatKind, "min": models.FloatKind, "max": models.FloatKind,
	"fraction": models.FlagKind, "count": models.FlagKind,
}

func aggregationNames() []string { return slices.Sorted(maps.Keys(aggregations)) }

// Kind is the kind of the formula's values.
func (f *Formula) Kind() models.Kind { return f.value.kind }

// Name is the column that the formula is, "" if it is more than one's name.
func (f *Formula) Name() string {
	if name := strings.TrimSpace(f.Text); len(f.Aggregates) == 0 && len(f.value.names) == 1 && f.value.names[0] == name {
		return name
	}
	return ""
}

// Whole is the aggregate that the formula is, nil if it is more than one or none.
func (f *Formula) Whole() *Aggregate {
	if len(f.Aggregates) == 1 && strings.TrimSpace(f.value.text) == f.Aggregates[0].name {
		return &f.Aggregates[0]
	}
	return nil
}

// Columns are the columns that the formula names, aggregates and their
// conditions included, each once, in the order in which they first stand there.
func (f *Formula) Columns() []string {
	var names []string
	add := func(more []string) {
		for _, name := range more {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(f.Aggregates) == 0 {
		add(f.value.names)
	}
	for _, a := range f.Aggregates {
		for _, inner := range []*Formula{a.Of, a.Where} {
			if inner != nil {
				add(inner.Columns())
			}
		}
	}
	return names
}

// Series are those of the columns that are series. The formula is then taken of
// each of their elements in turn.
func (f *Formula) Series() []string { return f.series }

// Evaluator finds a formula's values. It is for one goroutine.
type Evaluator struct {
	vm      vm.VM
	formula *Formula
	values  map[string]any
}

// Evaluator makes an evaluator in which no column is set.
func (f *Formula) Evaluator() *Evaluator {
	e := &Evaluator{formula: f, values: map[string]any{"pi": math.Pi}}
	for _, word := range f.value.words {
		e.values[word] = word
	}
	return e
}

// Set gives a column its value: float64, int, string or bool, as its kind says.
func (e *Evaluator) Set(column string, value any) { e.values[column] = value }

// Eval is the formula's value for the columns as they are set, all of them: a
// float64, int, string or bool.
func (e *Evaluator) Eval() (any, error) {
	result, err := e.vm.Run(e.formula.value.program, e.values)
	var at *file.Error
	if errors.As(err, &at) {
		return nil, errors.New(plainWords(at.Message))
	}
	return result, err
}

// Of is the formula's value where its aggregates have these, in their order.
func (e *Evaluator) Of(aggregates []float64) (float64, error) {
	for i, a := range e.formula.Aggregates {
		e.values[a.name] = aggregates[i]
	}
	result, err := e.Eval()
	if err != nil {
		return math.NaN(), err
	}
	return toFloat64(result), nil
}

// columnScope is what the names in figures' formulas stand for.
func columnScope(columns []Column) *scope {
	s := &scope{kinds: make(map[string]models.Kind), choices: make(map[string][]string), series: make(map[string]bool), noun: "column", words: true}
	for _, c := range columns {
		s.add(c.Name, c.Kind)
		s.choices[c.Name] = c.Choices
		s.series[c.Name] = c.Series
	}
	return s
}

// formula reads a formula of columns. It returns nil if there is a mistake.
func (r *reader) formula(n *yaml.Node, path string, wanted ...models.Kind) *Formula {
	if !r.written(n, path) {
		return nil
	}
	text := []rune(n.Value)
	outer := slices.Clone(text)
	f := &Formula{Text: n.Value}
	numbers := &scope{kinds: make(map[string]models.Kind), choices: make(map[string][]string), noun: "column"}
	ok := true
	for _, c := range calls(text) {
		a, right := r.aggregate(n, path, text, c)
		ok = ok && right
		a.name = "__" + string(rune('a'+len(f.Aggregates)%26))
		if len(f.Aggregates) == 26 {
			r.fail(n, "expression", path, mistakef("", "a formula has at most 26 aggregates"))
			return nil
		}
		for i := c.from; i < c.to; i++ {
			outer[i] = ' '
		}
		copy(outer[c.from:], []rune(a.name))
		f.Aggregates = append(f.Aggregates, a)
		numbers.add(a.name, models.FloatKind)
	}
	if !ok {
		return nil
	}
	if len(f.Aggregates) > 0 {
		// Inside or outside: what a column were beside an aggregate nobody could
		// say, because the trials that are taken together have many values.
		columns := r.scope
		numbers.outside = columns.names
		r.scope = numbers
		defer func() { r.scope = columns }()
	}
	if f.value = r.parse(n, path, string(outer)); f.value == nil || r.scope.open {
		if f.value == nil {
			return nil
		}
		return f
	}
	if !r.compile(f.value, wanted...) {
		return nil
	}
	if len(f.Aggregates) == 0 {
		f.series = r.seriesIn(f.value.names)
	}
	return f
}

func (r *reader) seriesIn(names []string) (series []string) {
	for _, name := range names {
		if r.scope.series[name] {
			series = append(series, name)
		}
	}
	return series
}

// aggregate reads a call of an aggregation.
func (r *reader) aggregate(n *yaml.Node, path string, text []rune, c call) (a Aggregate, ok bool) {
	a = Aggregate{Func: c.name}
	part := func(from, to int, kinds ...models.Kind) *Formula {
		// Blanks before it keep the columns right.
		padded := slices.Clone(text[:to])
		for i := range from {
			if padded[i] != '\n' {
				padded[i] = ' '
			}
		}
		e := r.parse(n, path, string(padded))
		if e == nil || !r.scope.open && !r.compile(e, kinds...) {
			ok = false
			return nil
		}
		return &Formula{Text: strings.TrimSpace(string(text[from:to])), value: e, series: r.seriesIn(e.names)}
	}
	at := func(from, width int, m *mistake) {
		r.failAt(&expression{node: n, path: path, text: n.Value}, from, width, m)
		ok = false
	}
	ok = true
	args := c.args
	for _, inner := range calls(text[c.open+1 : c.to-1]) {
		at(c.open+1+inner.from, len(inner.name), mistakef("", "%s stands inside %s", inner.name, c.name))
		return a, false
	}
	empty := len(args) == 1 && strings.TrimSpace(string(text[args[0][0]:args[0][1]])) == ""
	if c.name == "quantile" {
		if len(args) != 2 {
			at(c.from, len(c.name), mistakef("as in quantile(period, 0.9)", "quantile takes a value and a level"))
			return a, false
		}
		q, err := parseNumber(strings.TrimSpace(string(text[args[1][0]:args[1][1]])))
		if err == nil {
			a.Level, err = toFloat(q)
		}
		if err != nil || a.Level < 0 || a.Level > 1 {
			at(args[1][0], args[1][1]-args[1][0], mistakef("as in quantile(period, 0.9)", "the level of a quantile is a number from 0 to 1"))
			return a, false
		}
	} else if len(args) != 1 {
		at(c.from, len(c.name), mistakef("put a condition behind |, as in mean(d | d > 0)", "%s takes one value", c.name))
		return a, false
	}
	switch kind := aggregations[c.name]; {
	case c.name == "count" && empty:
	case kind == models.FlagKind:
		a.Of = part(args[0][0], args[0][1], models.FlagKind)
	default:
		a.Of = part(args[0][0], args[0][1], models.FloatKind, models.IntKind)
	}
	if c.bar > 0 {
		a.Where = part(c.bar+1, c.to-1, models.FlagKind)
	}
	return a, ok
}

// call is a call of an aggregation in a formula; places count characters.
type call struct {
	name           string
	from, open, to int      // its name, its (, and behind its )
	args           [][2]int // without the condition
	bar            int      // | before the condition, 0 if there is none
}

// calls finds the calls of aggregations that stand in no other. One of min and
// max with two arguments is a function of two numbers.
func calls(text []rune) (list []call) {
	letter := func(c rune) bool {
		return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	}
	for i := 0; i < len(text); {
		switch {
		case text[i] == '"' || text[i] == '\'':
			i = behindText(text, i)
		case letter(text[i]):
			from := i
			for i < len(text) && letter(text[i]) {
				i++
			}
			c := call{name: string(text[from:i]), from: from, open: i}
			for c.open < len(text) && text[c.open] == ' ' {
				c.open++
			}
			if _, ok := aggregations[c.name]; !ok || c.open == len(text) || text[c.open] != '(' || !c.close(text) {
				continue
			}
			if (c.name == "min" || c.name == "max") && len(c.args) == 2 {
				continue
			}
			list = append(list, c)
			i = c.to
		default:
			i++
		}
	}
	return list
}

// behindText is the place behind a text in quotes.
func behindText(text []rune, i int) int {
	for quote := text[i]; ; {
		i++
		switch {
		case i >= len(text):
			return len(text)
		case text[i] == '\\':
			i++
		case text[i] == quote:
			return i + 1
		}
	}
}

// close finds the call's end, its arguments and its condition. It reports
// whether the call has an end.
func (c *call) close(text []rune) bool {
	depth, start := 0, c.open+1
	arg := func(end int) {
		if c.bar == 0 {
			c.args = append(c.args, [2]int{start, end})
		}
		start = end + 1
	}
	for i := c.open; i < len(text); i++ {
		switch text[i] {
		case '"', '\'':
			i = behindText(text, i) - 1
		case '(', '[':
			depth++
		case ')', ']':
			if depth--; depth == 0 {
				arg(i)
				c.to = i + 1
				return true
			}
		case ',':
			if depth == 1 {
				arg(i)
			}
		case '|':
			switch {
			case i+1 < len(text) && text[i+1] == '|':
				i++ // or
			case depth == 1 && c.bar == 0:
				arg(i)
				c.bar = i
			}
		}
	}
	return false
}
