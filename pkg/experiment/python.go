package experiment

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// Python is the formula as an expression of numpy: a column stands as name makes
// it, an aggregate as aggregates says, by its place. It reports whether there is
// one: there is none of a formula whose columns are not known.
func (f *Formula) Python(name func(column string) string, aggregates []string) (string, bool) {
	if f.value.program == nil {
		return "", false
	}
	p := &pythonWriter{formula: f, name: name, aggregates: aggregates}
	text := p.text(f.value.program.Node())
	return text, !p.failed
}

type pythonWriter struct {
	formula    *Formula
	name       func(string) string
	aggregates []string
	failed     bool
}

// pythonFunctions are the functions under another name than numpy's own.
var pythonFunctions = map[string]string{
	"acos": "arccos", "asin": "arcsin", "atan": "arctan", "atan2": "arctan2", "max": "maximum", "min": "minimum", "int": "trunc",
}

// pythonOperators are the operators, and the functions that stand for them.
var pythonOperators = map[string]string{
	"+": "+", "-": "-", "*": "*", "/": "/", "**": "**", "^": "**", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
	"and": "&", "&&": "&", "or": "|", "||": "|",
	"add integers": "+", "join texts": "+", "subtract integers": "-", "multiply integers": "*", "power of numbers": "**", "pow": "**",
}

func (p *pythonWriter) text(n ast.Node) string {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return strconv.Itoa(n.Value)
	case *ast.FloatNode:
		return strconv.FormatFloat(n.Value, 'g', -1, 64)
	case *ast.BoolNode:
		if n.Value {
			return "True"
		}
		return "False"
	case *ast.StringNode:
		return strconv.QuoteToASCII(n.Value)
	case *ast.IdentifierNode:
		return p.identifier(n)
	case *ast.UnaryNode:
		switch n.Operator {
		case "not", "!":
			return "np.logical_not(" + p.text(n.Node) + ")"
		case "-", "+":
			return "(" + n.Operator + p.text(n.Node) + ")"
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "%":
			// The sign of the dividend, as the formula's own.
			return "np.fmod(" + p.text(n.Left) + ", " + p.text(n.Right) + ")"
		case "in":
			return "np.isin(" + p.text(n.Left) + ", " + p.text(n.Right) + ")"
		}
		if op := pythonOperators[n.Operator]; op != "" {
			return "(" + p.text(n.Left) + " " + op + " " + p.text(n.Right) + ")"
		}
	case *ast.ArrayNode:
		return "[" + strings.Join(p.list(n.Nodes), ", ") + "]"
	case *ast.ConditionalNode:
		return "np.where(" + strings.Join(p.list([]ast.Node{n.Cond, n.Exp1, n.Exp2}), ", ") + ")"
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		if !ok {
			break
		}
		args := p.list(n.Arguments)
		if op := pythonOperators[callee.Value]; op != "" && len(args) == 2 {
			return "(" + args[0] + " " + op + " " + args[1] + ")"
		}
		switch callee.Value {
		case "float":
			return args[0]
		case "round": // halves away from 0
			return fmt.Sprintf("np.trunc(%s + np.copysign(0.5, %s))", args[0], args[0])
		}
		if _, ok := functions[callee.Value]; !ok {
			break
		}
		name := callee.Value
		if other := pythonFunctions[name]; other != "" {
			name = other
		}
		return "np." + name + "(" + strings.Join(args, ", ") + ")"
	}
	p.failed = true
	return ""
}

func (p *pythonWriter) list(nodes []ast.Node) (texts []string) {
	for _, n := range nodes {
		texts = append(texts, p.text(n))
	}
	return texts
}

func (p *pythonWriter) identifier(n *ast.IdentifierNode) string {
	f := p.formula
	if i := slices.IndexFunc(f.Aggregates, func(a Aggregate) bool { return a.name == n.Value }); i >= 0 {
		return p.aggregates[i]
	}
	if slices.Contains(f.value.words, n.Value) {
		return strconv.QuoteToASCII(n.Value)
	}
	if !slices.Contains(f.value.names, n.Value) {
		return "np." + n.Value // pi
	}
	text := p.name(n.Value)
	if t := n.Type(); t != nil && t.Kind() == reflect.Bool {
		// A column of flags with nulls is one of objects, in which neither & nor ~
		// is what it says.
		return text + ".eq(True)"
	}
	return text
}
