package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/neurosweep/sweep/pkg/models"
)

// These look into a folder without writing to it, as Status and Verify do.

// Found is a record that was looked for.
type Found struct {
	File    string `json:"file"` // where it is, below the folder
	Run     string `json:"run"`  // that computed it, a file of runs/
	Status  string `json:"status"`
	Class   string `json:"error_class,omitempty"`
	Error   string `json:"error,omitempty"`
	Wall    int64  `json:"wall_ns"`
	Attempt int64  `json:"attempt"`
	Earlier bool   `json:"earlier"` // it lies in history/: the next run takes it over
}

// errFound ends a search.
var errFound = errors.New("found")

// Find looks in the whole folder, history/ included, for the record of the
// point with that identity. It prefers a measurement to a failure, and is nil if
// there is none.
func Find(dir string, plan Plan, id models.ID) (*Found, error) {
	sources, err := folderSources(dir)
	if err != nil {
		return nil, err
	}
	t := newTables(plan).records
	var best *Found
	var unread error // the first file of the data set that cannot be read
	for _, src := range sources {
		var rows []int
		err := src.read(t, true, func(row int, b *block) error {
			for i := range b.columns[journalID].id {
				if b.columns[journalID].id[i] == id {
					rows = append(rows, row+i)
				}
			}
			return nil
		})
		if _, earlier := src.name(dir); err != nil && !earlier && unread == nil && !errors.Is(err, fs.ErrNotExist) {
			unread = err
		}
		if err != nil || len(rows) == 0 {
			continue // Verify tells of damage
		}
		err = src.read(t, false, func(row int, b *block) error {
			for len(rows) > 0 && rows[0] < row+b.rows() {
				i := rows[0] - row
				rows = rows[1:]
				text := func(c int) string { return b.columns[c].text[i] }
				f := &Found{
					Run: text(journalRun), Status: text(journalStatus), Class: text(journalClass), Error: text(journalError),
					Wall: int64(b.columns[journalWall].bits[i]), Attempt: int64(b.columns[journalAttempt].bits[i]),
				}
				f.File, f.Earlier = src.name(dir)
				if best == nil || best.Status == statusFailed && f.Status == statusOK {
					best = f
				}
			}
			if len(rows) == 0 {
				return errFound
			}
			return nil
		})
		if err != nil && err != errFound {
			return nil, err
		}
		if best != nil && best.Status == statusOK {
			break
		}
	}
	if best == nil && unread != nil {
		return nil, fmt.Errorf("the record may be there and cannot be read: %w", unread)
	}
	return best, nil
}

// folderSources lists all files of the folder that hold records, those of the
// latest data set first.
func folderSources(dir string) ([]source, error) {
	sources, err := sourcesIn(dir, "")
	if err != nil {
		return nil, err
	}
	earlier, err := historySources(dir)
	for _, h := range earlier {
		if h.look() == nil && h.arch == Arch() { // else no run takes it over
			sources = append(sources, h.source)
		}
	}
	return sources, err
}

// name is the source's file below the folder, and whether it is in history/.
func (src source) name(dir string) (string, bool) {
	path := src.part + src.journal // one of them is ""
	name := strings.TrimPrefix(path, dir+string(filepath.Separator))
	return filepath.ToSlash(name), strings.HasPrefix(name, historyDir)
}

// Timed is how long a trial took.
type Timed struct {
	Trial int64
	Wall  int64 // ns
	CPU   int64 // ns, -1 if it was not measured
}

const (
	// timedParts is about how many sealed parts are read for a sample of times,
	// and timedFrames how many frames of the journal.
	timedParts  = 4
	timedFrames = 64
)

// Timings returns how long trials of the plan took, a sample of them if there
// are many. It leaves out those that were not run, because a link before them
// had failed.
func Timings(dir string, plan Plan) ([]Timed, error) {
	rows, err := OpenRows(dir, plan)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return rows.Timings()
}

// Timings is the function of that name for the folder that s writes to.
func (s *Store) Timings() ([]Timed, error) {
	parts, release := s.hold(0, s.parts.planned)
	timed, err := readTimings(s.dir, s.tables, slices.Values(parts))
	return timed, errors.Join(err, release())
}

