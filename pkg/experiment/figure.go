package experiment

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/neurosweep/sweep/pkg/models"
)

// Figure is a picture that a spec asks for. Figures are drawn from the data set
// and are no part of a point's identity. Which of the fields a kind uses is said
// in [FigureKinds]; the others are zero.
type Figure struct {
	Kind string
	// File is the name of the picture's files, without extension.
	File string
	// Title is a sentence that the caption begins with; it may be "".
	Title string
	// X and Y are what the axes show: one formula, or two in an image of escape
	// times, whose rows and columns lie between them.
	X, Y []*Formula
	// Z is what colours show.
	Z *Formula
	// By gives a curve for each of its values, Panels a panel.
	By, Panels *Formula
	// Where says which trials are shown; nil for all.
	Where *Formula
	// Band is what surrounds a curve, one of Bands; "" for what goes with its
	// aggregate.
	Band string
	// With are curves from elsewhere, drawn over this figure's.
	With []Curve
	// Contours are values of Z along which lines are drawn.
	Contours []float64
	// Center is the value of Z that a diverging map has its middle at.
	Center *float64
	// Level is the fraction at which curves are compared between sizes, Power the
	// power of the size with which the places where they reach it approach their
	// limit.
	Level, Power float64
	// Bins is the number of a histogram's or density's bins, 0 for a number that
	// goes with the data.
	Bins int
	// Law is the curve that theory has at the edge of a spectrum.
	Law *Law
	// Rows is how many rows of cells each trial of an escape image has; nil for
	// one.
	Rows *Formula
	// Marks are places on x and on y at which a thin line is drawn, such as
	// values known from theory.
	Marks map[string][]float64
	// Label has texts that axes get in place of what the columns' declarations
	// give, by x, y, z, by and panels.
	Label map[string]string
	// Log lists the axes that are logarithmic, among x, y and z.
	Log []string
	// Range has the ends of axes, by x, y and z, where not the data give them.
	Range map[string][2]float64
	// Width is "column" (85 mm) or "page" (175 mm); "" for what the kind and the
	// number of panels ask for.
	Width string
}

// Curve is a curve drawn over a figure's own: of other formulas, of another
// experiment's data, or of both.
type Curve struct {
	// From is the name of a result folder beside this one, "" for this one. The
	// formulas of one from elsewhere are read against its columns when it is
	// drawn, by [Spec.Formula].
	From string
	// X and Y are nil where they are those of the figure.
	X, Y, Where *Formula
	// Label is its name in the legend.
	Label string
}

// Law is the edge of a spectrum: a circle or an ellipse in the complex plane, or
// a semicircle as the density of real eigenvalues.
type Law struct {
	Kind string // circle, ellipse, semicircle
	// Size is the radius, or the half axes along the real and the imaginary
	// axis: formulas that have one value in each panel.
	Size []*Formula
}

// FigureKind says what a kind of figure shows and which keys it takes.
type FigureKind struct {
	Name string
	Doc  string
	// Need and May are the keys that it needs and those that it may have beside
	// the ones that all figures may.
	Need, May []string
}

// FigureKinds are the kinds of figures.
var FigureKinds = []FigureKind{
	{"line", "a curve of an aggregate, with what surrounds it, for each value of by", []string{"x", "y"}, []string{"by", "band", "with"}},
	{"heatmap", "an aggregate in colours over a plane", []string{"x", "y", "z"}, []string{"contours", "center", "with"}},
	{"phases", "the most frequent class in colours over a plane", []string{"x", "y", "z"}, []string{"with"}},
	{"orbit", "how densely the values of a series lie at each x", []string{"x", "y"}, nil},
	{"histogram", "how often values occur, for each value of by", []string{"x"}, []string{"by", "bins"}},
	{"spectrum", "eigenvalues in the complex plane, or the density of real ones, with the edge that a law gives", []string{"x"}, []string{"y", "law", "bins"}},
	{"raster", "a mark for each event, x its time", []string{"x", "y"}, nil},
	{"escape", "an image of escape times put together from the cells of trials", []string{"x", "y", "z"}, []string{"rows"}},
	{"crossing", "a curve for each size, and where they all cross", []string{"x", "y", "by"}, nil},
	{"extrapolation", "where the curve of each size reaches a level, and its limit for large sizes", []string{"x", "y", "by"}, []string{"level", "power"}},
	{"hysteresis", "both ways along the axis that a state is carried on", []string{"y"}, []string{"x", "by"}},
}

