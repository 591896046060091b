package textfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("a"), []byte("text"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(at("pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("pipe", at("link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", at("out")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, want := range map[string]string{"pipe": "a pipe", "link": "a pipe", ".": "a directory", "none": "no such file"} {
		if _, err := Read(at(name), 9); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ReadIn(root, name, 9); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read("/dev/zero", 9); err == nil || !strings.Contains(err.Error(), "a device") {
		t.Error(err)
	}
	if _, err := ReadIn(root, "out", 9); err == nil {
		t.Error("a link out of the folder is followed")
	}
	for most, want := range map[int64]string{9: "text", 4: "text", 2: "tex"} {
		if text, err := Read(at("a"), most); err != nil || string(text) != want {
			t.Errorf("%q, %v", text, err)
		}
	}
}

// TestEndless reads what says that it is a plain file, and has no end and nothing to
// read.
func TestEndless(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	said := make(chan error, 1)
	go func() {
		_, err := read(9, func() (fs.FileInfo, error) { return os.Stat("/etc/passwd") }, func() (*os.File, error) { return in, nil })
		said <- err
	}()
	select {
	case err := <-said:
		if err == nil || !strings.Contains(err.Error(), "not a plain file") {
			t.Error(err)
		}
	case <-time.After(10 * readTime):
		t.Error("it waits for ever")
	}
}
