// Package report shows what a result folder holds, and reads nothing else.
//
// [Open] reads the folder's spec. A [Report] has [Figure]s: those that the spec
// asks for, or one or two that its columns suggest. [Figure.Scene] computes one
// from the data set in trials/ and lays it out as a [Scene] of paths, texts and
// images, which is drawn as PNG, SVG or PDF, or on a terminal. The same data give
// the same bytes.
package report
