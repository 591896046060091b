package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/neurosweep/sweep/pkg/models"
)

// Report is what a look at a result folder found. It is filled by [Status] from
// footers and the journal, and by [Verify] from every record.
type Report struct {
	Counts
	// Writer is the process that writes to the folder, nil if none does.
	Writer *LockedError `json:"writer,omitempty"`
	// Earlier counts files of trials/ and journal/ that belong to another plan:
	// the spec has changed and has not been run since.
	Earlier int `json:"earlier_files,omitempty"`
	// Missing lists the first ranges of trials without a record.
	Missing []Range `json:"missing,omitempty"`
	// Problems are what should not be: damage, records of other points, two
	// records of one trial. Verify finds all, Status those it comes across.
	Problems []Problem `json:"problems,omitempty"`
	// Unread are those of them for which records are missing from what a reader sees.
	Unread []Problem `json:"-"`
	// LastRun is the provenance of the latest run.
	LastRun *Run `json:"last_run,omitempty"`
}

// Complete says that every planned trial has a record and nothing is amiss.
func (r *Report) Complete() bool { return r.Done == r.Planned && len(r.Problems) == 0 }

// Range is the trials First to Last, both included.
type Range struct {
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

// Problem is something wrong with a file, or with the folder if File is "".
type Problem struct {
	File    string `json:"file,omitempty"`
	Message string `json:"message"`
}

func (p Problem) String() string {
	if p.File == "" {
		return p.Message
	}
	return p.File + ": " + p.Message
}

// maxRanges bounds Report.Missing.
const maxRanges = 20

// inspection reads a folder that may have a writer.
type inspection struct {
	Report
	dir    string
	plan   Plan
	tables tables
	hash   string
	parts  parts
	files  openFiles       // of the journal's segments
	dated  []string        // files whose lists an earlier version wrote
	today  int             // how many others there are
	unread map[int]Problem // why sealed parts cannot be read
	lost   []Problem       // files that have records of nobody knows which trials
}

func inspect(dir string, plan Plan) (*inspection, error) {
	if _, err := os.Stat(filepath.Join(dir, trialsDir)); err != nil {
		return nil, fmt.Errorf("%s is not a result folder: %w", dir, err)
	}
	hash := plan.Hash()
	n := &inspection{
		dir: dir, plan: plan, hash: hex.EncodeToString(hash[:]),
		tables: newTables(plan),
		parts:  newParts(plan),
		unread: make(map[int]Problem),
	}
	n.Planned = plan.Len()
	var err error
	if n.Writer, err = locked(dir); err != nil {
		return nil, err
	}
	n.LastRun = lastRun(dir)
	return n, nil
}

func (n *inspection) problem(file, format string, args ...any) {
	for i := range args {
		if e, ok := args[i].(*fileError); ok && e.path == file {
			args[i] = e.err
		}
	}
	n.Problems = append(n.Problems, Problem{strings.TrimPrefix(file, n.dir+string(filepath.Separator)), fmt.Sprintf(format, args...)})
}

func (n *inspection) close() {
	n.files.closeAll()
}

// lookAgain is how often glance looks at a folder that a writer changes.
const lookAgain = 5

// glance is an inspection that has read footers and the journal.
func glance(dir string, plan Plan) (*inspection, error) {
	for again := 1; ; again++ {
		before, err := recordFiles(dir)
		if err != nil {
			return nil, err
		}
		n, err := glanceOnce(dir, plan)
		if err != nil {
			return nil, err
		}
		after, err := recordFiles(dir)
		if err == nil && (slices.Equal(before, after) || again == lookAgain) {
			return n, nil
		}
		n.close()
		if err != nil {
			return nil, err
		}
		// Records have moved meanwhile, from the journal to a part maybe, and
		// may have been missed on their way.
	}
}

// recordFiles are the names of the sealed parts and of the segments.
func recordFiles(dir string) ([]string, error) {
	names, err := list(filepath.Join(dir, trialsDir))
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == tailName })
	segments, err := list(filepath.Join(dir, journalDir))
	return append(names, segments...), err
}

