package experiment

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

// maxExpression is the length of an expression in bytes.
const maxExpression = 4096

// expression is a formula of parameters and derived values.
type expression struct {
	node  *yaml.Node
	path  string
	text  string
	names []string // of parameters and derived values, or of columns, in it
	words []string // texts that stand without their quotes

	program *vm.Program
	kind    models.Kind // of its values, once it is compiled
	cost    int64       // of a value, in rows of maxWork
}

// scope is what the names in expressions stand for.
type scope struct {
	kinds   map[string]models.Kind // of all names that have one
	choices map[string][]string    // of the text parameters
	names   []string               // for suggestions
	noun    string                 // what a name is

	// Of formulas of figures:
	series  map[string]bool // names that are lists of numbers
	words   bool            // a choice may stand without its quotes
	outside []string        // columns that may stand in an aggregate only
	open    bool            // the names are of a data set that is not known yet
}

func newScope(m *models.Model) *scope {
	s := &scope{kinds: make(map[string]models.Kind), choices: make(map[string][]string), noun: "parameter or derived value"}
	for _, p := range m.Params {
		d := p.Decl()
		s.add(d.Name, d.Kind)
		s.choices[d.Name] = d.Choices
	}
	return s
}

// functions are the names that may stand before a parenthesis.
func (s *scope) functions() []string {
	if s.words {
		return append(functionNames(), aggregationNames()...)
	}
	return functionNames()
}

func (s *scope) add(name string, k models.Kind) {
	if !slices.Contains(s.names, name) {
		s.names = append(s.names, name)
	}
	s.kinds[name] = k
}

var (
	identifier = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)
	exponent   = regexp.MustCompile(`[0-9.][eE][-+]?[0-9]`)
	operation  = regexp.MustCompile(`[A-Za-z_)].*[-+*/%^(?]|[-+*/%^(?].*[A-Za-z_(]`)
)

// isExpression reports whether a number is given by an expression: it names
// something the spec has, or is a formula that cannot be meant as a number.
func (r *reader) isExpression(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || isNull(n) || quoted(n) && n.Tag == "" {
		return false
	}
	if _, err := parseNumber(n.Value); err == nil || len(n.Value) > maxExpression {
		return false
	}
	names := identifier.FindAllString(n.Value, -1)
	for _, name := range names {
		if r.scope != nil && slices.Contains(r.scope.names, name) {
			return true
		}
	}
	// A sign or an exponent does not make a formula.
	plain := exponent.ReplaceAllString(strings.TrimLeft(n.Value, "+- "), "1")
	return len(names) > 0 && operation.MatchString(plain) && !strings.Contains(plain, "0x")
}

// allowed are the operators of expressions.
var allowed = []string{"+", "-", "*", "/", "%", "**", "^", "==", "!=", "<", "<=", ">", ">=", "and", "or", "&&", "||", "in", "not", "!"}

// expression parses a scalar as an expression and finds the names in it. It
// returns nil if there is a mistake.
func (r *reader) expression(n *yaml.Node, path string) *expression {
	if !r.written(n, path) {
		return nil
	}
	return r.parse(n, path, n.Value)
}

// written refuses a node that holds no expression.
func (r *reader) written(n *yaml.Node, path string) bool {
	switch {
	case n.Kind == yaml.AliasNode: // reported
	case n.Kind != yaml.ScalarNode:
		r.fail(n, "kind", path, mistakef("", "takes an expression, not %s", what(n)))
	case isNull(n) || strings.TrimSpace(n.Value) == "":
		r.fail(n, "missing", path, mistakef("", "an expression is missing"))
	case len(n.Value) > maxExpression:
		r.fail(n, "expression", path, mistakef("", "an expression has at most %d bytes, this has %d", maxExpression, len(n.Value)))
	default:
		return true
	}
	return false
}

