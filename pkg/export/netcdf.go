package export

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/neurosweep/sweep/internal/cdf"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// Values that stand for no value; 0x479E… is netCDF's own for doubles, about
// 9.97e36.
const (
	noInt    = math.MinInt32
	noInt64  = math.MinInt64
	noDouble = 0x479E000000000000
	noFlag   = -1
)

// cellsPerCheck is how many values of a coordinate are computed between two looks at
// the context: some milliseconds.
const cellsPerCheck = 1 << 14

// chunkBytes is about how much is written at once.
const chunkBytes = 1 << 20

// NetCDF writes the data set as a netCDF classic file, reading it twice.
//
// Of a plan that is a product of axes, the dimensions are the axes and
// replicate, and direction where a state is carried; the members of a zip share
// one, named after the first of them. Otherwise there is the one dimension trial,
// over the recorded trials. Parameters and derived values are coordinates over
// the dimensions that they depend on. A series whose length is the same in all
// trials, by the plan or as it happens, adds the dimension <name>_k; of others the values stand one behind the
// other along <name>_value, those of a trial from <name>_first on, <name>_length
// of them.
func (s *Source) NetCDF(ctx context.Context, out io.WriterAt) error {
	n := &netCDF{Source: s, out: out, columns: s.fields(), replicate: -1, first: make(map[int]int64)}
	n.grid, n.product = s.Plan.Grid()
	n.stats = make([]stats, len(n.columns))
	if err := s.Rows.Frames(ctx, n.scan); err != nil {
		return err
	}
	if n.rows == 0 {
		return fmt.Errorf("there is no record yet")
	}
	if err := n.sparse(); err != nil {
		return err
	}
	n.describe()
	if err := n.layOut(ctx); err != nil {
		return err
	}
	if err := n.header.Write(out); err != nil {
		return err
	}
	for i := range n.coordinates {
		if err := n.writeCoordinate(ctx, &n.coordinates[i]); err != nil {
			return err
		}
	}
	if n.product && n.rows < s.Plan.Len() {
		for i := range n.measured {
			if err := n.clear(ctx, &n.measured[i]); err != nil {
				return err
			}
		}
	}
	if err := s.Rows.Frames(ctx, n.write); err != nil {
		return err
	}
	return n.pad()
}

// A file of a plan that is a product has a place for each trial. It may have so many
// times as many as there are records, or this many bytes.
const (
	mostPlaces = 16
	fewBytes   = 64 << 20
)

// sparse refuses a file that would be places without values and little else: it
// grows with the plan, and not with what was computed.
func (n *netCDF) sparse() error {
	planned := n.Plan.Len()
	if !n.product || n.rows >= planned/mostPlaces {
		return nil
	}
	var width int64 // of a trial
	for i, c := range n.columns {
		s := &n.stats[i]
		switch {
		case c.Kind == models.BoolKind:
			width++
		case c.Kind == models.LabelKind:
			width += s.width
		case c.Kind != models.SeriesKind:
			width += 8
		case s.short == s.long:
			width += 8 * s.long
		default:
			width += 16 // where it begins, and its length
		}
	}
	bytes := float64(planned) * float64(width)
	if bytes <= fewBytes {
		return nil
	}
	return fmt.Errorf("as netCDF this takes about %.2g GB, a place for each of %d planned trials, of which %d have a record: run the others first, or export CSV or Arrow, which have the records alone", bytes/1e9, planned, n.rows)
}

// pad makes the file as long as its header says: the last variable may end
// before a multiple of four bytes.
func (n *netCDF) pad() error {
	v := n.header.Vars[len(n.header.Vars)-1]
	end := v.At(v.Len())
	_, err := n.out.WriteAt(make([]byte, n.header.Size()-end), end)
	return err
}

