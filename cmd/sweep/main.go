// Command sweep runs the experiment that a spec describes and leaves a Parquet
// data set.
package main

import (
	"context"
	"os"
)

func main() {
	writesFail()
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