// commonKeys are those that every figure may have.
var commonKeys = []string{"kind", "file", "title", "where", "panels", "label", "log", "range", "marks", "width"}

// Bands are what can surround a curve: nothing, the standard error of a mean,
// the quartiles around a median, Wilson's interval of 95 % around a fraction.
var Bands = []string{"none", "se", "quartiles", "wilson"}

var (
	figureWidths = []string{"column", "page"}
	lawSizes     = map[string]int{"circle": 1, "ellipse": 2, "semicircle": 1}
	lawShapes    = []string{"circle", "ellipse", "semicircle"}
	curveKeys    = []string{"from", "x", "y", "where", "label"}
	// A figure's file, and a result folder's name, stand in a path.
	fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
)

const (
	maxFigures = 100
	maxNumbers = 100 // in a list of contours or marks
	maxCurves  = 32  // of with
)

// keys are all that figures of the kind may have.
func (k *FigureKind) keys() []string { return slices.Concat(commonKeys, k.Need, k.May) }

// figureKindNames are the names of the kinds.
func figureKindNames() (names []string) {
	for _, k := range FigureKinds {
		names = append(names, k.Name)
	}
	return names
}

// ParseFigures reads figures of the experiment from a text as it stands under
// figures:, a list, or one mapping. Its error is an [Errors] that names file.
func (s *Spec) ParseFigures(file, text string) ([]Figure, error) {
	r := &reader{file: newSource(file, text, 0), limit: maxWork}
	root := r.tree(r.file, []byte(text))
	var list []Figure
	if root != nil {
		list = r.figureList(root, s)
	}
	return list, r.err()
}

// Formula reads a formula of the experiment's columns, of those kinds or of any.
func (s *Spec) Formula(text string, kinds ...models.Kind) (*Formula, error) {
	r := &reader{file: newSource("formula", text, 0), limit: maxWork, scope: columnScope(s.Columns())}
	f := r.formula(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Line: 1, Column: 1}, "", kinds...)
	return f, r.err()
}

// figures reads the figures of a spec.
func (r *reader) figures(root *yaml.Node, s *Spec) []Figure {
	_, n := lookup(root, "figures")
	if n == nil || n.Kind == yaml.AliasNode {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "kind", "figures", mistakef("as in - {kind: line, x: sigma, y: mean(d)}", "takes a list of figures, not %s", what(n)))
		return nil
	}
	key := figuresKey{node: n}
	if r.unsure == nil {
		key.columns = fmt.Sprint(s.Columns())
		if s.carry != nil {
			key.columns += fmt.Sprint(s.carry.param)
		}
		if list, ok := r.drawn[key]; ok {
			return slices.Clone(list)
		}
	}
	before := r.fails
	list := r.figureList(n, s)
	if r.fails == before && r.unsure == nil {
		if r.drawn == nil {
			r.drawn = make(map[figuresKey][]Figure)
		}
		r.drawn[key] = slices.Clone(list)
	}
	return list
}

// figuresKey names figures of a data set with certain columns: what several variants
// share is read once.
type figuresKey struct {
	node    *yaml.Node
	columns string
}

// perhaps are columns that the spec may have once the mistakes in its points
// are mended: figures that name them are not wrong by that.
func perhaps(root *yaml.Node, m *models.Model) []string {
	names := []string{"direction"}
	for _, p := range m.Params {
		names = append(names, p.Decl().Name+"_i")
	}
	sections := []*yaml.Node{root}
	if _, blocks := lookup(root, "blocks"); blocks != nil {
		sections = append(sections, blocks.Content...)
	}
	for _, n := range sections {
		if _, derive := lookup(n, "derive"); derive != nil && derive.Kind == yaml.MappingNode {
			for k := range pairs(derive) {
				names = append(names, k.Value)
			}
		}
	}
	return names
}