type netCDF struct {
	*Source
	out     io.WriterAt
	header  cdf.Header
	columns []store.Field
	stats   []stats // by column
	rows    int64   // recorded

	product   bool
	grid      *experiment.Grid // nil if it is no product
	dims      []int            // of what is measured, in the header
	place     []int            // by dimension of the grid, where it stands in dims
	replicate int              // where replicates stand in dims, -1 if nowhere

	coordinates []variable
	measured    []variable

	point  models.Point
	done   int64         // rows written
	first  map[int]int64 // by column, how many values of a ragged series are written
	starts []int64       // by row of a frame, where its series begins
	order  []int         // rows of a frame by their places
	at     []int64       // the places, by row
	buf    []byte
}

// stats is what must be known of values before their variable can be laid out.
type stats struct {
	null     bool
	from, to int64 // of integers
	width    int64 // of the longest text, in bytes
	clash    bool  // a number is noDouble
	known    bool  // there is a series
	short    int64 // length of the shortest
	long     int64 // and the longest
	values   int64 // in all
}

// scan takes the measure of a frame.
func (n *netCDF) scan(f *store.Frame) error {
	n.rows += int64(f.Len())
	for i, c := range n.columns {
		s := &n.stats[i]
		for r := range f.Len() {
			if c.Kind != models.SeriesKind {
				s.add(cellOf(f, c.Kind, i, r), c.Kind)
				continue
			}
			if f.Null(i, r) {
				s.null = true
				continue
			}
			xs := f.Series(i, r)
			length := int64(len(xs))
			if !s.known {
				s.known, s.short = true, length
			}
			s.short, s.long = min(s.short, length), max(s.long, length)
			s.values += length
			for _, x := range xs {
				s.clash = s.clash || math.Float64bits(x) == noDouble
			}
		}
	}
	return nil
}

// cell is one value, but for a series: Bits for numbers and flags, Text for
// labels, or Null.
type cell = models.Slot

func cellOf(f *store.Frame, kind models.OutputKind, column, row int) cell {
	c := cell{State: models.Set}
	switch {
	case f.Null(column, row):
		c.State = models.Null
	case kind == models.LabelKind:
		c.Text = f.Text(column, row)
	case kind == models.ScalarKind:
		c.Bits = math.Float64bits(f.Float(column, row))
	default:
		c.Bits = uint64(f.Int(column, row))
	}
	return c
}

func cellOfValue(v models.Value) cell {
	switch v.Kind() {
	case 0:
		return cell{State: models.Null}
	case models.TextKind:
		return cell{State: models.Set, Text: v.Text()}
	}
	return cell{State: models.Set, Bits: uint64(v.Int())}
}

func (s *stats) add(c cell, kind models.OutputKind) {
	switch {
	case c.State == models.Null:
		s.null = true
	case kind == models.LabelKind:
		s.width = max(s.width, int64(len(c.Text)))
	case kind == models.ScalarKind:
		s.clash = s.clash || c.Bits == noDouble
	case kind == models.IntegerKind:
		s.from, s.to = min(s.from, int64(c.Bits)), max(s.to, int64(c.Bits))
	}
}

// variable is a variable of the file.
type variable struct {
	*cdf.Var
	kind   models.OutputKind
	column int                // of the data set; -1 of a coordinate
	cells  int64              // of a coordinate
	value  func(i int64) cell // of a coordinate
	width  int64              // values in a cell: characters of a text, length of a series
	fill   []byte             // a cell without value
	part   part
}

// part says what of a column a variable has: all, or of series of many lengths
// where each begins, how long it is, or the values.
type part uint8

const (
	whole part = iota
	start
	length
	values
)

// dim is the dimension of that name, a new one if there is none of its length.
func (n *netCDF) dim(name string, length int64) int {
	d := cdf.Dim{Name: name, Len: length}
	if i := slices.Index(n.header.Dims, d); i >= 0 {
		return i
	}
	n.header.Dims = append(n.header.Dims, d)
	return len(n.header.Dims) - 1
}

