//go:build smallparts

package store

// partRows is so small for a test that needs many runs of several parts. Folders
// that are written so are not of format 1.
const partRows = 64

// lotRecords is so small that several lots are looked up.
const lotRecords = 100