// parse parses the text of a scalar, or what stands for it with every character
// in its place.
func (r *reader) parse(n *yaml.Node, path, text string) *expression {
	if !r.work(compileWork, n, path) {
		return nil
	}
	e := &expression{node: n, path: path, text: text}
	config := conf.CreateNew()
	for _, o := range options {
		o(config)
	}
	tree, err := parser.ParseWithConfig(e.text, config)
	if err != nil {
		r.failExpression(e, err)
		return nil
	}
	w := &walker{r: r, e: e}
	w.check(tree.Node)
	if w.bad {
		return nil
	}
	return e
}

// walker checks the tree of an expression: what the library's language has and
// a spec's has not is refused, such as loops over ranges, which have no bound.
type walker struct {
	r   *reader
	e   *expression
	bad bool
}

func (w *walker) fail(n ast.Node, m *mistake) {
	w.bad = true
	w.r.failAt(w.e, n.Location().From, n.Location().To-n.Location().From, m)
}

func (w *walker) check(n ast.Node) {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode:
	case *ast.IdentifierNode:
		switch {
		case n.Value == "pi" && !slices.Contains(w.r.scope.names, "pi"):
		case slices.Contains(w.r.scope.outside, n.Value):
			w.fail(n, mistakef("as in mean(x / y)", "%s stands beside an aggregate: a formula is a value of each trial, or of aggregates", n.Value))
		case !w.r.scope.open && !slices.Contains(w.r.scope.names, n.Value):
			w.fail(n, mistakef(suggest(n.Value, "names", w.r.scope.names), "there is no %s %q", w.r.scope.noun, clip(n.Value)))
		case !slices.Contains(w.e.names, n.Value):
			w.e.names = append(w.e.names, n.Value)
		}
	case *ast.UnaryNode:
		if !slices.Contains(allowed, n.Operator) {
			w.fail(n, mistakef("", "expressions have no operator %s", n.Operator))
		}
		w.check(n.Node)
	case *ast.BinaryNode:
		if !slices.Contains(allowed, n.Operator) {
			w.fail(n, mistakef("", "expressions have no operator %s", n.Operator))
			return
		}
		equal := n.Operator == "==" || n.Operator == "!="
		if !equal || !w.word(n.Right, n.Left) {
			w.check(n.Left)
		}
		if list, ok := n.Right.(*ast.ArrayNode); ok && n.Operator == "in" {
			for _, c := range list.Nodes {
				if !w.word(n.Left, c) {
					w.check(c)
				}
				w.choice(n.Left, c)
			}
			return
		}
		if !equal || !w.word(n.Left, n.Right) {
			w.check(n.Right)
		}
		if equal {
			w.choice(n.Left, n.Right)
			w.choice(n.Right, n.Left)
		}
	case *ast.ConditionalNode:
		w.check(n.Cond)
		w.check(n.Exp1)
		w.check(n.Exp2)
	case *ast.CallNode:
		name, ok := n.Callee.(*ast.IdentifierNode)
		if !ok {
			w.fail(n, mistakef("", "only functions can be called"))
			return
		}
		if _, known := functions[name.Value]; !known {
			w.fail(name, mistakef(suggest(name.Value, "functions", w.r.scope.functions()), "there is no function %q", clip(name.Value)))
		}
		for _, a := range n.Arguments {
			w.check(a)
		}
	case *ast.BuiltinNode:
		w.fail(n, mistakef(suggest(n.Name, "functions", w.r.scope.functions()), "there is no function %q", clip(n.Name)))
	default:
		w.fail(n, mistakef("", "expressions are made of numbers, names, operators and functions"))
	}
}

// word reports whether a name is no name but one of the choices of the text that
// it is compared with.
func (w *walker) word(name, text ast.Node) bool {
	id, ok := name.(*ast.IdentifierNode)
	word, isName := text.(*ast.IdentifierNode)
	s := w.r.scope
	if !ok || !isName || !s.words || slices.Contains(s.names, word.Value) || !slices.Contains(s.choices[id.Value], word.Value) {
		return false
	}
	if !slices.Contains(w.e.words, word.Value) {
		w.e.words = append(w.e.words, word.Value)
	}
	return true
}