// newVariable lays out a variable of the values that s was taken of.
func (n *netCDF) newVariable(f store.Field, dims []int, s *stats, filled bool) (variable, error) {
	v := variable{Var: &cdf.Var{Name: f.Name, Dims: slices.Clone(dims)}, kind: f.Kind, column: -1, width: 1}
	attr := func(name string, value any) { v.Attrs = append(v.Attrs, cdf.Attr{Name: name, Value: value}) }
	if f.Doc != "" {
		attr("long_name", f.Doc)
	}
	if f.Unit != "" {
		attr("units", f.Unit)
	}
	switch f.Kind {
	case models.ScalarKind, models.SeriesKind:
		v.Type = cdf.Double
		v.fill = binary.BigEndian.AppendUint64(nil, noDouble)
		if s.null && s.clash {
			return v, fmt.Errorf("column %s has the value %v, which in netCDF stands for no value", f.Name, math.Float64frombits(noDouble))
		}
		if s.null || filled {
			attr("_FillValue", []float64{math.Float64frombits(noDouble)})
		}
	case models.IntegerKind:
		v.Type = cdf.Int
		v.fill = binary.BigEndian.AppendUint32(nil, 1<<31)
		if s.from <= noInt || s.to > math.MaxInt32 {
			v.Type = cdf.Int64
			v.fill = binary.BigEndian.AppendUint64(nil, 1<<63)
		}
		switch {
		case s.null && s.from == noInt64:
			return v, fmt.Errorf("column %s has the value -2^63, which stands for no value", f.Name)
		case s.null && v.Type == cdf.Int:
			attr("_FillValue", []int32{noInt})
		case s.null:
			attr("_FillValue", []int64{noInt64})
		}
	case models.BoolKind:
		v.Type = cdf.Byte
		v.fill = []byte{0xff}
		if s.null {
			attr("_FillValue", []int8{noFlag})
		} else {
			attr("dtype", "bool")
		}
		attr("flag_values", []int8{0, 1})
		attr("flag_meanings", "false true")
	case models.LabelKind:
		v.Type = cdf.Char
		v.width = max(s.width, 1)
		v.Dims = append(v.Dims, n.dim(fmt.Sprintf("string%d", v.width), v.width))
		v.fill = make([]byte, v.width)
		attr("_Encoding", "utf-8")
	}
	n.header.Vars = append(n.header.Vars, v.Var)
	return v, nil
}

// append adds a cell's bytes.
func (v *variable) append(dst []byte, c cell) []byte {
	switch {
	case c.State == models.Null:
		return append(dst, v.fill...)
	case v.Type == cdf.Char:
		dst = append(dst, c.Text...)
		return append(dst, v.fill[len(c.Text):]...)
	case v.Type == cdf.Byte:
		return append(dst, byte(c.Bits))
	case v.Type == cdf.Int:
		return binary.BigEndian.AppendUint32(dst, uint32(c.Bits))
	}
	return binary.BigEndian.AppendUint64(dst, c.Bits)
}

// describe says of the file what it is.
func (n *netCDF) describe() {
	set := n.Plan.Setting()
	hash := n.Plan.Hash()
	n.header.Attrs = []cdf.Attr{
		{Name: "Conventions", Value: "CF-1.11"},
		{Name: "title", Value: n.Name},
		{Name: "comment", Value: strings.TrimSpace(n.Spec.About)},
		{Name: "source", Value: fmt.Sprintf("model %s, version %d, run by sweep", set.Model.Name, set.Model.Version)},
		{Name: "sweep_model", Value: set.Model.Name},
		{Name: "sweep_model_version", Value: fmt.Sprint(set.Model.Version)},
		{Name: "sweep_seed", Value: fmt.Sprint(set.Seed)},
		{Name: "sweep_plan", Value: hex.EncodeToString(hash[:])},
		{Name: "sweep_planned", Value: fmt.Sprint(n.Plan.Len())},
		{Name: "sweep_recorded", Value: fmt.Sprint(n.rows)},
	}
}

