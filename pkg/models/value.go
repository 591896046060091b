package models

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// Kind is the kind of a parameter's values.
type Kind uint8

// The kinds of parameters.
const (
	FloatKind Kind = iota + 1 // a float64
	IntKind                   // an int64
	TextKind                  // one of the parameter's choices
	FlagKind                  // true or false
)

func (k Kind) String() string {
	switch k {
	case FloatKind:
		return "number"
	case IntKind:
		return "integer"
	case TextKind:
		return "text"
	case FlagKind:
		return "flag"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Value is the value of one parameter at one point. The zero Value means that
// an optional parameter is not set. Values are equal with == when they have
// the same kind and the same bits; a float value is never NaN and never -0.
type Value struct {
	kind Kind
	bits uint64
	text string
}

// FloatValue is x as a value. It panics on NaN, which no parameter may have.
func FloatValue(x float64) Value {
	if math.IsNaN(x) {
		panic("models: a parameter's value is NaN")
	}
	if x == 0 {
		x = 0 // -0 and 0 are one point
	}
	return Value{kind: FloatKind, bits: math.Float64bits(x)}
}

// IntValue is n as a value.
func IntValue(n int64) Value { return Value{kind: IntKind, bits: uint64(n)} }

// TextValue is s as a value.
func TextValue(s string) Value { return Value{kind: TextKind, text: s} }

// FlagValue is b as a value.
func FlagValue(b bool) Value {
	v := Value{kind: FlagKind}
	if b {
		v.bits = 1
	}
	return v
}

// IsSet reports whether v holds a value.
func (v Value) IsSet() bool { return v.kind != 0 }

// Kind is the value's kind, 0 if it is not set.
func (v Value) Kind() Kind { return v.kind }

// Float is a number's or an integer's value as a float64.
func (v Value) Float() float64 {
	if v.kind == IntKind {
		return float64(int64(v.bits))
	}
	return math.Float64frombits(v.bits)
}

// Int is an integer's value.
func (v Value) Int() int64 { return int64(v.bits) }

// Text is a text's value.
func (v Value) Text() string { return v.text }

// Flag is a flag's value.
func (v Value) Flag() bool { return v.bits != 0 }

// String writes v as a spec would: numbers in the shortest form that reads
// back to the same bits, an unset value as "".
func (v Value) String() string {
	switch v.kind {
	case FloatKind:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case IntKind:
		return strconv.FormatInt(v.Int(), 10)
	case TextKind:
		return v.text
	case FlagKind:
		return strconv.FormatBool(v.Flag())
	}
	return ""
}

// append adds the value's exact encoding to dst: its kind, then eight bytes,
// or a length and the text.
func (v Value) append(dst []byte) []byte {
	dst = append(dst, byte(v.kind))
	if v.kind == TextKind {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(len(v.text)))
		return append(dst, v.text...)
	}
	return binary.LittleEndian.AppendUint64(dst, v.bits)
}

// Plain is the value as a float64, int64, string or bool, nil if it is not set.
func (v Value) Plain() any {
	switch v.Kind() {
	case FloatKind:
		return v.Float()
	case IntKind:
		return v.Int()
	case TextKind:
		return v.Text()
	case FlagKind:
		return v.Flag()
	}
	return nil
}
