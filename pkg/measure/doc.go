// Package measure holds what can be measured of any dynamical system.
//
// Each measurement is a function of a system of package dynamics, or of the
// numbers or labels that an orbit left. What it needs beyond that are settings:
// a struct whose zero fields stand for the defaults that its doc gives. What it
// returns says with a [dynamics.Ending] how the orbit ended; an orbit that
// diverged is a result. The only errors are those of the context. A setting
// that makes no sense is the caller's mistake, and panics.
//
//   - Stability: [Lyapunov], [LyapunovScalar], [LyapunovTwo], [KaplanYorke],
//     [FindFixedPoint], [FindEquilibrium], [FindBifurcation]
//   - Orbits: [Period], [Cycle], [Points], [SectionPoints], [Distinct], [Escape]
//   - Many orbits: [Basins], [BasinStability], [BasinEntropy], [Census], [Damage]
//   - Series: [ZeroOne], [Ordinal], [CorrelationDimension], [AutocorrelationTime]
//
// Logarithms are natural: exponents are in nats per step for maps and per unit of
// time for flows, entropies in nats. Random numbers come from the generator that
// is handed in, and only from there.
package measure