// layOut makes the dimensions and the variables.
func (n *netCDF) layOut(ctx context.Context) error {
	if n.product {
		n.layOutDims()
	} else {
		n.dims = []int{n.dim("trial", n.rows)}
	}
	m := n.Plan.Setting().Model
	place := 0 // where params, derived values and outputs begin
	field := func(name string) (int, store.Field) {
		i := slices.IndexFunc(n.columns, func(f store.Field) bool { return f.Name == name })
		place = max(place, i+1)
		return i, n.columns[i]
	}
	var columns []int // along the dimension trial, or all dimensions
	if i, f := field("trial"); n.product {
		if err := n.coordinate(ctx, f, n.dims, n.Plan.Len(), func(i int64) cell { return intCell(n.turned(i)) }); err != nil {
			return err
		}
	} else {
		columns = append(columns, i)
	}
	field("id") // 32 characters for each trial; its number says the same
	if i, f := field("replicate"); n.product {
		if err := n.coordinate(ctx, f, n.dims[n.replicate:n.replicate+1], n.Plan.Replicates(), intCell); err != nil {
			return err
		}
	} else {
		columns = append(columns, i)
	}
	swept := n.Plan.Swept()
	for p, param := range m.Params {
		i, f := field(param.Decl().Name)
		switch constant := n.Plan.Constants()[p]; {
		case !slices.Contains(swept, p):
			if !constant.IsSet() {
				continue
			}
			if err := n.coordinate(ctx, f, nil, 1, func(int64) cell { return cellOfValue(constant) }); err != nil {
				return err
			}
		case n.product:
			field(f.Name + "_i") // the place along a dimension
			if err := n.along(ctx, f, n.grid.Params[p], func(at *models.Point) models.Value { return at.Values[p] }); err != nil {
				return err
			}
		default:
			at, _ := field(f.Name + "_i")
			columns = append(columns, i, at)
		}
	}
	for d, c := range n.Plan.Derived() {
		i, f := field(c.Name)
		switch {
		case !n.product:
			columns = append(columns, i)
		case d == len(n.grid.Derived): // the direction of a carry
			ways := n.Plan.Directions()
			if err := n.coordinate(ctx, f, n.dims[n.replicate+1:n.replicate+2], int64(len(ways)), func(i int64) cell { return cell{State: models.Set, Text: ways[i]} }); err != nil {
				return err
			}
		default:
			if err := n.along(ctx, f, n.grid.Derived[d], func(at *models.Point) models.Value { return at.Derived[d] }); err != nil {
				return err
			}
		}
	}
	outputs := place
	for i := place; i < len(n.columns); i++ {
		name := n.columns[i].Name
		// Messages can be long; the data set has them.
		if name == "error" || name == "error_class" && n.stats[i].width == 0 {
			continue
		}
		columns = append(columns, i)
	}
	for _, i := range columns {
		if err := n.measure(i); err != nil {
			return err
		}
	}
	n.associate(outputs)
	return nil
}

// layOutDims makes the dimensions of a product, in the order of the plan, so
// that trials with numbers near each other stand near each other.
func (n *netCDF) layOutDims() {
	ways := n.Plan.Directions()
	last := len(n.grid.Dims) - 1
	add := func(name string, length int64) { n.dims = append(n.dims, n.dim(name, length)) }
	for i, d := range n.grid.Dims {
		if i == last && ways != nil {
			break
		}
		n.place = append(n.place, len(n.dims))
		add(n.Plan.Setting().Model.Params[d.Param].Decl().Name, d.Len)
	}
	n.replicate = len(n.dims)
	add("replicate", n.Plan.Replicates())
	if ways != nil {
		add("direction", int64(len(ways)))
		d := n.grid.Dims[last]
		n.place = append(n.place, len(n.dims))
		add(n.Plan.Setting().Model.Params[d.Param].Decl().Name, d.Len)
	}
}

// turned is the place of a trial in a product, and the trial at a place: the same
// number, but for a carried axis that is gone down.
func (n *netCDF) turned(i int64) int64 {
	ways := n.Plan.Directions()
	if ways == nil {
		return i
	}
	links := n.Plan.ChainLen()
	link := i % links
	if ways[i/links%int64(len(ways))] == "up" {
		return i
	}
	return i - link + (links - 1 - link)
}

func intCell(i int64) cell { return cell{State: models.Set, Bits: uint64(i)} }