func (r *reader) figureList(n *yaml.Node, s *Spec) []Figure {
	before := r.scope
	defer func() { r.scope = before }()
	if s.Model == nil {
		r.scope = elsewhere()
	} else {
		r.scope = columnScope(s.Columns())
	}
	r.scope.names = append(r.scope.names, r.unsure...)
	nodes := []*yaml.Node{n}
	path := func(int) string { return "figure" }
	if n.Kind == yaml.SequenceNode {
		nodes, path = n.Content, func(i int) string { return element("figures", i) }
	}
	if len(nodes) > maxFigures {
		r.fail(n, "bounds", "figures", mistakef("", "an experiment has at most %d figures, this has %d", maxFigures, len(nodes)))
		return nil
	}
	list := []Figure{}
	named := make(map[string]bool)
	for i, c := range nodes {
		if r.full() || r.spent() {
			break
		}
		f := r.figure(c, path(i), s)
		if f == nil {
			continue
		}
		if f.File == "" {
			f.File = f.name()
			for n := 2; named[f.File]; n++ {
				f.File = fmt.Sprintf("%s-%d", f.name(), n)
			}
		} else if named[f.File] {
			_, at := lookup(c, "file")
			if at == nil {
				at = c
			}
			r.fail(at, "repeated-value", join(path(i), "file"), mistakef("give each figure a file of its own", "an earlier figure has the file %s", f.File))
		}
		named[f.File] = true
		list = append(list, *f)
	}
	return list
}

// name is the file of a figure that gives none: its kind, and the columns of
// what it shows.
func (f *Figure) name() string {
	shown := f.Z
	if shown == nil && len(f.Y) == 1 {
		shown = f.Y[0]
	}
	if shown == nil {
		shown = f.X[0]
	}
	names := append([]string{f.Kind}, shown.Columns()...)
	name := strings.Join(names, "-")
	return name[:min(len(name), 80)]
}

// figure reads one figure. It returns nil if there is a mistake.
func (r *reader) figure(n *yaml.Node, path string, s *Spec) *Figure {
	if n.Kind != yaml.MappingNode {
		if n.Kind != yaml.AliasNode {
			r.fail(n, "kind", path, mistakef("as in {kind: line, x: sigma, y: mean(d)}", "takes a mapping, not %s", what(n)))
		}
		return nil
	}
	before := r.fails
	kindKey, kindNode := lookup(n, "kind")
	if kindKey == nil {
		r.fail(n, "missing", join(path, "kind"), mistakef("kinds: "+strings.Join(figureKindNames(), ", "), "is missing"))
		return nil
	}
	i := slices.Index(figureKindNames(), kindNode.Value)
	if i < 0 || kindNode.Kind != yaml.ScalarNode {
		r.fail(kindNode, "choice", join(path, "kind"), mistakef(suggest(kindNode.Value, "kinds", figureKindNames()), "takes the kind of a figure, not %s", what(kindNode)))
		return nil
	}
	kind := &FigureKinds[i]
	f := &Figure{Kind: kind.Name}
	if f.Kind == "extrapolation" {
		f.Level, f.Power = 0.5, 0.5
	}
	for k, v := range pairs(n) {
		if !named(k) || v.Kind == yaml.AliasNode {
			continue
		}
		if !slices.Contains(kind.keys(), k.Value) {
			r.fail(k, "unknown-key", join(path, k.Value), mistakef(suggest(k.Value, "keys", kind.keys()), "a figure of kind %s has no key %q", kind.Name, clip(k.Value)))
			continue
		}
		r.figureKey(f, k.Value, v, join(path, k.Value))
	}
	for _, key := range kind.Need {
		if k, _ := lookup(n, key); k == nil {
			r.fail(n, "missing", join(path, key), mistakef("", "is missing: a figure of kind %s needs %s", kind.Name, strings.Join(kind.Need, ", ")))
		}
	}
	if f.Kind == "hysteresis" {
		r.loop(f, kindNode, path, s)
	}
	if f.Center != nil && *f.Center <= 0 && slices.Contains(f.Log, "z") {
		_, at := lookup(n, "center")
		r.fail(at, "figure", join(path, "center"), mistakef("", "must be above 0 where z is logarithmic"))
	}
	if f.Law != nil && (f.Law.Kind == "semicircle") == (f.Y != nil) {
		_, at := lookup(n, "law")
		r.fail(at, "figure", join(path, "law"), mistakef("", "circle and ellipse go with a y, the imaginary parts, and semicircle without"))
	}
	if f.Band == "wilson" && len(f.Y) == 1 && !r.scope.open {
		y := f.Y[0]
		if a := y.Whole(); !(a != nil && a.Func == "fraction") && (len(y.Aggregates) > 0 || y.Kind() != models.FlagKind) {
			_, at := lookup(n, "band")
			r.fail(at, "figure", join(path, "band"), mistakef("as in y: fraction(overlap > 0.8)", "wilson is an interval for a fraction, which y is not"))
		}
	}
	if r.fails > before {
		return nil
	}
	return f
}

