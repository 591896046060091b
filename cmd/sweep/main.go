// Command sweep runs the experiment that a spec describes and leaves a Parquet
// data set.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A limit on file sizes is then an error of the write, like a full disk.
	signal.Ignore(syscall.SIGXFSZ)
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