// along adds a coordinate over some dimensions of the grid.
func (n *netCDF) along(ctx context.Context, f store.Field, over []int, value func(*models.Point) models.Value) error {
	var dims []int
	cells := int64(1)
	for _, d := range over {
		dims = append(dims, n.dims[n.place[d]])
		cells *= n.grid.Dims[d].Len
	}
	stride := make([]int64, len(n.dims))
	for i, s := len(n.dims)-1, int64(1); i >= 0; i-- {
		stride[i] = s
		s *= n.header.Dims[n.dims[i]].Len
	}
	return n.coordinate(ctx, f, dims, cells, func(i int64) cell {
		at := int64(0)
		for _, d := range slices.Backward(over) {
			length := n.grid.Dims[d].Len
			at += i % length * stride[n.place[d]]
			i /= length
		}
		n.Plan.Point(n.turned(at), &n.point)
		return cellOfValue(value(&n.point))
	})
}

// coordinate adds a variable of cells values that the plan knows.
func (n *netCDF) coordinate(ctx context.Context, f store.Field, dims []int, cells int64, value func(i int64) cell) error {
	var s stats
	for i := range cells {
		if i%cellsPerCheck == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s.add(value(i), f.Kind)
	}
	v, err := n.newVariable(f, dims, &s, false)
	v.cells, v.value = cells, value
	n.coordinates = append(n.coordinates, v)
	return err
}

// measure adds the variable of a column of the data set.
func (n *netCDF) measure(i int) error {
	f, s := n.columns[i], n.stats[i]
	s.null = s.null || n.product && n.rows < n.Plan.Len()
	if f.Kind != models.SeriesKind {
		v, err := n.newVariable(f, n.dims, &s, true)
		v.column = i
		n.measured = append(n.measured, v)
		return err
	}
	if f.Length > 0 {
		s.short, s.long = int64(f.Length), int64(f.Length)
	} else if s.values == 0 {
		return nil // no trial has any value: there is no dimension of length 0
	}
	if s.short == s.long {
		v, err := n.newVariable(f, append(slices.Clone(n.dims), n.dim(f.Name+"_k", s.long)), &s, true)
		v.column, v.width = i, s.long
		v.fill = repeat(v.fill, s.long)
		n.measured = append(n.measured, v)
		return err
	}
	behind := s
	behind.null = false
	v, err := n.newVariable(f, []int{n.dim(f.Name+"_value", s.values)}, &behind, false)
	if err != nil {
		return err
	}
	v.column, v.part = i, values
	for _, of := range []struct {
		part      part
		name, doc string
	}{
		{start, f.Name + "_first", "place of the first value along " + f.Name + "_value"},
		{length, f.Name + "_length", "how many values there are"},
	} {
		s := stats{null: s.null, to: s.values}
		index, err := n.newVariable(store.Field{Name: of.name, Kind: models.IntegerKind, Doc: of.doc}, n.dims, &s, true)
		if err != nil {
			return err
		}
		index.column, index.part = i, of.part
		n.measured = append(n.measured, index)
	}
	n.measured = append(n.measured, v)
	return nil
}

func repeat(b []byte, n int64) []byte {
	var all []byte
	for range n {
		all = append(all, b...)
	}
	return all
}

// associate names the coordinates that are no dimension's own in the variables
// that they belong to; outputs is the first column that is no coordinate.
func (n *netCDF) associate(outputs int) {
	isDim := func(name string) bool {
		return slices.ContainsFunc(n.header.Dims, func(d cdf.Dim) bool { return d.Name == name })
	}
	var names []string
	for _, v := range n.coordinates {
		if !isDim(v.Name) {
			names = append(names, v.Name)
		}
	}
	for _, v := range n.measured {
		if v.column < outputs && !isDim(v.Name) {
			names = append(names, v.Name)
		}
	}
	if len(names) == 0 {
		return
	}
	for _, v := range n.measured {
		if v.column >= outputs && v.part != values {
			v.Attrs = append(v.Attrs, cdf.Attr{Name: "coordinates", Value: strings.Join(names, " ")})
		}
	}
}