// loop completes a figure of both ways along a carried axis.
func (r *reader) loop(f *Figure, at *yaml.Node, path string, s *Spec) {
	switch {
	case s.carry == nil && r.unsure != nil: // reported
	case s.carry == nil:
		r.fail(at, "figure", join(path, "kind"), mistakef("", "hysteresis needs carry, which the spec has not"))
	case f.X == nil:
		// The axis is a column: its formula is its name.
		n := *at
		n.Value, n.Style = s.Model.Params[s.carry.param].Decl().Name, 0
		if x := r.formula(&n, join(path, "x"), models.FloatKind, models.IntKind); x != nil {
			f.X = []*Formula{x}
		}
	}
}

// role is what a formula must be where it stands.
type role uint8

const (
	placeRole    role = iota + 1 // a number of each trial
	groupRole                    // a value of any kind of each trial
	classRole                    // a text, an integer or a flag of each trial
	measuredRole                 // a number or a flag of each trial, or an aggregate
	elementsRole                 // a number of each trial, or a series
	seriesRole                   // a series
	fractionRole                 // a number from 0 to 1, or a flag, of each trial
	selectedRole                 // true or false of each trial
)

// roles are those of x, y, z and by, by kind of figure.
var roles = map[string]map[string]role{
	"line":          {"x": placeRole, "y": measuredRole, "by": groupRole},
	"hysteresis":    {"x": placeRole, "y": measuredRole, "by": groupRole},
	"crossing":      {"x": placeRole, "y": fractionRole, "by": placeRole},
	"extrapolation": {"x": placeRole, "y": fractionRole, "by": placeRole},
	"heatmap":       {"x": placeRole, "y": placeRole, "z": measuredRole},
	"phases":        {"x": placeRole, "y": placeRole, "z": classRole},
	"orbit":         {"x": placeRole, "y": elementsRole},
	"histogram":     {"x": elementsRole, "by": groupRole},
	"spectrum":      {"x": seriesRole, "y": seriesRole},
	"raster":        {"x": seriesRole, "y": elementsRole},
	"escape":        {"x": placeRole, "y": placeRole, "z": seriesRole},
}

// channel reads a formula for its role.
func (r *reader) channel(n *yaml.Node, path string, as role) *Formula {
	var kinds []models.Kind
	switch as {
	case placeRole, elementsRole, seriesRole:
		kinds = []models.Kind{models.FloatKind, models.IntKind}
	case classRole:
		kinds = []models.Kind{models.TextKind, models.IntKind, models.FlagKind}
	case measuredRole, fractionRole:
		kinds = []models.Kind{models.FloatKind, models.IntKind, models.FlagKind}
	case selectedRole:
		kinds = []models.Kind{models.FlagKind}
	}
	f := r.formula(n, path, kinds...)
	if f == nil || r.scope.open {
		return f
	}
	bad := func(hint, format string, args ...any) *Formula {
		r.fail(n, "figure", path, mistakef(hint, format, args...))
		return nil
	}
	switch {
	case len(f.Aggregates) > 0 && as != measuredRole:
		return bad("aggregates stand where a figure takes many trials together", "takes a value of each trial, not %s of many", f.Aggregates[0].Func)
	case as == seriesRole && len(f.series) == 0:
		return bad(r.seriesHint(), "takes a series, and this is one number a trial")
	case as == measuredRole && len(f.Aggregates) == 0 && len(f.series) > 0:
		return bad(fmt.Sprintf("as in mean(%s)", f.series[0]), "%s is a series: say what to take of it", f.series[0])
	case as != seriesRole && as != elementsRole && as != measuredRole && len(f.series) > 0:
		return bad("", "takes one value a trial, and %s is a series", f.series[0])
	}
	return f
}

func (r *reader) seriesHint() string {
	var names []string
	for _, name := range r.scope.names {
		if r.scope.series[name] {
			names = append(names, name)
		}
	}
	if names == nil {
		return "the data set has no series"
	}
	return "series: " + strings.Join(names, ", ")
}

