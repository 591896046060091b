//go:build !linux

package main

import (
	"os"
	"os/exec"
	"testing"
)

// terminal is a pseudo terminal on which a process runs; the tests know how to
// make one on Linux only.
type terminal struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
}

func onTerminal(t *testing.T, cmd *exec.Cmd, columns, rows int) *terminal {
	t.Helper()
	t.Skipf("no terminal of %d columns and %d rows for %s", columns, rows, cmd.Path)
	return nil
}

func (s *terminal) resize(columns, rows int) {
	s.t.Fatalf("no terminal to make %d × %d", columns, rows)
}

func (s *terminal) settings() int { return 0 }

func (s *terminal) shown() string { return "" }

func (s *terminal) await(text string, since int) int {
	s.t.Fatalf("no %q after %d on no terminal", text, since)
	return 0
}