// choice refuses a comparison of a text parameter with none of its choices,
// which would silently be false everywhere.
func (w *walker) choice(name, text ast.Node) {
	id, ok := name.(*ast.IdentifierNode)
	s, isText := text.(*ast.StringNode)
	if !ok || !isText {
		return
	}
	if choices := w.r.scope.choices[id.Value]; len(choices) > 0 && !slices.Contains(choices, s.Value) {
		w.fail(text, mistakef(suggest(s.Value, "choices", choices), "%s is %s, never %q", id.Value, models.Either(choices), clip(s.Value)))
	}
}

// zeros are a value of each kind, which tell the types.
var zeros = map[models.Kind]any{models.FloatKind: 0.0, models.IntKind: 0, models.TextKind: "", models.FlagKind: false}

var kindsOf = map[string]models.Kind{"float64": models.FloatKind, "int": models.IntKind, "string": models.TextKind, "bool": models.FlagKind}

// compile finds the kind of the expression's values. It reports whether it is
// one of those wanted; nil stands for any.
func (r *reader) compile(e *expression, wanted ...models.Kind) bool {
	env := map[string]any{}
	if !slices.Contains(r.scope.names, "pi") {
		env["pi"] = math.Pi
	}
	for _, name := range e.names {
		k, ok := r.scope.kinds[name]
		if !ok {
			return false // a derived value that is wrong itself
		}
		env[name] = zeros[k]
	}
	for _, word := range e.words {
		env[word] = word
	}
	program, err := expr.Compile(e.text, append([]expr.Option{expr.Env(env)}, options...)...)
	if err != nil {
		r.failExpression(e, err)
		return false
	}
	e.program = program
	e.cost = cost(program)
	typ := program.Node().Type()
	if typ == nil || kindsOf[typ.String()] == 0 {
		r.fail(e.node, "expression", e.path, mistakef("write 1.0 or float(n) to make an integer a number", "the expression gives values of several kinds"))
		return false
	}
	e.kind = kindsOf[typ.String()]
	if wanted != nil && !slices.Contains(wanted, e.kind) {
		hint := ""
		if e.kind == models.IntKind || e.kind == models.FloatKind {
			hint = "compare it, as in n > 100"
		}
		r.fail(e.node, "expression", e.path, mistakef(hint, "takes %s, and the expression gives %s", kindNames[wanted[0]], kindNames[e.kind]))
		return false
	}
	return true
}

// cost is what an expression costs to evaluate, in rows of maxWork: a call some
// three, and sixteen other steps one.
func cost(p *vm.Program) int64 {
	calls := int64(0)
	ast.Find(p.Node(), func(n ast.Node) bool {
		if c, ok := n.(*ast.CallNode); ok {
			if name, ok := c.Callee.(*ast.IdentifierNode); ok && name.Value != "join texts" && !strings.HasSuffix(name.Value, " integers") {
				calls++
			}
		}
		return false
	})
	return 1 + int64(len(p.Bytecode))/16 + 3*calls
}

var kindNames = map[models.Kind]string{models.FloatKind: "a number", models.IntKind: "an integer", models.TextKind: "a text", models.FlagKind: "true or false"}

// environment holds the values of names while expressions are evaluated.
type environment struct {
	vm     vm.VM
	values map[string]any
}

func newEnvironment() *environment {
	return &environment{values: map[string]any{"pi": math.Pi}}
}

func (v *environment) set(name string, value models.Value) {
	switch value.Kind() {
	case models.FloatKind:
		v.values[name] = value.Float()
	case models.IntKind:
		v.values[name] = int(value.Int())
	case models.TextKind:
		v.values[name] = value.Text()
	case models.FlagKind:
		v.values[name] = value.Flag()
	default:
		delete(v.values, name)
	}
}

