// Package cdf writes netCDF classic files: a [Header] of dimensions, attributes
// and variables, and values put at their places in any order, so that a file of
// any size takes little memory.
//
// The format is that of the netCDF classic format specification (Unidata),
// without record dimensions: the 64-bit offset variant, or the 64-bit data
// variant, which has 64-bit integers and variables beyond 4 GiB.
package cdf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Type is the type of a variable's values.
type Type uint32

// The types, by their numbers in a file.
const (
	Byte   Type = 1
	Char   Type = 2
	Int    Type = 4 // 32 bits
	Double Type = 6
	Int64  Type = 10 // in the 64-bit data variant only
)

// Size is how many bytes a value takes.
func (t Type) Size() int64 {
	switch t {
	case Int:
		return 4
	case Double, Int64:
		return 8
	}
	return 1
}

// Dim is a dimension. Its length is at least 1.
type Dim struct {
	Name string
	Len  int64
}

// Attr is an attribute: a string, or numbers of the type of a variable's values.
type Attr struct {
	Name  string
	Value any // string, []int8, []int32, []int64 or []float64
}

// Var is a variable: an array over dimensions, the last of which changes fastest.
type Var struct {
	Name  string
	Type  Type
	Dims  []int // places in Header.Dims
	Attrs []Attr

	start int64
	bytes int64
}

// Header is all of a file but the values.
type Header struct {
	Dims  []Dim
	Attrs []Attr
	Vars  []*Var

	wide bool // the 64-bit data variant
	size int64
}

const (
	tagDims  = 10
	tagVars  = 11
	tagAttrs = 12

	// mostBytes is what a variable takes at most where its size has 32 bits.
	mostBytes = math.MaxUint32 - 3
	// mostLen is the longest dimension where lengths have 31 bits.
	mostLen = math.MaxInt32
)

// Write lays the variables out and writes the header at the beginning of w.
func (h *Header) Write(w io.WriterAt) error {
	seen := make(map[string]bool)
	for _, v := range h.Vars {
		if seen[v.Name] {
			return fmt.Errorf("two variables have the name %s", v.Name)
		}
		seen[v.Name] = true
		v.bytes = v.Type.Size()
		for _, d := range v.Dims {
			n := h.Dims[d].Len
			if n < 1 || v.bytes > (1<<62)/n {
				return fmt.Errorf("variable %s cannot have a dimension %s of length %d", v.Name, h.Dims[d].Name, n)
			}
			v.bytes *= n
		}
		h.wide = h.wide || v.bytes > mostBytes || v.Type == Int64
	}
	clear(seen)
	for _, d := range h.Dims {
		if seen[d.Name] {
			return fmt.Errorf("two dimensions have the name %s", d.Name)
		}
		seen[d.Name] = true
		h.wide = h.wide || d.Len > mostLen
	}
	// The header's length does not depend on what it says of places.
	at := int64(len(h.encode()))
	for _, v := range h.Vars {
		v.start = at
		at += padded(v.bytes)
	}
	h.size = at
	_, err := w.WriteAt(h.encode(), 0)
	return err
}

// Size is the length of the file, once the header is written.
func (h *Header) Size() int64 { return h.size }

// At is the place in the file of value i of the variable, once the header is
// written.
func (v *Var) At(i int64) int64 { return v.start + i*v.Type.Size() }

// Len is how many values the variable has, once the header is written.
func (v *Var) Len() int64 { return v.bytes / v.Type.Size() }

func padded(n int64) int64 { return (n + 3) &^ 3 }

type encoder struct {
	bytes.Buffer
	wide bool
}

func (e *encoder) u32(n uint32) { e.Write(binary.BigEndian.AppendUint32(nil, n)) }
func (e *encoder) u64(n uint64) { e.Write(binary.BigEndian.AppendUint64(nil, n)) }

// count writes a number of things, of 64 bits in the 64-bit data variant.
func (e *encoder) count(n int64) {
	if e.wide {
		e.u64(uint64(n))
	} else {
		e.u32(uint32(n))
	}
}

func (e *encoder) pad() {
	for e.Len()%4 != 0 {
		e.WriteByte(0)
	}
}

func (e *encoder) name(s string) {
	e.count(int64(len(s)))
	e.WriteString(s)
	e.pad()
}

// list writes the head of a list; an empty one has no tag.
func (e *encoder) list(tag uint32, n int) {
	if n == 0 {
		tag = 0
	}
	e.u32(tag)
	e.count(int64(n))
}

func (e *encoder) attrs(list []Attr) {
	e.list(tagAttrs, len(list))
	for _, a := range list {
		e.name(a.Name)
		switch v := a.Value.(type) {
		case string:
			e.u32(uint32(Char))
			e.count(int64(len(v)))
			e.WriteString(v)
		case []int8:
			e.numbers(Byte, len(v), v)
		case []int32:
			e.numbers(Int, len(v), v)
		case []int64:
			e.numbers(Int64, len(v), v)
		case []float64:
			e.numbers(Double, len(v), v)
		default:
			panic(fmt.Sprintf("cdf: attribute %s is a %T", a.Name, v))
		}
		e.pad()
	}
}

func (e *encoder) numbers(t Type, n int, values any) {
	e.u32(uint32(t))
	e.count(int64(n))
	if err := binary.Write(e, binary.BigEndian, values); err != nil {
		panic(err) // numbers of fixed size, into memory
	}
}

func (h *Header) encode() []byte {
	e := &encoder{wide: h.wide}
	e.WriteString("CDF")
	if h.wide {
		e.WriteByte(5)
	} else {
		e.WriteByte(2)
	}
	e.count(0) // records
	e.list(tagDims, len(h.Dims))
	for _, d := range h.Dims {
		e.name(d.Name)
		e.count(d.Len)
	}
	e.attrs(h.Attrs)
	e.list(tagVars, len(h.Vars))
	for _, v := range h.Vars {
		e.name(v.Name)
		e.count(int64(len(v.Dims)))
		for _, d := range v.Dims {
			e.count(int64(d))
		}
		e.attrs(v.Attrs)
		e.u32(uint32(v.Type))
		e.count(padded(v.bytes))
		e.u64(uint64(v.start))
	}
	return e.Bytes()
}
