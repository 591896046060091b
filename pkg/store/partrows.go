//go:build !smallparts

package store

// partRows is how many trials a sealed part covers; the last may cover fewer.
// Part k holds the trials from k*partRows on. It is a constant, since every record
// is divided by it.
const partRows = 1 << 18