func readTimings(dir string, tables tables, parts iter.Seq[*part]) ([]Timed, error) {
	full := tables.timings
	t := &table{}
	for _, name := range []string{"trial", "wall_ns", "cpu_ns"} {
		t.add(full.fields[full.place(name)])
	}
	var timed []Timed
	add := func(trial, wall, cpu *column) {
		for i := range trial.bits {
			if wall.null[i] || wall.bits[i] == 0 {
				continue
			}
			one := Timed{int64(trial.bits[i]), int64(wall.bits[i]), -1}
			if !cpu.null[i] {
				one.CPU = int64(cpu.bits[i])
			}
			timed = append(timed, one)
		}
	}
	var sealed []int
	for p := range parts {
		if p.sealed {
			sealed = append(sealed, p.k)
		}
	}
	frames := entriesOf(parts)
	b := newBlock(t)
	for i := 0; i < len(sealed); i += (len(sealed) + timedParts - 1) / timedParts {
		r, err := openPart(filepath.Join(dir, timingsDir, partName(sealed[i])), t, false)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for {
			if err = r.next(b); err != nil {
				break
			}
			add(&b.columns[0], &b.columns[1], &b.columns[2])
		}
		r.close()
		if err != io.EOF {
			return nil, err
		}
	}
	b = newBlock(tables.records)
	var scratch []byte
	for i := 0; i < len(frames); i += (len(frames) + timedFrames - 1) / timedFrames {
		b.reset()
		var err error
		if scratch, err = frames[i].load(tables.records, b, scratch); err != nil {
			return nil, err
		}
		add(&b.columns[journalTrial], &b.columns[journalWall], &b.columns[journalCPU])
	}
	return timed, nil
}

// RowBytes is about how many bytes a trial takes in the sealed files of the
// folder, 0 if there is no record. Without a sealed part it is measured by
// making one in memory of the records of the journal, and not exact.
func RowBytes(dir string, plan Plan) (bytes float64, exact bool, err error) {
	n, err := inspect(dir, plan)
	if err != nil {
		return 0, false, err
	}
	defer n.close()
	if err := n.readParts(false); err != nil {
		return 0, false, err
	}
	var total, rows int64
	for p := range n.parts.all() {
		if !p.sealed {
			continue
		}
		rows += int64(partSize(plan, p.k))
		for _, folder := range n.tables.dirs() {
			size, err := fileSize(filepath.Join(dir, folder, partName(p.k)))
			if err != nil {
				return 0, false, err
			}
			total += size
		}
	}
	if rows > 0 {
		return float64(total) / float64(rows), true, nil
	}
	if err := n.readJournal(); err != nil {
		return 0, false, err
	}
	bytes, err = n.journalRowBytes()
	return bytes, false, err
}