func glanceOnce(dir string, plan Plan) (*inspection, error) {
	n, err := inspect(dir, plan)
	if err != nil {
		return nil, err
	}
	if err = n.readParts(false); err == nil {
		err = n.readJournal()
	}
	n.Unread = n.unreadOf(0, n.parts.planned)
	if err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// Status counts what the folder holds, from footers and the journal.
func Status(dir string, plan Plan) (*Report, error) {
	n, err := glance(dir, plan)
	if err != nil {
		return nil, err
	}
	defer n.close()
	n.findMissing()
	return &n.Report, nil
}

// Verify reads every record and proves that each planned trial has exactly one:
// that identities and parameters are the plan's, that checksums hold, and that
// no trial is there twice.
func Verify(dir string, plan Plan) (*Report, error) {
	n, err := inspect(dir, plan)
	if err != nil {
		return nil, err
	}
	defer n.close()
	if err := n.readParts(true); err != nil {
		return nil, err
	}
	if err := n.verifySums(); err != nil {
		return nil, err
	}
	if err := n.readJournal(); err != nil {
		return nil, err
	}
	n.verifyJournal()
	n.verifyTail()
	n.verifyLists()
	if err := n.verifySeries(); err != nil {
		return nil, err
	}
	if err := n.verifyBeside(); err != nil {
		return nil, err
	}
	n.findMissing()
	if n.Done < n.Planned {
		n.problem("", "%d of %d trials have no record", n.Planned-n.Done, n.Planned)
	}
	if n.Earlier > 0 {
		n.problem("", "%d files belong to an earlier plan: the spec has changed and has not been run since", n.Earlier)
	}
	return &n.Report, nil
}

func (n *inspection) readParts(whole bool) error {
	names, err := list(filepath.Join(n.dir, trialsDir))
	if err != nil {
		return err
	}
	if err := n.readAbsent(names); err != nil {
		return err
	}
	for _, name := range names {
		path := filepath.Join(n.dir, trialsDir, name)
		k, ok := partNumber(name)
		if name == tailName {
			continue
		}
		if !ok {
			n.problem(path, "is not a file of the data set, and a notebook that reads the folder would read it too")
			continue
		}
		if err := n.readPart(k, path, whole); err != nil {
			n.problem(path, "%v", err)
			n.unread[k] = n.Problems[len(n.Problems)-1]
		}
	}
	return nil
}

// readAbsent notes the parts of which there is a checksum and nothing else.
func (n *inspection) readAbsent(names []string) error {
	if n.Writer != nil {
		return nil // it has moved them, maybe
	}
	sums, err := readSums(n.dir)
	for file := range sums {
		name, ok := strings.CutPrefix(file, trialsDir+"/")
		if k, part := partNumber(name); ok && part && !slices.Contains(names, name) {
			n.problem(filepath.Join(n.dir, trialsDir, name), "it is in %s, and there is no such file or directory", sumsFile)
			n.unread[k] = n.Problems[len(n.Problems)-1]
		}
	}
	return err
}

func (n *inspection) readPart(k int, path string, whole bool) error {
	r, err := openPart(path, n.tables.trials, false)
	if err != nil && n.another(path) {
		n.Earlier++
		return nil
	}
	if err != nil {
		return bare(err)
	}
	defer r.close()
	if r.metadata("sweep.plan") != n.hash {
		n.Earlier++
		return nil
	}
	series := filepath.Join(n.dir, seriesDir, partName(k))
	same, err := sameSeries(series, n.plan, n.hash)
	if err != nil {
		n.problem(series, "%v", bare(err))
		n.unread[k] = n.Problems[len(n.Problems)-1]
		return nil
	}
	if !same {
		n.Earlier++
		if !whole || n.tables.series == nil {
			return nil
		}
		// It may be the footer that is damaged.
		sums, err := readSums(n.dir)
		if err == nil {
			n.verifySum(sums, seriesDir, k)
		}
		return err
	}
	if k >= n.parts.planned || r.rows() != int64(partSize(n.plan, k)) {
		return fmt.Errorf("%d rows, where the plan has %d trials", r.rows(), n.plan.Len())
	}
	failed, err := r.claims(n.plan, k)
	if err != nil {
		return err
	}
	if whole {
		if err := n.verifyPart(k, path, failed); err != nil {
			return err
		}
	}
	n.parts.set(&part{k: k, sealed: true})
	n.Done += r.rows()
	n.Sealed += r.rows()
	n.Failed += failed
	return nil
}

// another reports whether a file of trials/ says that it is of another plan, whatever
// columns it has.
func (n *inspection) another(path string) bool {
	r, err := openFooter(path)
	if err != nil {
		return false
	}
	defer r.close()
	plan := r.metadata("sweep.plan")
	return plan != "" && plan != n.hash
}

func (n *inspection) verifyPart(k int, path string, failed int64) error {
	r, err := openPart(path, n.tables.trials, true)
	if err != nil {
		return bare(err)
	}
	defer r.close()
	n.noteLists(path, r)
	// beside are the files that have a row for each of these rows.
	beside := make(map[string]*partReader)
	blocks := make(map[string]*block)
	for _, dir := range n.tables.dirs() {
		if dir == trialsDir || dir == seriesDir {
			continue
		}
		path := filepath.Join(n.dir, dir, partName(k))
		br, err := openPart(path, n.tables.in(dir), true)
		if err != nil {
			n.problem(path, "%v", bare(err))
			continue
		}
		defer br.close()
		beside[dir], blocks[dir] = br, newBlock(n.tables.in(dir))
	}
	var series *seriesReader
	if n.tables.series != nil {
		if series, err = openSeries(filepath.Join(n.dir, seriesDir, partName(k))); err != nil {
			return err
		}
		defer series.close()
	}
	rows, want := newBlock(n.tables.trials), newBlock(n.tables.trials)
	check := newChecker(n.plan)
	trial := int64(k) * partRows
	for {
		err := r.next(rows)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := check.rows(rows, want, trial); err != nil {
			return err
		}
		for _, dir := range n.tables.dirs() {
			br, b := beside[dir], blocks[dir]
			if br == nil {
				continue
			}
			err := br.next(b)
			if err == nil && (!slices.Equal(b.columns[0].bits, rows.columns[0].bits) || !slices.Equal(b.columns[1].id, rows.columns[1].id)) {
				err = fmt.Errorf("its trials are not those of %s", path)
			}
			if err == nil && dir == statesDir {
				err = checkStates(b, rows.columns[check.status].text)
			}
			if err != nil {
				n.problem(br.file.Name(), "%v", err)
				delete(beside, dir)
			}
		}
		for i := 0; series != nil && i < rows.rows(); i++ {
			failed := rows.columns[check.status].text[i] == statusFailed
			if err := series.verify(trial+int64(i), failed, n.plan.Setting().Record); err != nil {
				n.problem(series.file.Name(), "%v", err)
				series = nil
			}
		}
		trial += int64(rows.rows())
	}
	if series != nil {
		if err := series.end(); err != nil {
			n.problem(series.file.Name(), "%v", err)
		}
	}
	if check.failed != failed {
		return fmt.Errorf("the footer counts %d failed trials and there are %d", failed, check.failed)
	}
	return nil
}

// noteLists takes note of how the file says what its lists are.
func (n *inspection) noteLists(path string, r *partReader) {
	if r.sameLists() {
		n.today++
	} else {
		n.dated = append(n.dated, path)
	}
}

// verifyLists checks that the lists of all files have one type.
func (n *inspection) verifyLists() {
	if n.today == 0 {
		return
	}
	for _, path := range n.dated {
		n.problem(path, "its lists are said to be of any length, as an earlier version of sweep did, and those of other files are not: what reads the folder as one table may fail; the next run writes it anew")
	}
}

// checkStates checks that just the trials that did not fail have left a state.
func checkStates(states *block, status []string) error {
	for i, null := range states.columns[2].null {
		if null != (status[i] == statusFailed) {
			return fmt.Errorf("trial %d is %s and its state does not say so", int64(states.columns[0].bits[i]), status[i])
		}
	}
	return nil
}

// verifySums compares the sealed files with their checksums, which finds damage
// in what no reader of rows looks at too.
func (n *inspection) verifySums() error {
	files, err := readSums(n.dir)
	if err != nil {
		return err
	}
	for p := range n.parts.all() {
		if !p.sealed {
			continue
		}
		for _, dir := range n.tables.dirs() {
			n.verifySum(files, dir, p.k)
		}
	}
	return nil
}

func (n *inspection) verifySum(files map[string]string, dir string, k int) {
	path := filepath.Join(n.dir, dir, partName(k))
	want, ok := files[dir+"/"+partName(k)]
	got, err := hashFile(context.Background(), path)
	if err != nil {
		n.problem(path, "%v", bare(err))
		return
	}
	if ok && got == want || !ok && n.Writer != nil {
		return
	}
	// Who is wrong, the file or its checksum? The rows have been read.
	sound := n.proven(k, dir, path)
	switch {
	case sound == nil && ok:
		n.problem(sumsFile, "the SHA-256 of %s/%s is wrong there: the file is what its rows give; the next run mends it", dir, partName(k))
	case sound == nil:
		n.problem(path, "is not in %s; the next run notes it", sumsFile)
	case ok:
		n.problem(path, "is not the file that was sealed: its SHA-256 is not that in %s, and %v; the next run takes over what can be read and runs the rest again", sumsFile, sound)
	default:
		n.problem(path, "is not in %s, and %v; the next run takes over what can be read and runs the rest again", sumsFile, sound)
	}
}

// checker compares rows with the plan.
type checker struct {
	plan     Plan
	table    *table
	swept    []bool
	identity *models.Identity
	point    models.Point
	status   int
	failed   int64
}

func newChecker(plan Plan) *checker {
	t := trialsTable(plan)
	return &checker{plan: plan, table: t, swept: sweptParams(plan), identity: plan.Setting().NewIdentity(), status: t.place("status")}
}

// rows checks that the block holds the trials from first on, or those it says
// it holds where first is -1, with the plan's identities and parameters. want
// is scratch.
func (c *checker) rows(b, want *block, first int64) error {
	if err := c.table.misfit(b); err != nil {
		return err
	}
	want.reset()
	columns := 0
	for i, bits := range b.columns[0].bits {
		trial := int64(bits)
		if first >= 0 && trial != first+int64(i) {
			return fmt.Errorf("trial %d stands where trial %d belongs", trial, first+int64(i))
		}
		c.plan.Point(trial, &c.point)
		want.columns[0].addInt(trial)
		want.columns[1].addID(c.identity.Of(&c.point))
		columns = 2 + addPlace(want.columns[2:], &c.point, c.swept)
		switch b.columns[c.status].text[i] {
		case statusOK:
		case statusFailed:
			c.failed++
		default:
			return fmt.Errorf("trial %d has status %q", trial, b.columns[c.status].text[i])
		}
	}
	for j := range columns {
		for i := range b.rows() {
			if !b.columns[j].sameRow(i, &want.columns[j], i) {
				return fmt.Errorf("trial %d has another %s than the plan", int64(b.columns[0].bits[i]), c.table.fields[j].name)
			}
		}
	}
	return nil
}

// readJournal finds what the journal holds of parts that are not sealed.
func (n *inspection) readJournal() error {
	dir := filepath.Join(n.dir, journalDir)
	names, err := list(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if filepath.Ext(name) != segmentExt {
			n.problem(path, "is not a segment of the journal")
			continue
		}
		g, h, r, err := openSegment(path)
		if os.IsNotExist(err) {
			continue // sealed and gone since the folder was listed
		}
		if err != nil {
			n.problem(path, "%v", bare(err))
			if !errors.Is(err, errTorn) || wholeBehind(path, 0) {
				n.lost = append(n.lost, n.Problems[len(n.Problems)-1])
			}
			continue
		}
		n.files.keep(g) // read though the writer removes it meanwhile
		if h.Plan != n.hash || !g.table.sameTraces(n.tables.journal) {
			n.Earlier++
			n.files.drop(g)
			continue
		}
		lost, err := g.scan(r, n.tables.seen(), func(e entry, b *block) error {
			if e.first < 0 || e.last >= n.plan.Len() {
				return fmt.Errorf("trials %d to %d are not all in the plan", e.first, e.last)
			}
			for i, bits := range b.columns[journalTrial].bits {
				p := n.parts.make(int(int64(bits) / partRows))
				if p.sealed {
					continue
				}
				if len(p.entries) == 0 || p.entries[len(p.entries)-1] != e {
					p.entries = append(p.entries, e)
				}
				if p.mark(int64(bits)) {
					n.Done++
					if b.columns[journalStatus].text[i] == statusFailed {
						n.Failed++
					}
				}
			}
			return nil
		})
		if err != nil {
			n.problem(path, "%v", err)
			n.lost = append(n.lost, n.Problems[len(n.Problems)-1])
		} else if lost > 0 && n.Writer == nil {
			n.problem(path, "the last %d bytes are not whole records; the next run leaves them out", lost)
			if wholeBehind(path, lost) {
				n.lost = append(n.lost, n.Problems[len(n.Problems)-1])
			}
		}
	}
	return nil
}

// verifyJournal checks the records that are not sealed as verifyPart checks
// those that are.
func (n *inspection) verifyJournal() {
	l := newLayout(n.plan)
	traces := newTraceWriter(n.plan)
	traces.begin()
	want := newBlock(n.tables.trials)
	check := newChecker(n.plan)
	w := newWindow(n.tables.places, entriesOf(n.parts.all()))
	for p := range n.parts.all() {
		if p.sealed {
			continue
		}
		for from, to := range p.ranges(p.trials(n.plan)) {
			refs, err := w.next(from, to)
			if err == nil {
				l.fill(refs)
				err = check.rows(l.trials, want, -1)
				if err == nil && l.states != nil {
					err = checkStates(l.states, l.trials.columns[check.status].text)
				}
				if err == nil {
					err = traces.add(refs, func(b *block) error { return nil })
				}
			}
			if err != nil {
				n.problem(filepath.Join(n.dir, journalDir), "%v", err)
				break
			}
			w.release(to)
		}
	}
}

// verifyTail checks that no reader of trials/ sees a row twice.
func (n *inspection) verifyTail() {
	path := filepath.Join(n.dir, trialsDir, tailName)
	if _, err := os.Lstat(path); os.IsNotExist(err) {
		return
	}
	r, err := openPart(path, n.tables.trials, true)
	if err != nil && n.another(path) {
		n.Earlier++
		return
	}
	if err != nil {
		n.problem(path, "%v", bare(err))
		return
	}
	defer r.close()
	if r.metadata("sweep.plan") != n.hash {
		n.Earlier++
		return
	}
	n.noteLists(path, r)
	rows, want := newBlock(n.tables.trials), newBlock(n.tables.trials)
	check := newChecker(n.plan)
	last := int64(-1)
	for {
		err := r.next(rows)
		if err == io.EOF {
			return
		}
		if err == nil {
			for _, bits := range rows.columns[0].bits {
				trial := int64(bits)
				if trial <= last || trial >= n.plan.Len() {
					err = fmt.Errorf("trial %d stands behind trial %d of %d", trial, last, n.plan.Len())
				} else if n.parts.sealed(int(trial / partRows)) {
					err = fmt.Errorf("trial %d is in %s too", trial, partName(int(trial/partRows)))
				}
				if err != nil {
					break
				}
				last = trial
			}
		}
		if err == nil {
			err = check.rows(rows, want, -1)
		}
		if err != nil {
			n.problem(path, "%v", err)
			return
		}
	}
}

// verifySeries does so for series/, whose parts have been read with those of trials/.
func (n *inspection) verifySeries() error {
	names, err := list(filepath.Join(n.dir, seriesDir))
	if err != nil {
		return err
	}
	for _, name := range names {
		path := filepath.Join(n.dir, seriesDir, name)
		if name == tailName {
			n.verifySeriesTail(path)
		} else if _, ok := partNumber(name); !ok {
			n.problem(path, "is not a file of the data set, and a notebook that reads the folder would read it too")
		}
	}
	return nil
}

func (n *inspection) verifySeriesTail(path string) {
	r, err := openSeries(path)
	if err != nil {
		n.problem(path, "%v", bare(err))
		return
	}
	defer r.close()
	record := n.plan.Setting().Record
	if r.metadata("sweep.plan") != n.hash || r.metadata(recordKey) != recordText(record) {
		n.Earlier++
		return
	}
	for last := int64(-1); ; {
		trial, err := r.peek()
		if err == io.EOF {
			err = r.end()
			if err == nil {
				return
			}
		}
		switch {
		case err != nil:
		case trial <= last || trial >= n.plan.Len():
			err = fmt.Errorf("trial %d stands behind trial %d of %d", trial, last, n.plan.Len())
		case n.parts.sealed(int(trial / partRows)):
			err = fmt.Errorf("trial %d is in %s too", trial, partName(int(trial/partRows)))
		default:
			err = r.verify(trial, false, record)
		}
		if err != nil {
			n.problem(path, "%v", err)
			return
		}
		last = trial
	}
}

func (n *inspection) findMissing() {
	next := int64(0) // the first trial that is not looked at
	for p := range n.parts.all() {
		first, end := p.trials(n.plan)
		if next < first && !n.addMissing(next, first-1) {
			return
		}
		next = end
		for trial := first; trial < end && !p.sealed; trial++ {
			// trial has no record, or is passed by.
			has := p.after(trial, end)
			if has > trial && !n.addMissing(trial, has-1) {
				return
			}
			trial = has
		}
	}
	if next < n.plan.Len() {
		n.addMissing(next, n.plan.Len()-1)
	}
}

// addMissing joins a range to the last one; it reports whether there is room.
func (n *inspection) addMissing(first, last int64) bool {
	if m := len(n.Missing); m > 0 && n.Missing[m-1].Last == first-1 {
		n.Missing[m-1].Last = last
		return true
	}
	if len(n.Missing) == maxRanges {
		return false
	}
	n.Missing = append(n.Missing, Range{first, last})
	return true
}

func lastRun(dir string) *Run {
	names, err := list(filepath.Join(dir, runsDir))
	if err != nil {
		return nil
	}
	for _, name := range slices.Backward(names) {
		if r := readRun(filepath.Join(dir, runsDir, name)); r != nil {
			return r
		}
	}
	return nil
}
