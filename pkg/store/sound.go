package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/parquet-go/parquet-go/format"
)

// A sealed file is sound if its SHA-256 is the one that was noted when it was sealed.
// Where none was, or another, it is sound if it is what its own rows give when they
// are written anew, byte for byte, and these are the plan's: nothing in it that any
// reader looks at, footer and statistics included, is then other than it was.

// hashed is a sealed file with the SHA-256 of what is in it.
type hashed struct {
	sum string
	err error
}

// sayCheck is how long files are checked before it is said.
const sayCheck = 3 * time.Second

// hashParts hashes the parts that the folder has, and what goes with them, by name.
func (s *Store) hashParts(ctx context.Context) (map[string]hashed, error) {
	var files []string
	var size int64
	for _, dir := range s.tables.dirs() {
		names, err := list(s.path(dir))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if _, ok := partNumber(name); ok {
				files = append(files, dir+"/"+name)
				if info, err := os.Stat(s.path(dir, name)); err == nil {
					size += info.Size()
				}
			}
		}
	}
	say := time.AfterFunc(sayCheck, func() {
		s.notice(fmt.Sprintf("%s: checking %.1f GB of sealed files against %s", s.dir, float64(size)/1e9, sumsFile))
	})
	defer say.Stop()
	found := make(map[string]hashed)
	var mu sync.Mutex
	var wait sync.WaitGroup
	next := make(chan string)
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		wait.Go(func() {
			for name := range next {
				sum, err := hashFile(ctx, s.path(filepath.FromSlash(name)))
				mu.Lock()
				found[name] = hashed{sum, err}
				mu.Unlock()
			}
		})
	}
	for _, name := range files {
		next <- name
	}
	close(next)
	wait.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return found, nil
}

// heeding is a reader that ends with the context.
type heeding struct {
	ctx context.Context
	io.Reader
}

func (r heeding) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}

