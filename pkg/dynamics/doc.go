// Package dynamics says what a dynamical system is and moves it in time.
//
//   - A [Map] steps, a [Flow] has a derivative; [TangentOf] is the derivative
//     of either along vectors, the system's own or by differences.
//   - [Orbit] iterates a map, with a bound beyond which it has diverged.
//   - [Euler] and [RK4] make a map of a flow, tangent vectors included;
//     [DormandPrince] follows a flow with error control and dense output.
//   - [Crossings] are the events of a flow: where it goes through a [Section].
//   - [Ending] is how an orbit ended. That is a result and no error.
//
// The caller owns all states; nothing is allocated per step. Time is measured
// in steps for maps and in the flow's own unit for flows.
package dynamics
