package store

import (
	"errors"
	"os"
	"slices"
	"sync"
	"syscall"
)

// maxOpen is how many segments' files are open at a time, but for those that are
// read at this moment: far below what a process may open.
const maxOpen = 16

// openFiles opens the files of segments when they are read, and closes those that
// were opened before when there are many.
type openFiles struct {
	mu   sync.Mutex
	open []*segment // in the order in which they were opened
}

// keep adds a segment whose file is open.
func (o *openFiles) keep(g *segment) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g.files = o
	o.open = append(o.open, g)
	o.close(maxOpen)
}

// close closes files, those opened first before others, until so many are open;
// those that are being read stay. The caller holds mu.
func (o *openFiles) close(most int) (closed bool) {
	over := len(o.open) - most
	o.open = slices.DeleteFunc(o.open, func(g *segment) bool {
		if over <= 0 || g.readers > 0 {
			return false
		}
		g.file.Close() // was only read
		g.file = nil
		over--
		closed = true
		return true
	})
	return closed
}

// take is the segment's file, which stays open until give.
func (o *openFiles) take(g *segment) (*os.File, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if g.file == nil {
		o.close(maxOpen - 1)
		file, err := openRegular(g.path)
		if errors.Is(err, syscall.EMFILE) && o.close(0) {
			file, err = openRegular(g.path)
		}
		if err != nil {
			return nil, err
		}
		g.file = file
		o.open = append(o.open, g)
	}
	g.readers++
	return g.file, nil
}

func (o *openFiles) give(g *segment) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g.readers--
}

// drop closes the segment's file, if it is open.
func (o *openFiles) drop(g *segment) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if g.file == nil {
		return
	}
	o.open = slices.DeleteFunc(o.open, func(other *segment) bool { return other == g })
	g.file.Close() // was only read
	g.file = nil
}

// closeAll closes all files.
func (o *openFiles) closeAll() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.close(0)
}

// readAt fills p with what lies at that byte of the segment.
func (g *segment) readAt(p []byte, at int64) error {
	file, err := g.files.take(g)
	if err != nil {
		return err
	}
	defer g.files.give(g)
	_, err = file.ReadAt(p, at)
	return err
}

// A run that is killed leaves the segment that it wrote to. When there are many
// small ones, opening the folder makes one of them.
const (
	// fewSegments are left as they are.
	fewSegments = 8
	// smallSegment is the size below which a segment is merged with others: what is
	// larger is not written once more.
	smallSegment = segmentBytes / 4
)

// mergeSegments makes one segment of the small ones among these, if there are
// many.
func (s *Store) mergeSegments(segments []*segment) error {
	small := slices.DeleteFunc(slices.Clone(segments), func(g *segment) bool { return g.size >= smallSegment })
	if len(small) <= fewSegments {
		return nil
	}
	var group []*segment
	var size int64
	for i, g := range small {
		group = append(group, g)
		if size += g.size; size < segmentBytes && i < len(small)-1 {
			continue
		}
		if len(group) > 1 {
			if err := s.regroup(group...); err != nil {
				return err
			}
		}
		group, size = nil, 0
	}
	return nil
}
