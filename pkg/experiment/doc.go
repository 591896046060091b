// Package experiment reads specs and lays them out. It computes no trial and
// writes nothing.
//
//  1. [Read] reads a spec, the YAML file that says what is computed, and gives
//     a [Spec] or all of its mistakes as [Errors]: each with its file, line,
//     column, source line and, where there is one, the fix.
//  2. A [Spec] holds the model, the seed, the replicates and the grids of
//     points. A grid is the product of its factors: an axis by itself, or
//     parameters that a zip, a condition, a bound, a design ties to each other,
//     which are laid out as a table. [Spec.Resolved] writes the spec as run,
//     [Spec.Origins] with where each value was given.
//  3. A [Plan] numbers the points: the last factor fastest, and the replicate
//     fastest of all. It holds no list: [Plan.Point] computes the point of a
//     trial from the trial's number. A [Sequence] says in which order trials are
//     handed out.
//
// Numbers are read exactly. Each is a rational until it becomes a value, and
// is rounded to float64 once: a grid refined by any factor contains the old
// points bit for bit.
//
// docs/spec.md lists every key of the language.
package experiment
