//go:build unix

package main

import "syscall"

// pipe makes a pipe that has a name.
func pipe(path string) error { return syscall.Mkfifo(path, 0o666) }
