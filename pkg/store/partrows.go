//go:build !smallparts

package store

// partRows is how many trials a sealed part covers; the last may cover fewer.
// Part k holds the trials from k*partRows on. It is a constant, since every record
// is divided by it.
const partRows = 1 << 18

// lotRecords is how many records of earlier data sets are looked up in a plan at
// once, which takes some 40 bytes of memory for each. The plan is gone through once
// for each lot.
const lotRecords = 1 << 21