func hashFile(ctx context.Context, path string) (string, error) {
	f, err := openRegular(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(h, heeding{ctx, f}, make([]byte, 1<<20)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// proveSums says what is wrong with the files of part k of the plan, whose footers
// are right: those whose SHA-256 is not the one noted are read whole.
func (s *Store) proveSums(k int) error {
	wrong := false
	for _, dir := range s.tables.dirs() {
		name := dir + "/" + partName(k)
		if err := s.found[name].err; err != nil {
			return err
		}
		wrong = wrong || s.found[name].sum != s.listed[name]
	}
	if !wrong {
		return nil
	}
	n := &inspection{dir: s.dir, plan: s.plan, hash: s.header.Plan, tables: s.tables, parts: newParts(s.plan)}
	if n.prove(k); len(n.Problems) > 0 {
		return fmt.Errorf("%s: %s", s.dir, n.Problems[0])
	}
	return nil
}

// prove reads the files of part k whole, compares their rows with the plan and the
// files with what these rows give, and notes what is wrong.
func (n *inspection) prove(k int) {
	path := filepath.Join(n.dir, trialsDir, partName(k))
	r, err := openPart(path, n.tables.trials, true)
	if err != nil {
		n.problem(path, "%v", bare(err))
		return
	}
	arch := r.metadata("sweep.arch")
	failed, err := r.claims(n.plan, k)
	r.close()
	if err == nil {
		err = n.verifyPart(k, path, failed)
	}
	if err != nil {
		n.problem(path, "%v", err)
		return
	}
	for _, dir := range n.tables.dirs() {
		path := filepath.Join(n.dir, dir, partName(k))
		if err := n.rewrite(path, dir, arch, failed); err != nil {
			n.problem(path, "%v", err)
		}
	}
}

// proven says where a file of part k is not what its rows give.
func (n *inspection) proven(k int, dir, path string) error {
	r, err := openPart(filepath.Join(n.dir, trialsDir, partName(k)), n.tables.trials, true)
	if err != nil {
		return bare(err)
	}
	arch := r.metadata("sweep.arch")
	failed, err := r.claims(n.plan, k)
	r.close()
	if err != nil {
		return err
	}
	return n.rewrite(path, dir, arch, failed)
}

// rewrite writes the rows of a file anew and says where it differs.
func (n *inspection) rewrite(path, dir, arch string, failed int64) error {
	r, err := openPart(path, n.tables.in(dir), true)
	if err != nil {
		return bare(err)
	}
	defer r.close()
	t := n.tables.in(dir)
	if !r.sameLists() { // an earlier version has written it, maybe
		t = &table{fields: slices.Clone(t.fields), group: t.group}
		for i := range t.fields {
			t.fields[i].length = 0
		}
	}
	there, err := openRegular(path)
	if err != nil {
		return bare(err)
	}
	defer there.Close()
	same := &sameWriter{file: bufio.NewReaderSize(there, 1<<18)}
	w := newPartWriter(t)
	w.begin(same, footerText(n.plan, n.hash, arch))
	switch dir {
	case trialsDir:
		w.set("sweep.failed", fmt.Sprint(failed))
	case seriesDir:
		record := n.plan.Setting().Record
		w.set(recordKey, recordText(record))
		w.set(tracesKey, describeTraces(record))
		w.set(recordedKey, r.metadata(recordedKey)) // its counts have been compared
		if counts, err := (&seriesReader{partReader: r}).claimed(); err == nil {
			w.set(recordedKey, mustJSON(counts))
		}
	}
	b := newBlock(t)
	for {
		err := r.next(b)
		if err == io.EOF {
			break
		}
		if err == nil {
			err = w.write(b)
		}
		if err != nil {
			return err
		}
	}
	if err := w.close(); err != nil {
		return err
	}
	if _, err := same.file.ReadByte(); err != io.EOF {
		return fmt.Errorf("%w: there is more behind its end", errRewritten)
	}
	return nil
}

var errRewritten = errors.New("damaged: it is not what its rows give when they are written anew")

// sameWriter compares what is written to it with a file.
type sameWriter struct {
	file *bufio.Reader
	at   int64
	buf  []byte
}

func (w *sameWriter) Write(p []byte) (int, error) {
	w.buf = sized(w.buf, len(p))
	n, err := io.ReadFull(w.file, w.buf)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return 0, err
	}
	if !bytes.Equal(w.buf[:n], p) {
		same := 0
		for same < n && w.buf[same] == p[same] {
			same++
		}
		return 0, fmt.Errorf("%w, from byte %d on", errRewritten, w.at+int64(same))
	}
	w.at += int64(n)
	return n, nil
}

// footerText is what the footer of a file of the data set says beside its rows.
func footerText(plan Plan, hash, arch string) map[string]string {
	m := plan.Setting().Model
	return map[string]string{
		"sweep.format":        fmt.Sprint(dataFormat),
		"sweep.model":         m.Name,
		"sweep.model.version": fmt.Sprint(m.Version),
		"sweep.seed":          fmt.Sprint(plan.Setting().Seed),
		"sweep.plan":          hash,
		"sweep.arch":          arch,
	}
}

// claims is how many failures the footer of a part of trials/ counts. The error says
// that the footer contradicts itself, or is that of another part than k.
func (r *partReader) claims(plan Plan, k int) (failed int64, err error) {
	failed, err = strconv.ParseInt(r.metadata("sweep.failed"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: the footer does not count failures", errShape)
	}
	if k >= partCount(plan) || r.rows() != int64(partSize(plan, k)) {
		return 0, fmt.Errorf("%w: %d rows, where the plan has %d trials", errShape, r.rows(), plan.Len())
	}
	groups := r.parquet.Metadata().RowGroups
	chunk := func(g int, name string) *format.ColumnMetaData {
		for i := range groups[g].Columns {
			if m := &groups[g].Columns[i].MetaData; slices.Equal(m.PathInSchema, []string{name}) {
				return m
			}
		}
		return nil
	}
	var there int64
	next := int64(k) * partRows
	for g := range groups {
		if m := chunk(g, "error_class"); m != nil {
			there += groups[g].NumRows - m.Statistics.NullCount
		}
		m := chunk(g, "trial")
		if m == nil || len(m.Statistics.MinValue) != 8 || len(m.Statistics.MaxValue) != 8 {
			return 0, fmt.Errorf("%w: the footer does not bound its trials", errShape)
		}
		low, high := int64(binary.LittleEndian.Uint64(m.Statistics.MinValue)), int64(binary.LittleEndian.Uint64(m.Statistics.MaxValue))
		if low != next || high != next+groups[g].NumRows-1 {
			return 0, fmt.Errorf("%w: trials %d to %d, where trial %d follows", errShape, low, high, next)
		}
		next = high + 1
	}
	if there != failed {
		return 0, fmt.Errorf("%w: the footer counts %d failures in one place and %d in another", errShape, failed, there)
	}
	return failed, nil
}

// UnreadError says that not all records that a folder has could be read.
type UnreadError struct {
	Dir      string
	Problems []Problem // the first ones
	More     int       // how many others there are
}

func (e *UnreadError) Error() string {
	text := fmt.Sprintf("%s: records are there that cannot be read: %s", e.Dir, e.Problems[0])
	if more := e.More + len(e.Problems) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more such files)", more)
	}
	return text + "; 'sweep verify' names all, and 'sweep run' takes over what is whole and runs the rest again"
}

// maxUnread bounds UnreadError.Problems.
const maxUnread = 5

// unreadOf are the files whose records cannot be read, of the parts [from, to) and of
// the journal.
func (n *inspection) unreadOf(from, to int) []Problem {
	problems := slices.Clone(n.lost)
	for _, k := range slices.Sorted(maps.Keys(n.unread)) {
		if from <= k && k < to {
			problems = append(problems, n.unread[k])
		}
	}
	return problems
}

// whole says that records of the parts [from, to) are there that cannot be read.
func (n *inspection) whole(from, to int) error {
	problems := n.unreadOf(from, to)
	if len(problems) == 0 {
		return nil
	}
	few := min(len(problems), maxUnread)
	return &UnreadError{Dir: n.dir, Problems: problems[:few], More: len(problems) - few}
}

// wholeBehind reports whether there is a whole frame in the last bytes of a segment,
// or in all of it if they are 0, which are said to be torn: a kill or a power cut
// leaves none behind the first that is not whole, so the file is damaged.
func wholeBehind(path string, last int64) bool {
	f, err := openRegular(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() > maxSegment {
		return err == nil // of a size that no kill leaves
	}
	from := int64(0)
	if last > 0 {
		from = info.Size() - last
	}
	text := make([]byte, info.Size()-from)
	if _, err := f.ReadAt(text, from); err != nil {
		return false
	}
	// The payload of a frame of records begins with the mark of a message.
	for at := frameHead; at+4 <= len(text); at++ {
		if binary.LittleEndian.Uint32(text[at:]) != continuation {
			continue
		}
		if _, err := readFrame(bytes.NewReader(text[at-frameHead:]), nil); err == nil {
			return true
		}
	}
	return false
}

// maxSegment is more than a segment takes: the size at which it ends, and a frame.
const maxSegment = segmentBytes + maxFrame + frameHead
