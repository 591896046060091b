// Package measures holds what models of maps and flows let a spec ask of their
// orbits: the parameters, the outputs and what makes them, declared once for all.
//
//   - [OnMap] and [OnFlow] declare the measures of one model, with its defaults;
//     the model lists those it offers and adds its own.
//   - An [Orbit] is what is being measured: measures are made one after another
//     along it, each from where the one before it came to.
//   - Run measures one trial: the transient, then what is asked for, in the
//     model's order.
//
// An orbit that diverges ends the trial: what was not measured by then has no
// value.
package measures