// figureKey reads the value of one key into f.
func (r *reader) figureKey(f *Figure, key string, n *yaml.Node, path string) {
	one := func(as role) *Formula { return r.channel(n, path, as) }
	switch key {
	case "kind":
	case "file":
		if f.File = r.figureText(n, path); f.File != "" && (!fileName.MatchString(f.File) || len(f.File) > 100) {
			r.fail(n, "name", path, mistakef("use letters, digits, - and _; the extension is added", "%q is no name for a file", clip(f.File)))
		}
	case "title":
		f.Title = strings.Join(strings.Fields(r.figureText(n, path)), " ")
	case "x", "y":
		var list []*Formula
		switch {
		case f.Kind != "escape":
			if x := one(roles[f.Kind][key]); x != nil {
				list = []*Formula{x}
			}
		case n.Kind != yaml.SequenceNode || len(n.Content) != 2:
			r.fail(n, "kind", path, mistakef("as in [re - width / 2, re + width / 2]", "takes two formulas, from and to, between which the cells of a trial lie"))
		default:
			for i, c := range n.Content {
				if x := r.channel(c, element(path, i), placeRole); x != nil {
					list = append(list, x)
				}
			}
		}
		if key == "x" {
			f.X = list
		} else {
			f.Y = list
		}
	case "z":
		f.Z = one(roles[f.Kind]["z"])
	case "by":
		f.By = one(roles[f.Kind]["by"])
	case "panels":
		f.Panels = one(groupRole)
	case "where":
		f.Where = one(selectedRole)
	case "rows":
		f.Rows = one(placeRole)
	case "band":
		f.Band = r.oneWord(n, path, Bands)
	case "width":
		f.Width = r.oneWord(n, path, figureWidths)
	case "bins":
		f.Bins = int(r.count(n, path, 2, 10_000))
	case "center":
		if xs := r.numbers(n, path, 1, 1); xs != nil {
			f.Center = &xs[0]
		}
	case "level":
		f.Level = r.between(n, path, 0, 1)
	case "power":
		f.Power = r.between(n, path, 0, 10)
	case "contours":
		f.Contours = r.numbers(n, path, 1, maxNumbers)
	case "with":
		f.With = r.curves(n, path)
	case "law":
		f.Law = r.edge(n, path)
	case "log":
		f.Log = r.logarithmic(n, path)
	case "label":
		f.Label = make(map[string]string)
		for k, v := range r.byChannel(n, path, []string{"x", "y", "z", "by", "panels"}) {
			f.Label[k] = r.figureText(v, join(path, k))
		}
	case "range":
		f.Range = make(map[string][2]float64)
		for k, v := range r.byChannel(n, path, []string{"x", "y", "z"}) {
			if xs := r.numbers(v, join(path, k), 2, 2); xs != nil {
				if xs[0] >= xs[1] {
					r.fail(v, "bounds", join(path, k), mistakef("", "takes the lower end, then the upper"))
				}
				f.Range[k] = [2]float64(xs)
			}
		}
	case "marks":
		f.Marks = make(map[string][]float64)
		for k, v := range r.byChannel(n, path, []string{"x", "y"}) {
			f.Marks[k] = r.numbers(v, join(path, k), 1, maxNumbers)
		}
	}
}

// byChannel visits the entries of a mapping whose keys are axes.
func (r *reader) byChannel(n *yaml.Node, path string, axes []string) func(yield func(k string, v *yaml.Node) bool) {
	return func(yield func(k string, v *yaml.Node) bool) {
		if n.Kind != yaml.MappingNode {
			r.fail(n, "kind", path, mistakef("", "takes a mapping of %s, not %s", models.Either(axes), what(n)))
			return
		}
		for k, v := range pairs(n) {
			switch {
			case !named(k) || v.Kind == yaml.AliasNode:
			case !slices.Contains(axes, k.Value):
				r.fail(k, "unknown-key", join(path, k.Value), mistakef(suggest(k.Value, "axes", axes), "there is no axis %q", clip(k.Value)))
			case !yield(k.Value, v):
				return
			}
		}
	}
}

// figureText reads a text that is not empty; "" if there is a mistake.
func (r *reader) figureText(n *yaml.Node, path string) string {
	switch {
	case n.Kind == yaml.AliasNode:
	case n.Kind != yaml.ScalarNode || isNull(n) || strings.TrimSpace(n.Value) == "":
		r.fail(n, "kind", path, mistakef("", "takes a text, not %s", what(n)))
	case len(n.Value) > maxExpression:
		r.fail(n, "bounds", path, mistakef("", "has at most %d bytes", maxExpression))
	default:
		return n.Value
	}
	return ""
}

