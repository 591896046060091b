package store

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		// A line that is no checksum is a checksum that is not there.
		if sum, name, ok := strings.Cut(lines.Text(), "  "); ok && len(sum) == 2*sha256.Size {
			files[name] = sum
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return files, nil
}

func sumOf(path string) (string, error) {
	f, err := openRegular(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

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

// recoverSums drops the checksums of files that are sealed no more and adds
// those that a killed run had no time to note.
func (s *Store) recoverSums() error {
	old, err := readSums(s.dir)
	if err != nil {
		return err
	}
	s.sums.files = make(map[string]string)
	for p := range s.parts.all() {
		if !p.sealed {
			continue
		}
		k := p.k
		for _, dir := range s.tables.dirs() {
			name := dir + "/" + partName(k)
			sum, ok := old[name]
			if !ok {
				sum, err = sumOf(s.path(dir, partName(k)))
				if errors.Is(err, fs.ErrNotExist) && dir == timingsDir {
					continue
				}
				if err != nil {
					return err
				}
			}
			s.sums.files[name] = sum
		}
	}
	if maps.Equal(old, s.sums.files) {
		return nil
	}
	return s.noteSums(nil)
}