// eval is the expression's value for the names as they are set.
func (v *environment) eval(e *expression) (any, error) {
	for _, name := range e.names {
		if _, ok := v.values[name]; !ok {
			return nil, fmt.Errorf("%s is not given", name)
		}
	}
	result, err := v.vm.Run(e.program, v.values)
	var at *file.Error
	if errors.As(err, &at) {
		return nil, errors.New(plainWords(at.Message))
	}
	return result, err
}

// value makes what an expression gave a value of the kind.
func toValue(x any, k models.Kind) (models.Value, error) {
	switch x := x.(type) {
	case float64:
		switch {
		case math.IsNaN(x) || math.IsInf(x, 0):
			return models.Value{}, fmt.Errorf("gives %v", x)
		case k == models.FloatKind:
			return models.FloatValue(x), nil
		case k == models.IntKind:
			if x != math.Trunc(x) || math.Abs(x) >= 1<<63 {
				return models.Value{}, fmt.Errorf("gives %v, which is no integer", models.FloatValue(x))
			}
			return models.IntValue(int64(x)), nil
		}
	case int:
		if k == models.FloatKind {
			return models.FloatValue(float64(x)), nil
		}
		return models.IntValue(int64(x)), nil
	case string:
		return models.TextValue(x), nil
	case bool:
		return models.FlagValue(x), nil
	}
	return models.Value{}, fmt.Errorf("gives %v", x)
}

// failExpression records what the library found.
func (r *reader) failExpression(e *expression, err error) {
	var at *file.Error
	if errors.As(err, &at) {
		r.failAt(e, at.From, at.To-at.From, mistakef("", "%s", plainWords(at.Message)))
		return
	}
	message, _, _ := strings.Cut(err.Error(), "\n")
	r.fail(e.node, "expression", e.path, mistakef("", "%s", plainWords(message)))
}

var (
	typeName   = regexp.MustCompile(`\b(float64|int|bool|string)\b`)
	typeWords  = map[string]string{"float64": "number", "int": "integer", "bool": "flag", "string": "text"}
	unexpected = regexp.MustCompile(`^unexpected token \w+\("(.*)"\)`)
)

// plainWords says it in the words of specs.
func plainWords(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	message = strings.TrimPrefix(message, "invalid operation: ")
	if message == "unexpected token EOF" {
		return "the expression ends too early"
	}
	message = unexpected.ReplaceAllString(message, "unexpected $1")
	return typeName.ReplaceAllStringFunc(message, func(t string) string { return typeWords[t] })
}

// failAt records a mistake at a character of an expression: there where it
// stands in the file, if the text is written as it is.
func (r *reader) failAt(e *expression, from, width int, m *mistake) {
	if r.full() {
		r.fails++
		return
	}
	at, ok := r.places[e.node]
	if !ok {
		at.src = r.file
	}
	path := e.path
	if at.prefix != "" {
		path = at.prefix + "." + path
	}
	runes := []rune(e.node.Value)
	from = min(max(from, 0), len(runes))
	before := string(runes[:from])
	line := e.node.Line + strings.Count(before, "\n")
	column := e.node.Column + utf8.RuneCountInString(before)
	if quoted(e.node) {
		column++
	}
	if e.node.Style&yaml.LiteralStyle != 0 {
		// The text begins in the line below its |, indented.
		line++
		text := at.src.line(line)
		last := before[strings.LastIndexByte(before, '\n')+1:]
		column = utf8.RuneCountInString(text) - utf8.RuneCountInString(strings.TrimLeft(text, " ")) + utf8.RuneCountInString(last) + 1
	}
	// A folded or an escaped text stands otherwise: then its beginning must do.
	rest := string(runes[from:])
	rest, _, _ = strings.Cut(rest, "\n")
	if text := []rune(at.src.line(line)); column-1 > len(text) || !strings.HasPrefix(string(text[column-1:]), strings.TrimSpace(rest)) {
		r.fail(e.node, "expression", e.path, m)
		return
	}
	r.report(at.src, line, column, max(width, 1), "expression", path, m)
}