func (r *reader) oneWord(n *yaml.Node, path string, words []string) string {
	if n.Kind != yaml.ScalarNode || !slices.Contains(words, n.Value) {
		r.fail(n, "choice", path, mistakef(suggest(n.Value, "choices", words), "takes %s, not %s", models.Either(words), what(n)))
		return ""
	}
	return n.Value
}

// numbers reads a number, or a list of them; nil if there is a mistake.
func (r *reader) numbers(n *yaml.Node, path string, least, most int) (xs []float64) {
	nodes := []*yaml.Node{n}
	at := func(int) string { return path }
	if n.Kind == yaml.SequenceNode {
		nodes, at = n.Content, func(i int) string { return element(path, i) }
	}
	if len(nodes) < least || len(nodes) > most {
		count := fmt.Sprintf("%d to %d numbers", least, most)
		if least == most {
			count = models.Either([]string{"one number", "two numbers"}[least-1 : least])
		}
		r.fail(n, "kind", path, mistakef("", "takes %s, not %d", count, len(nodes)))
		return nil
	}
	for i, c := range nodes {
		q, err := number(c)
		x := math.NaN()
		if err == nil {
			x, err = toFloat(q)
		}
		if err != nil {
			r.failValue(c, at(i), err)
			return nil
		}
		xs = append(xs, x)
	}
	return xs
}

// between reads a number between two bounds that it may not be; 0 if there is a
// mistake.
func (r *reader) between(n *yaml.Node, path string, low, high float64) float64 {
	xs := r.numbers(n, path, 1, 1)
	if xs == nil {
		return 0
	}
	if !(xs[0] > low && xs[0] < high) {
		r.fail(n, "bounds", path, mistakef("", "takes a number between %v and %v, not %v", low, high, xs[0]))
		return 0
	}
	return xs[0]
}

// logarithmic reads an axis or a list of them.
func (r *reader) logarithmic(n *yaml.Node, path string) (axes []string) {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	for _, c := range nodes {
		if axis := r.oneWord(c, path, []string{"x", "y", "z"}); axis != "" {
			axes = append(axes, axis)
		}
	}
	return axes
}

// elsewhere are the columns of a data set that is not known yet.
func elsewhere() *scope {
	return &scope{kinds: make(map[string]models.Kind), choices: make(map[string][]string), noun: "column", words: true, open: true}
}

// curves reads with: a list of curves.
func (r *reader) curves(n *yaml.Node, path string) (curves []Curve) {
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "kind", path, mistakef("as in - {from: theory, y: overlap}", "takes a list of curves, not %s", what(n)))
		return nil
	}
	if len(n.Content) > maxCurves {
		r.fail(n, "bounds", path, mistakef("", "a figure has at most %d curves from elsewhere, this has %d", maxCurves, len(n.Content)))
		return nil
	}
	columns := r.scope
	defer func() { r.scope = columns }()
	for i, c := range n.Content {
		at := element(path, i)
		if c.Kind != yaml.MappingNode {
			r.fail(c, "kind", at, mistakef("as in {from: theory, y: overlap}", "takes a mapping, not %s", what(c)))
			continue
		}
		var v Curve
		r.scope = columns
		if _, from := lookup(c, "from"); from != nil {
			if v.From = r.figureText(from, join(at, "from")); v.From != "" && !fileName.MatchString(v.From) {
				r.fail(from, "name", join(at, "from"), mistakef("the name of a folder beside this experiment's results", "%q names no result folder", clip(v.From)))
			}
			r.scope = elsewhere()
		}
		for k, n := range pairs(c) {
			at := join(at, k.Value)
			switch {
			case !named(k) || n.Kind == yaml.AliasNode || k.Value == "from":
			case k.Value == "x":
				v.X = r.channel(n, at, placeRole)
			case k.Value == "y":
				v.Y = r.channel(n, at, measuredRole)
			case k.Value == "where":
				v.Where = r.channel(n, at, selectedRole)
			case k.Value == "label":
				v.Label = r.figureText(n, at)
			default:
				r.fail(k, "unknown-key", at, mistakef(suggest(k.Value, "keys", curveKeys), "a curve has no key %q", clip(k.Value)))
			}
		}
		if v.From == "" && v.Y == nil {
			r.fail(c, "missing", at, mistakef("", "a curve has from, y, or both"))
		}
		curves = append(curves, v)
	}
	return curves
}

