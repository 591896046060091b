package export

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// CSV writes the data set as RFC 4180 has it, with one row of column names.
//
// Numbers are the shortest text that reads back to the same bits, those of
// scalars with a point or an exponent so that they are not taken for integers;
// NaN, INF and -INF; flags true and false; a null is empty, an empty text is a
// pair of quotes; a series is a JSON list, in which NaN, Infinity and -Infinity
// stand for themselves, as in Python's json.
func (s *Source) CSV(ctx context.Context, out io.Writer) error {
	w := bufio.NewWriterSize(out, 1<<18)
	fields := s.fields()
	var row []byte
	for i, f := range fields {
		row = appendSeparator(row, i)
		row = appendText(row, f.Name)
	}
	if _, err := w.Write(append(row, "\r\n"...)); err != nil {
		return err
	}
	err := s.Rows.Frames(ctx, func(f *store.Frame) error {
		for r := range f.Len() {
			row = row[:0]
			for i := range fields {
				row = appendSeparator(row, i)
				if !f.Null(i, r) {
					row = appendCell(row, f, &fields[i], i, r)
				}
			}
			if _, err := w.Write(append(row, "\r\n"...)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

func appendSeparator(row []byte, column int) []byte {
	if column > 0 {
		row = append(row, ',')
	}
	return row
}

func appendCell(row []byte, f *store.Frame, field *store.Field, column, r int) []byte {
	switch field.Kind {
	case models.IntegerKind:
		return strconv.AppendInt(row, f.Int(column, r), 10)
	case models.BoolKind:
		return strconv.AppendBool(row, f.Flag(column, r))
	case models.ScalarKind:
		return appendFloat(row, f.Float(column, r), "INF")
	case models.SeriesKind:
		row = append(row, '"', '[')
		for i, x := range f.Series(column, r) {
			if i > 0 {
				row = append(row, ", "...)
			}
			row = appendFloat(row, x, "Infinity")
		}
		return append(row, ']', '"')
	}
	return appendText(row, f.Text(column, r))
}

func appendFloat(row []byte, x float64, infinity string) []byte {
	switch {
	case math.IsNaN(x):
		return append(row, "NaN"...)
	case math.IsInf(x, 0):
		if x < 0 {
			row = append(row, '-')
		}
		return append(row, infinity...)
	}
	from := len(row)
	row = strconv.AppendFloat(row, x, 'g', -1, 64)
	for _, c := range row[from:] {
		if c == '.' || c == 'e' {
			return row
		}
	}
	return append(row, ".0"...)
}

func appendText(row []byte, text string) []byte {
	if text != "" && !strings.ContainsAny(text, "\",\r\n") {
		return append(row, text...)
	}
	row = append(row, '"')
	row = append(row, strings.ReplaceAll(text, `"`, `""`)...)
	return append(row, '"')
}

// CSVMetadata writes what the columns of a CSV file are: their units, types and
// docs, as CSVW has it (W3C, Metadata Vocabulary for Tabular Data). It belongs
// beside the file, under its name with "-metadata.json" behind it.
func (s *Source) CSVMetadata(out io.Writer, file string) error {
	type column struct {
		Name        string `json:"name"`
		Titles      string `json:"titles"`
		Datatype    string `json:"datatype"`
		Required    bool   `json:"required"`
		Unit        string `json:"schema:unitText,omitempty"`
		Description string `json:"dc:description,omitempty"`
	}
	var table struct {
		Context     string `json:"@context"`
		URL         string `json:"url"`
		Title       string `json:"dc:title"`
		Description string `json:"dc:description"`
		Schema      struct {
			Columns []column `json:"columns"`
			Key     string   `json:"primaryKey"`
		} `json:"tableSchema"`
	}
	table.Context, table.URL = "http://www.w3.org/ns/csvw", file
	table.Title, table.Description = s.Name, strings.TrimSpace(s.Spec.About)
	table.Schema.Key = "trial"
	types := map[models.OutputKind]string{
		models.ScalarKind: "double", models.IntegerKind: "long", models.LabelKind: "string", models.BoolKind: "boolean", models.SeriesKind: "json",
	}
	for _, f := range s.fields() {
		table.Schema.Columns = append(table.Schema.Columns, column{f.Name, f.Name, types[f.Kind], !f.Optional, f.Unit, f.Doc})
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(&table)
}
