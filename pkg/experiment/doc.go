// Package experiment reads specs and lays them out. It computes no trial and
// writes nothing.
//
//  1. [Read] reads a spec, the YAML file that says what is computed, and gives
//     a [Spec] or all of its mistakes as [Errors]: each with its file, line,
//     column, source line and, where there is one, the fix.
//  2. A [Spec] holds the model, the seed, the replicates and one [Axis] for
//     each parameter that takes more than a constant. [Spec.Resolved] writes
//     the spec as run.
//  3. A [Plan] numbers the points: the last axis fastest, and the replicate
//     fastest of all. It holds no list: [Plan.Point] computes the point of a
//     trial from the trial's number.
//
// Numbers are read exactly. Each is a rational until it becomes a value, and
// is rounded to float64 once: a grid refined by any factor contains the old
// points bit for bit.
//
// docs/spec.md lists every key of the language.
package experiment