// edge reads the law of the edge of a spectrum.
func (r *reader) edge(n *yaml.Node, path string) *Law {
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		r.fail(n, "kind", path, mistakef("as in {circle: g}, {ellipse: [1 + tau, 1 - tau]} or {semicircle: 2 * sigma}", "takes one of %s with its size", models.Either(lawShapes)))
		return nil
	}
	k, v := n.Content[0], n.Content[1]
	size, ok := lawSizes[k.Value]
	if !ok {
		r.fail(k, "unknown-key", join(path, k.Value), mistakef(suggest(k.Value, "laws", lawShapes), "there is no law %q", clip(k.Value)))
		return nil
	}
	nodes := []*yaml.Node{v}
	at := func(int) string { return join(path, k.Value) }
	if v.Kind == yaml.SequenceNode {
		nodes, at = v.Content, func(i int) string { return element(join(path, k.Value), i) }
	}
	if len(nodes) != size {
		r.fail(v, "kind", join(path, k.Value), mistakef("", "takes %s, not %d", []string{"a radius", "two half axes"}[size-1], len(nodes)))
		return nil
	}
	law := &Law{Kind: k.Value}
	for i, c := range nodes {
		if f := r.channel(c, at(i), placeRole); f != nil {
			law.Size = append(law.Size, f)
		}
	}
	return law
}

// figuresSchema is what may stand under figures.
func figuresSchema() map[string]any {
	formula := object("$ref", "#/$defs/expression")
	number := object("$ref", "#/$defs/number")
	text := object("type", "string", "minLength", 1)
	numbers := object("oneOf", []any{number, object("type", "array", "items", number, "minItems", 1)})
	two := object("type", "array", "items", number, "minItems", 2, "maxItems", 2)
	axis := object("enum", []string{"x", "y", "z"})
	mapping := func(value any, axes ...string) map[string]any {
		properties := make(map[string]any)
		for _, a := range axes {
			properties[a] = value
		}
		return object("type", "object", "properties", properties, "additionalProperties", false)
	}
	law := make(map[string]any)
	for shape, size := range lawSizes {
		law[shape] = formula
		if size > 1 {
			law[shape] = object("type", "array", "items", formula, "minItems", size, "maxItems", size)
		}
	}
	values := map[string]any{
		"file":   object("type", "string", "pattern", fileName.String(), "description", "name of the picture's files"),
		"title":  object("type", "string", "minLength", 1, "description", "sentence that the caption begins with"),
		"where":  object("$ref", "#/$defs/expression", "description", "which trials are shown"),
		"panels": object("$ref", "#/$defs/expression", "description", "a panel for each of its values"),
		"by":     object("$ref", "#/$defs/expression", "description", "a curve for each of its values"),
		"label":  mapping(text, "x", "y", "z", "by", "panels"),
		"log":    object("oneOf", []any{axis, object("type", "array", "items", axis)}),
		"range":  mapping(two, "x", "y", "z"), "marks": mapping(numbers, "x", "y"),
		"width": object("enum", figureWidths), "band": object("enum", Bands), "bins": number, "center": number, "level": number, "power": number, "contours": numbers, "rows": formula,
		"law": object("type", "object", "properties", law, "additionalProperties", false, "minProperties", 1, "maxProperties", 1),
		"with": object("type", "array", "items", object("type", "object", "additionalProperties", false,
			"properties", object("from", object("type", "string", "pattern", fileName.String()), "x", formula, "y", formula, "where", formula, "label", text))),
	}
	var kinds []any
	for _, k := range FigureKinds {
		properties := object("kind", object("const", k.Name, "description", k.Doc))
		for _, key := range k.keys()[1:] {
			switch v, ok := values[key]; {
			case ok:
				properties[key] = v
			case k.Name == "escape" && key != "z":
				properties[key] = object("type", "array", "items", formula, "minItems", 2, "maxItems", 2)
			default:
				properties[key] = formula
			}
		}
		kinds = append(kinds, object("type", "object", "properties", properties, "additionalProperties", false, "required", append([]string{"kind"}, k.Need...)))
	}
	return object("type", "array", "description", "pictures drawn of the results; they change no number", "items", object("oneOf", kinds))
}