// flush writes what n.buf has, at a value of a variable, and empties it.
func (n *netCDF) flush(v *variable, value int64) error {
	_, err := n.out.WriteAt(n.buf, v.At(value))
	n.buf = n.buf[:0]
	return err
}

func (n *netCDF) writeCoordinate(ctx context.Context, v *variable) error {
	n.buf = n.buf[:0]
	from := int64(0)
	for i := range v.cells {
		n.buf = v.append(n.buf, v.value(i))
		if len(n.buf) >= chunkBytes || i == v.cells-1 {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			if err := n.flush(v, from*v.width); err != nil {
				return err
			}
			from = i + 1
		}
	}
	return nil
}

// clear fills a variable, where trials are missing.
func (n *netCDF) clear(ctx context.Context, v *variable) error {
	if v.part == values {
		return nil
	}
	n.buf = n.buf[:0]
	from, cells := int64(0), v.Len()/v.width
	for i := range cells {
		n.buf = append(n.buf, v.fill...)
		if len(n.buf) >= chunkBytes || i == cells-1 {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			if err := n.flush(v, from*v.width); err != nil {
				return err
			}
			from = i + 1
		}
	}
	return nil
}

// write puts a frame into the file.
func (n *netCDF) write(f *store.Frame) error {
	n.order, n.at = n.order[:0], n.at[:0]
	for r := range f.Len() {
		n.order = append(n.order, r)
		if n.product {
			n.at = append(n.at, n.turned(f.Int(0, r)))
		} else {
			n.at = append(n.at, n.done+int64(r))
		}
	}
	if n.product {
		slices.SortFunc(n.order, func(a, b int) int { return int(n.at[a] - n.at[b]) })
	}
	for i := range n.measured {
		if err := n.writeColumn(&n.measured[i], f); err != nil {
			return err
		}
	}
	n.done += int64(f.Len())
	return nil
}

// writeColumn puts a column of a frame into the file, in runs of rows whose
// places follow each other.
func (n *netCDF) writeColumn(v *variable, f *store.Frame) error {
	n.buf = n.buf[:0]
	if v.part == values {
		for r := range f.Len() {
			for _, x := range n.series(f, v.column, r) {
				n.buf = binary.BigEndian.AppendUint64(n.buf, math.Float64bits(x))
			}
		}
		from := n.first[v.column]
		n.first[v.column] += int64(len(n.buf) / 8)
		return n.flush(v, from)
	}
	first := n.first[v.column] // of the next series
	if v.part == start {
		// Rows are not visited in their order below.
		n.starts = n.starts[:0]
		for r := range f.Len() {
			n.starts = append(n.starts, first)
			first += int64(len(n.series(f, v.column, r)))
		}
	}
	from := int64(0)
	for i, r := range n.order {
		switch {
		case i == 0 || len(n.buf) == 0:
			from = n.at[r]
		case len(n.buf) >= chunkBytes || n.at[r] != n.at[n.order[i-1]]+1:
			if err := n.flush(v, from*v.width); err != nil {
				return err
			}
			from = n.at[r]
		}
		switch {
		case v.part == start && !f.Null(v.column, r):
			n.buf = v.append(n.buf, intCell(n.starts[r]))
		case v.part == length && !f.Null(v.column, r):
			n.buf = v.append(n.buf, intCell(int64(len(n.series(f, v.column, r)))))
		case v.kind == models.SeriesKind && !f.Null(v.column, r):
			for _, x := range f.Series(v.column, r) {
				n.buf = binary.BigEndian.AppendUint64(n.buf, math.Float64bits(x))
			}
		case f.Null(v.column, r):
			n.buf = append(n.buf, v.fill...)
		default:
			n.buf = v.append(n.buf, cellOf(f, v.kind, v.column, r))
		}
	}
	return n.flush(v, from*v.width)
}

// series is a row's values, none if it is null.
func (n *netCDF) series(f *store.Frame, column, row int) []float64 {
	if f.Null(column, row) {
		return nil
	}
	return f.Series(column, row)
}