func fileSize(path string) (int64, error) {
	f, err := openRegular(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// journalRowBytes makes files of many records and of one: what a file costs
// beside its rows cancels.
func (n *inspection) journalRowBytes() (float64, error) {
	var refs []ref
	for p := range n.parts.all() {
		if len(p.entries) == 0 {
			continue
		}
		if len(refs) >= blockRows {
			break
		}
		more, err := newWindow(n.tables.places, p.entries).next(p.trials(n.plan))
		if err != nil {
			return 0, err
		}
		refs = append(refs, more...)
	}
	refs = refs[:min(len(refs), blockRows)]
	if len(refs) == 0 {
		return 0, nil
	}
	l, traces := newLayout(n.plan), newTraceWriter(n.plan)
	size := func(refs []ref) (sum int64, err error) {
		l.fill(refs)
		traces.begin()
		for _, folder := range n.tables.dirs() {
			w := newPartWriter(n.tables.in(folder))
			w.begin(io.Discard, nil)
			if folder == seriesDir {
				err = errors.Join(traces.add(refs, w.write), traces.flush(w.write))
			} else {
				err = w.write(l.in(folder))
			}
			if err := errors.Join(err, w.close()); err != nil {
				return 0, err
			}
			sum += w.offset
		}
		return sum, nil
	}
	many, err := size(refs)
	if err != nil || len(refs) == 1 {
		return float64(many), err
	}
	one, err := size(refs[:1])
	return float64(many-one) / float64(len(refs)-1), err
}

// Near is a record of a sealed part that differs little from a point.
type Near struct {
	File    string       `json:"file"`
	Trial   int64        `json:"trial"` // in the plan that it was run in
	Model   string       `json:"model"`
	Version int          `json:"version"`
	Seed    uint64       `json:"seed"`
	Differs []Difference `json:"differs"`

	apart float64 // how many differ, and a fraction by how much
}

// Difference is a value that a record has and a point has not.
type Difference struct {
	Name  string `json:"name"`
	Here  string `json:"here"`  // of the point
	There string `json:"there"` // of the record, "" if it has none
}

// Nearest is, of the records in sealed parts and in the tail, history/ included,
// one that differs from the point in as few as possible of: the model's version,
// the seed, the replicate and the parameters; of those, one whose numbers differ
// little. It is nil if there are none of the model.
func Nearest(dir string, plan Plan, p *models.Point) (*Near, error) {
	sources, err := folderSources(dir)
	if err != nil {
		return nil, err
	}
	sources = append(sources, source{part: filepath.Join(dir, trialsDir, tailName)})
	var best *Near
	for _, src := range sources {
		if src.part == "" {
			continue
		}
		near, err := nearestIn(src.part, plan.Setting(), p)
		if err != nil || near == nil {
			continue // a file that cannot be read is Verify's to tell
		}
		near.File, _ = src.name(dir)
		if best == nil || near.apart < best.apart {
			best = near
		}
	}
	return best, nil
}

func nearestIn(path string, setting *models.Setting, p *models.Point) (*Near, error) {
	// The columns that the file has, of the plan of an earlier version maybe.
	t := &table{}
	t.add(field{name: "trial", kind: intColumn})
	t.add(field{name: "replicate", kind: intColumn})
	m := setting.Model
	var has []int
	var missing []Difference
	for i, param := range m.Params {
		d := param.Decl()
		f := field{name: d.Name, kind: paramKinds[d.Kind], optional: d.Optional}
		r, err := openPart(path, &table{fields: []field{{name: "trial", kind: intColumn}, f}}, false)
		if err == nil {
			if r.columns[1] < 0 {
				err = errShape
			}
			r.close()
		}
		if err != nil {
			missing = append(missing, Difference{d.Name, p.Values[i].String(), ""})
			continue
		}
		t.add(f)
		has = append(has, i)
	}
	r, err := openPart(path, t, false)
	if err != nil {
		return nil, err
	}
	defer r.close()
	near := &Near{Model: r.metadata("sweep.model")}
	if near.Model != m.Name {
		return nil, nil
	}
	fmt.Sscan(r.metadata("sweep.model.version"), &near.Version) // 0 if it is not there
	fmt.Sscan(r.metadata("sweep.seed"), &near.Seed)
	if near.Version != m.Version {
		missing = append(missing, Difference{"version of the model", fmt.Sprint(m.Version), fmt.Sprint(near.Version)})
	}
	if near.Seed != setting.Seed {
		missing = append(missing, Difference{"seed", fmt.Sprint(setting.Seed), fmt.Sprint(near.Seed)})
	}
	// want is the point as a row.
	want, b := newBlock(t), newBlock(t)
	want.columns[0].addInt(0)
	want.columns[1].addInt(p.Replicate)
	for j, i := range has {
		addValue(&want.columns[2+j], p.Values[i])
	}
	least := math.Inf(1)
	for {
		err := r.next(b)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		for row := range b.rows() {
			apart := 0.0
			for c := 1; c < len(b.columns); c++ {
				if !b.columns[c].sameRow(row, &want.columns[c], 0) {
					apart += 1 + b.columns[c].apart(row, &want.columns[c])/float64(len(b.columns))
				}
			}
			if apart >= least {
				continue
			}
			least = apart
			near.Trial = int64(b.columns[0].bits[row])
			near.Differs = append([]Difference(nil), missing...)
			for c := 1; c < len(b.columns); c++ {
				if !b.columns[c].sameRow(row, &want.columns[c], 0) {
					near.Differs = append(near.Differs, Difference{t.fields[c].name, want.columns[c].show(0), b.columns[c].show(row)})
				}
			}
		}
	}
	if math.IsInf(least, 1) {
		return nil, nil
	}
	near.apart = least + float64(len(missing))
	return near, nil
}

// apart is how far a number in row i is from that in the only row of d, from 0
// to 1, and 1 for what is no number.
func (c *column) apart(i int, d *column) float64 {
	if c.null[i] || d.null[0] {
		return 1
	}
	var x, y float64
	switch c.kind {
	case intColumn:
		x, y = float64(int64(c.bits[i])), float64(int64(d.bits[0]))
	case floatColumn:
		x, y = math.Float64frombits(c.bits[i]), math.Float64frombits(d.bits[0])
	default:
		return 1
	}
	return math.Abs(x-y) / (math.Abs(x) + math.Abs(y))
}

// show is the value of row i as text.
func (c *column) show(i int) string {
	if c.null[i] {
		return ""
	}
	switch c.kind {
	case textColumn:
		return c.text[i]
	case floatColumn:
		return strconv.FormatFloat(math.Float64frombits(c.bits[i]), 'g', -1, 64)
	case boolColumn:
		return models.FlagValue(c.bits[i] != 0).String()
	}
	return models.IntValue(int64(c.bits[i])).String()
}
