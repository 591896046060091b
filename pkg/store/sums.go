package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// sumsFile lists the SHA-256 of every sealed file in the form that sha256sum -c
// reads.
const sumsFile = "SHA256SUMS"

// sums are the checksums of a result folder's sealed files by slash-separated
// path.
type sums struct {
	mu    sync.Mutex
	files map[string]string
}

func readSums(dir string) (map[string]string, error) {
	files := make(map[string]string)
	f, err := openRegular(filepath.Join(dir, sumsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSums))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		// A line that is no checksum is a checksum that is not there.
		if sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  "); ok && len(sum) == 2*sha256.Size {
			files[name] = sum
		}
	}
	return files, nil
}

// maxSums is far beyond what the sums of a plan's parts take.
const maxSums = 256 << 20

// noteSums makes the file SHA256SUMS hold the checksums of the given files too.
func (s *Store) noteSums(added map[string]string) error {
	s.sums.mu.Lock()
	defer s.sums.mu.Unlock()
	maps.Copy(s.sums.files, added)
	var text bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(s.sums.files)) {
		fmt.Fprintf(&text, "%s  %s\n", s.sums.files[name], name)
	}
	return s.disk.writeText(s.temp(), s.path(sumsFile), text.Bytes())
}

// recoverSums makes SHA256SUMS hold what the sealed files have, all of which are
// sound: it drops the checksums of files that are sealed no more, adds those that a
// killed run had no time to note, and mends those that were damaged.
func (s *Store) recoverSums() error {
	s.sums.files = make(map[string]string)
	mended, lacking := 0, 0
	for p := range s.parts.all() {
		if !p.sealed {
			continue
		}
		for _, dir := range s.tables.dirs() {
			name := dir + "/" + partName(p.k)
			s.sums.files[name] = s.found[name].sum
			if old, ok := s.listed[name]; !ok {
				lacking++
			} else if old != s.found[name].sum {
				mended++
			}
		}
	}
	if mended > 0 {
		s.notice(fmt.Sprintf("%s: the checksums of %d files were wrong, and are mended: each of the files is what its rows give", s.path(sumsFile), mended))
	}
	if lacking > 0 {
		s.notice(fmt.Sprintf("%s: there were no checksums of %d files, and now there are: each of the files is what its rows give", s.path(sumsFile), lacking))
	}
	s.found = nil
	if maps.Equal(s.listed, s.sums.files) {
		return nil
	}
	return s.noteSums(nil)
}
